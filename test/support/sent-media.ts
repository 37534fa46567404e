// Files that a phone of the network sends to the gateway, and what became of them there.
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Flow, mine, others } from "./session-flow.ts";
import { until } from "./until.ts";

export type SentFile = { waId: string; bytes: Buffer };
export type FileToSend = {
  kind?: string;
  mimetype?: string;
  bytes?: Buffer;
  caption?: string;
  file_name?: string;
  to?: string;
};

export function sendFile({ control }: Flow, file: FileToSend = {}): SentFile {
  const { kind = "image", mimetype = "image/jpeg", bytes = randomBytes(30_000), to = mine, ...more } = file;
  const media = { kind, mimetype, base64: bytes.toString("base64"), ...more };
  return { waId: control.phones.send(others, { to, media }).id, bytes };
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
export type ShownMessage = any;

export async function shownAs(flow: Flow, { waId }: SentFile): Promise<ShownMessage | null> {
  const { json } = await flow.call("/messages?direction=in&limit=100");
  return json.data.find((one: ShownMessage) => one.wa_id === waId) ?? null;
}

export function fileIs(flow: Flow, file: SentFile, status: string, withinMs = 10_000): Promise<ShownMessage> {
  let last: ShownMessage = null;
  const look = async () => {
    last = await shownAs(flow, file);
    return last?.media?.status === status ? last : null;
  };
  return until(`the file to be ${status}`, look, withinMs).catch((error: Error) => {
    throw new Error(`${error.message}; it is ${JSON.stringify(last?.media)}`);
  });
}

/** Every file there is below `media/`. */
export function filesOnDisk(flow: Flow): string[] {
  const root = join(String(flow.settings.dataDir), "media");
  mkdirSync(root, { recursive: true });
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** How often the media host was asked. */
export function countDownloads({ network }: Flow): () => number {
  const { media } = network.world;
  const { fileFor } = media;
  let count = 0;
  media.fileFor = (path) => {
    count += 1;
    return fileFor(path);
  };
  return () => count;
}
