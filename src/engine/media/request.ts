// One request to a media host, over the session's way out. Redirects are not followed and nothing is inflated.
import { open } from "node:fs/promises";
import type { ClientRequest, IncomingMessage } from "node:http";
import { type Agent, request } from "node:https";
import type { Patience } from "../../net/patience.ts";

export type MediaRequest = {
  method: "GET" | "POST";
  /** https alone; node:https throws for anything else. */
  url: URL;
  headers?: Record<string, string>;
  agent: Agent;
  patience: Patience;
  /** Sent from disk, as long as it says. */
  body?: { file: string; bytes: number };
};

/** As WhatsApp's own web client would say. */
const origin = "https://web.whatsapp.com";
const pieceBytes = 64 * 1_024;

/** Settles with the answer's head, even if it comes before everything was sent. Rejects when patience ends. */
export async function ask(options: MediaRequest): Promise<IncomingMessage> {
  const { method, url, headers, agent, patience, body } = options;
  patience.signal.throwIfAborted();
  const asked = request(url, {
    method,
    agent,
    headers: {
      Origin: origin,
      "Accept-Encoding": "identity",
      ...headers,
      ...(body === undefined ? {} : { "Content-Length": body.bytes }),
    },
  });
  const giveUp = () => asked.destroy(patience.signal.reason);
  patience.signal.addEventListener("abort", giveUp, { once: true });
  asked.once("close", () => patience.signal.removeEventListener("abort", giveUp));
  return new Promise((resolve, reject) => {
    asked.on("error", reject);
    asked.once("response", (response) => {
      patience.touch();
      // Whoever reads it hears of it as well; one that nobody reads any more must not end the process.
      response.on("error", () => {});
      resolve(response);
    });
    if (body === undefined) asked.end();
    else send(asked, body, patience).catch((error) => asked.destroy(error));
  });
}

/** One piece after the other, each when the one before is with the system: one buffer is enough, and it shows motion. */
async function send(asked: ClientRequest, { file, bytes }: { file: string; bytes: number }, patience: Patience) {
  const handle = await open(file, "r");
  try {
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, Math.max(1, bytes)));
    for (let sent = 0; sent < bytes && !asked.destroyed; ) {
      const { bytesRead } = await handle.read(piece, 0, Math.min(piece.length, bytes - sent), sent);
      if (bytesRead === 0) throw new Error("the file is shorter than it was");
      await written(asked, piece.subarray(0, bytesRead));
      sent += bytesRead;
      patience.touch();
    }
    asked.end();
  } finally {
    await handle.close();
  }
}

function written(asked: ClientRequest, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error | null) => {
      asked.off("close", settle);
      if (error) reject(error);
      else resolve();
    };
    // A request that was ended in between may never call back.
    asked.once("close", settle);
    asked.write(piece, settle);
  });
}

/** A short answer as text; null when it is longer than it may be. */
export async function readShort(
  response: IncomingMessage,
  maxBytes: number,
  patience: Patience,
): Promise<string | null> {
  const pieces: Buffer[] = [];
  let total = 0;
  for await (const piece of response) {
    patience.touch();
    total += piece.length;
    if (total > maxBytes) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}
