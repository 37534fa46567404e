// Which version WhatsApp's own web client has just now: asked of its start page, over the session's way out.
import { get } from "node:https";
import { second } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { WayOut } from "../net/way-out.ts";
import type { Network } from "./network.ts";

export type WebVersion = readonly [number, number, number];

const page = "https://web.whatsapp.com/sw.js";
const answerMs = 10 * second;
const mostBytes = 4 * 1024 * 1024;
const revision = /\\?"client_revision\\?":\s*(\d{6,12})/;
/** The page goes to what it takes for a browser. */
const headers = {
  "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
  "Sec-Fetch-Site": "none",
  "Accept-Encoding": "identity",
};

/** Null where there is nobody to ask, or no answer that makes sense. */
export async function askWebVersion(network: Network, wayOut: WayOut, log: Log): Promise<WebVersion | null> {
  if (network.kind !== "whatsapp") return null;
  try {
    const [, found] = revision.exec(await read(wayOut)) ?? [];
    return found === undefined ? null : [2, 3000, Number(found)];
  } catch (error) {
    log.warn({ error: messageOf(error) }, "WhatsApp's current version could not be asked for");
    return null;
  }
}

function read({ httpsAgent: agent }: WayOut): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = get(page, { agent, headers, signal: AbortSignal.timeout(answerMs) }, (response) => {
      const pieces: Buffer[] = [];
      let bytes = 0;
      response.on("error", reject);
      response.on("data", (piece: Buffer) => {
        bytes += piece.length;
        if (bytes > mostBytes) asked.destroy(new Error("the answer is too long"));
        else pieces.push(piece);
      });
      response.on("end", () => resolve(Buffer.concat(pieces).toString()));
    });
    asked.on("error", reject);
  });
}
