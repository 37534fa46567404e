// One HTTP request over one agent, up to the head of its answer. Nothing is followed and nothing is inflated here.
import {
  type ClientRequest,
  type IncomingMessage,
  request as requestPlain,
  validateHeaderName,
  validateHeaderValue,
} from "node:http";
import { type Agent, request as requestSecure } from "node:https";
import { version } from "../core/version.ts";
import { closedUnanswered } from "./mishaps.ts";
import type { Patience } from "./patience.ts";
import type { Step } from "./redirects.ts";

/** What belongs to the connection, or says where a message ends: ours to say. */
const ours =
  /^(host|connection|content-length|transfer-encoding|te|trailer|upgrade|expect|keep-alive|accept-encoding|http2-settings|proxy-.*)$/i;

/** A sentence for headers that cannot be sent, or null. */
export function headerFault(headers: Readonly<Record<string, string>>): string | null {
  for (const [name, value] of Object.entries(headers)) {
    if (ours.test(name)) return `The header ${name} cannot be set: it belongs to the connection.`;
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      return `The header ${JSON.stringify(name)} has a name or a value that cannot be sent.`;
    }
  }
  return null;
}

export type Sending = { url: URL; agent: Agent; patience: Patience };

/** Settles with the answer's head; rejects when patience ends, which also ends a body that is being read. */
export function send({ method, headers, body }: Step, { url, agent, patience }: Sending): Promise<IncomingMessage> {
  const hasLength = body !== null || method === "POST" || method === "PUT" || method === "PATCH";
  const request = url.protocol === "https:" ? requestSecure : requestPlain;
  const asked = request(url, {
    method,
    agent,
    headers: {
      "User-Agent": `Waygate/${version}`,
      ...headers,
      "Accept-Encoding": "identity",
      // Without it the body is sent in chunks, which arrive empty at PHP-FPM receivers.
      ...(hasLength ? { "Content-Length": body?.length ?? 0 } : {}),
    },
  });
  const giveUp = () => asked.destroy(patience.signal.reason);
  patience.signal.addEventListener("abort", giveUp, { once: true });
  asked.once("close", () => patience.signal.removeEventListener("abort", giveUp));
  if (patience.signal.aborted) giveUp();
  return headOf(asked, body, patience);
}

function headOf(asked: ClientRequest, body: Uint8Array | null, patience: Patience): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.on("error", reject);
    asked.once("response", (response) => {
      patience.touch();
      // Whoever reads it hears of it as well; one that nobody reads any more must not end the process.
      response.on("error", () => {});
      // A reset is told to the request alone, and a body without a length would look whole.
      asked.on("error", (error) => response.destroy(error));
      resolve(response);
    });
    asked.once("upgrade", (_response, socket) => {
      socket.destroy();
      reject(new Error("it wants to speak another protocol"));
    });
    asked.once("close", () => reject(new Error(closedUnanswered)));
    if (body === null) asked.end();
    else asked.end(body);
  });
}
