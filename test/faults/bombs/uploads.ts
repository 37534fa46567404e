// Bodies that come to the gateway and do not end, do not come, or are as large as may be.
import { connect } from "node:net";
import { asAdmin } from "../support/rig.ts";

const megabyte = 1024 * 1024;

export type Body = {
  name: string;
  /** Null where the connection ended with no answer. */
  send(origin: string): Promise<{ status: number; text: string } | null>;
  statuses: readonly number[];
  isSlow?: boolean;
};

export type Whither = { session: string; to: string };

const accepted = [201, 202];
const json = { ...asAdmin, "content-type": "application/json" };

/** Bodies of the largest size there may be, 32 MB for what carries files; `base64` itself may have 24 MB of file. */
export function bodies({ session, to }: Whither): Body[] {
  const message = (more: object) => JSON.stringify({ session_id: session, to, ...more });
  const file = () => Buffer.alloc(23 * megabyte, "y").toString("base64");
  const post = (make: () => string | ReadableStream) => (origin: string) =>
    answerOf(`${origin}/api/v1/messages?wait=none`, { method: "POST", headers: json, body: make() });
  const put = (make: () => string | ReadableStream) => (origin: string) =>
    answerOf(`${origin}/api/v1/media`, { method: "PUT", headers: asAdmin, body: make() });
  const many = 31 * megabyte;
  return [
    {
      name: "a file of the largest size in base64",
      send: post(() => message({ type: "document", media: { base64: file() } })),
      statuses: accepted,
      isSlow: true,
    },
    {
      name: "the same in lines",
      send: post(() =>
        message({ type: "document", media: { base64: file().replace(/.{76}/g, "$&\n").slice(0, many) } }),
      ),
      statuses: accepted,
    },
    {
      name: "no base64, of the largest size",
      send: post(() => message({ media: { base64: "!".repeat(many) } })),
      statuses: [422],
    },
    { name: "a text of the largest size", send: post(() => message({ text: "z".repeat(many) })), statuses: [422] },
    { name: "a number of the largest size", send: post(() => `{"text":${"1".repeat(many)}}`), statuses: [400, 422] },
    { name: "a list of millions", send: post(() => `[${"0,".repeat(many / 2)}0]`), statuses: [400, 422] },
    {
      name: "millions of fields",
      send: post(() => `{${Array.from({ length: 2_000_000 }, (_, n) => `"${n}":0`).join()}}`),
      statuses: [400, 422],
    },
    { name: "depths of millions", send: post(() => "[".repeat(many)), statuses: [400] },
    {
      name: "more than the largest size",
      send: post(() => message({ text: "z".repeat(40 * megabyte) })),
      statuses: [413],
    },
    { name: "JSON that never ends", send: post(endless), statuses: [413] },
    { name: "a file that never ends", send: put(endless), statuses: [413] },
    {
      name: "a file that stops in its midst",
      send: (origin) => stopping(origin, "PUT /api/v1/media"),
      statuses: [400, 408, 503],
      isSlow: true,
    },
    {
      name: "JSON that stops in its midst",
      send: (origin) => stopping(origin, "POST /api/v1/messages"),
      statuses: [400, 408, 503],
      isSlow: true,
    },
  ];
}

async function answerOf(url: string, init: RequestInit) {
  const response = await fetch(url, init);
  return { status: response.status, text: await response.text() };
}

function endless(): ReadableStream {
  return new ReadableStream({ pull: (sink) => sink.enqueue(new Uint8Array(256 * 1024).fill(32)) });
}

/** A body that is begun, and never gone on with. */
function stopping(origin: string, line: string): Promise<{ status: number; text: string } | null> {
  const { hostname, port, host } = new URL(origin);
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect({ host: hostname, port: Number(port) });
    const key = `X-API-Key: ${asAdmin["x-api-key"]}`;
    socket.on("connect", () =>
      socket.write(
        `${line} HTTP/1.1\r\nHost: ${host}\r\n${key}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"te`,
      ),
    );
    socket.on("data", (piece) => {
      text += piece.toString();
      socket.end();
    });
    socket.on("error", reject);
    socket.on("close", () => {
      const status = Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);
      resolve(status === 0 ? null : { status, text: text.slice(text.indexOf("\r\n\r\n") + 4) });
    });
  });
}
