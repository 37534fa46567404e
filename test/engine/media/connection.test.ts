// Where WhatsApp's media hosts are: asked for once while the answer holds, again after a failure, and never waited for in vain.
import { expect, test } from "bun:test";
import type { BinaryNode } from "@whiskeysockets/baileys";
import { createMediaHosts } from "../../../src/engine/media/connection.ts";
import { until } from "../../support/until.ts";

const sandbox = { kind: "sandbox", mediaHost: null } as const;

function answer(ttl: string, ...hosts: string[]): BinaryNode {
  const content = hosts.map((hostname) => ({ tag: "host", attrs: { hostname, maxContentLengthBytes: "9" } }));
  return { tag: "iq", attrs: {}, content: [{ tag: "media_conn", attrs: { auth: "a token", ttl }, content }] };
}

function start(
  answers: (BinaryNode | Error | undefined)[],
  network: Parameters<typeof createMediaHosts>[0]["network"] = sandbox,
) {
  const over = new AbortController();
  let asked = 0;
  const query = async () => {
    asked += 1;
    const next = answers.shift();
    if (next instanceof Error) throw next;
    return next;
  };
  return { ...createMediaHosts({ query, network, signal: over.signal }), over, asked: () => asked };
}

test("the hosts and the token are asked for once, by all at the same time as well, until they are wanted fresh", async () => {
  const one = start([answer("300", "a.test:444", "b.test"), answer("300", "c.test")]);
  const [first, second] = await Promise.all([one.connection(), one.connection()]);
  expect(first).toEqual({
    auth: "a token",
    hosts: [
      { hostname: "a.test:444", maxContentLengthBytes: 9 },
      { hostname: "b.test", maxContentLengthBytes: 9 },
    ],
  });
  expect(second).toBe(first);
  expect(await one.names()).toEqual(["a.test:444", "b.test"]);
  expect(one.asked()).toBe(1);
  expect((await one.connection(true)).hosts[0]?.hostname).toBe("c.test");
  expect(await one.names()).toEqual(["c.test"]);
});

test("after a failure it is asked again, and downloads go to the hosts that were known", async () => {
  const one = start([
    new Error("broken off"),
    undefined,
    answer("0.001", "a.test"),
    new Error("broken off"),
    answer("300", "b.test"),
  ]);
  await expect(one.connection()).rejects.toThrow("broken off");
  await expect(one.connection()).rejects.toThrow("WhatsApp did not say where its media hosts are.");
  expect(await one.names()).toEqual(["a.test"]);
  const began = performance.now();
  await until("the answer to be out of date", () => performance.now() - began > 2);
  expect(await one.names()).toEqual(["a.test"]);
  expect(one.asked()).toBe(4);
  expect(await one.names()).toEqual(["b.test"]);
});

test("where none is named there are those that are known: the settings', or WhatsApp's own", async () => {
  const none = () => [answer("300"), new Error("broken off")];
  expect(await start(none()).names()).toEqual([]);
  expect(await start(none(), { kind: "whatsapp", mediaHost: null }).names()).toEqual(["mmg.whatsapp.net"]);
  expect(await start(none(), { kind: "other", mediaHost: "media.test" }).names()).toEqual(["media.test"]);
});

test("a question that is under way when the connection ends is not waited for", async () => {
  const over = new AbortController();
  const never = createMediaHosts({ query: () => new Promise(() => {}), network: sandbox, signal: over.signal });
  const waiting = never.names();
  over.abort();
  await expect(waiting).rejects.toThrow("The connection to WhatsApp is over.");
  await expect(never.connection()).rejects.toThrow("The connection to WhatsApp is over.");
});
