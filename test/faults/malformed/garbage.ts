// What is not HTTP at all, or only half of it: the process must live on and say nothing of itself.

import { insideShown } from "../support/problem.ts";
import type { Random } from "../support/random.ts";
import { adminKey, type Rig, request } from "../support/rig.ts";
import type { Faults } from "../support/suite.ts";
import { exchange, parseAnswer } from "../support/wire.ts";

const patienceMs = 400;
const atOnce = 16;

/** Gives back how often it was thrown. */
export async function throwGarbage(rig: Rig, size: number, random: Random, faults: Faults): Promise<number> {
  const origin = rig.origin();
  const waiting: Uint8Array[] = [];
  while (waiting.length < size)
    waiting.push(...halfRequests().map((text) => Buffer.from(text, "latin1")), ...noise(random));
  const chosen = random.shuffled(waiting).slice(0, size);
  const lane = async () => {
    for (let bytes = chosen.pop(); bytes !== undefined; bytes = chosen.pop()) await throwOne(origin, bytes, faults);
  };
  const count = chosen.length;
  await Promise.all(Array.from({ length: atOnce }, lane));
  const health = await request(`${origin}/healthz`).catch((error) => ({ status: String(error) }));
  faults.check(health.status === 200, `after what is not HTTP, /healthz answers ${health.status}`);
  return count;
}

async function throwOne(origin: string, bytes: Uint8Array, faults: Faults): Promise<void> {
  // Most of it is never answered: the wait is short, and no answer is a good one.
  const received = await exchange(origin, bytes, patienceMs).catch(() => Buffer.alloc(0));
  const answer = parseAnswer(received);
  const said = Buffer.from(bytes).toString("latin1");
  const inside = insideShown(received.toString("latin1").replace(/^HTTP[\s\S]*?\r\n\r\n/, ""), said);
  faults.check(inside === null, `what is not HTTP (${JSON.stringify(said.slice(0, 60))}) shows our insides: ${inside}`);
  if (answer === null || answer.status < 500 || answer.status === 505) return;
  faults.add(`what is not HTTP (${JSON.stringify(said.slice(0, 60))}) is answered ${answer.status}`);
}

function noise(random: Random): Uint8Array[] {
  return [
    random.bytes(random.between(1, 2_000)),
    Buffer.concat([Buffer.from("GET /healthz HTTP/1.1\r\n"), random.bytes(200)]),
    Buffer.concat([Buffer.from("GET "), random.bytes(40), Buffer.from(" HTTP/1.1\r\nHost: x\r\n\r\n")]),
    Buffer.from("16030100a5010000a10303", "hex"),
  ];
}

function halfRequests(): string[] {
  const get = (target: string, ...lines: string[]) =>
    `GET ${target} HTTP/1.1\r\n${["Host: localhost", ...lines].join("\r\n")}\r\n\r\n`;
  const post = (lines: string[], body: string) =>
    `POST /api/v1/keys HTTP/1.1\r\n${["Host: localhost", `X-API-Key: ${adminKey}`, "Content-Type: application/json", ...lines].join("\r\n")}\r\n\r\n${body}`;
  return [
    "",
    "\r\n\r\n\r\n",
    "GET",
    "GET/healthz HTTP/1.1\r\n\r\n",
    "GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n",
    "GET /healthz\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /healthz HTTP/1.1\r\n\r\n",
    get("/a b"),
    get("/\u0000"),
    get("/healthz", "No colon here"),
    get("/healthz", ": no name"),
    get("/healthz", "X: a\r\n folded"),
    get("/healthz", "X: \u0001\u007f"),
    get("/healthz", `X: ${"y".repeat(200_000)}`),
    get("/healthz", ...Array.from({ length: 2_000 }, (_, place) => `X-${place}: 1`)),
    get("/healthz", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13"),
    get("/healthz").repeat(200),
    post(["Content-Length: -5"], "{}"),
    post(["Content-Length: abc"], "{}"),
    post(["Content-Length: 999999999999999999999"], "{}"),
    post(["Content-Length: 2", "Content-Length: 7"], '{"a":1}'),
    post(["Content-Length: 2", "Transfer-Encoding: chunked"], "2\r\n{}\r\n0\r\n\r\n"),
    post(["Content-Length: 5000"], '{"name":"cut'),
    post(["Content-Length: 2"], '{"name":"more than it said"}'),
    post(["Transfer-Encoding: gzip"], "{}"),
    post(["Transfer-Encoding: chunked"], "zz\r\n{}\r\n0\r\n\r\n"),
    post(["Transfer-Encoding: chunked"], "ffffffffffffffff\r\n{}"),
    post(["Transfer-Encoding: chunked"], "-1\r\n{}\r\n0\r\n\r\n"),
    post(["Transfer-Encoding: chunked"], "5\r\n{"),
    post(["Transfer-Encoding: chunked"], `2;${"x".repeat(100_000)}\r\n{}\r\n0\r\n\r\n`),
    post(["Transfer-Encoding: chunked", "Trailer: X"], "2\r\n{}\r\n0\r\nX: \u0000\r\n\r\n"),
    post(["Expect: 100-continue", "Content-Length: 20"], ""),
  ];
}
