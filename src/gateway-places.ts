// Where the gateway keeps its things, and the keys it keeps them with.
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseMasterKey } from "./core/sealing.ts";
import type { Config } from "./settings.ts";

/** The sandbox keeps its own data: nothing of it can get among the real numbers. */
export function dataDirOf(config: Config): string {
  return config.sandbox ? join(config.dataDir, "sandbox") : config.dataDir;
}

/** In the data directory, unless its path is too long for a socket: then in the system's own folder, under its digest. */
export function controlSocketOf(dataDir: string): string {
  const usual = join(resolve(dataDir), "control.sock");
  if (Buffer.byteLength(usual) <= maxSocketPath) return usual;
  const digest = createHash("sha256").update(resolve(dataDir)).digest("hex").slice(0, 16);
  return join(tmpdir(), `waygate-${digest}.sock`);
}

const maxSocketPath = 100;

/** The key in use first, then the one before it. */
export function masterKeysOf(config: Config): Uint8Array[] {
  return [config.masterKey, config.masterKeyPrevious].flatMap((text) => {
    const key = text === null ? null : parseMasterKey(text);
    return key === null ? [] : [key];
  });
}
