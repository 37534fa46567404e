// A file that is being written: under its own name only once it is whole, checked and on disk, and gone otherwise.
import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf, WaygateError } from "../core/errors.ts";

export type Part = AsyncDisposable & {
  write(bytes: Uint8Array): Promise<void>;
  /** It is whole: synced, and given its name. */
  keep(): Promise<void>;
};

/** Deleted when it is disposed of without having been kept; a crash leaves a file that ends in `.part`. */
export async function openPart(to: string): Promise<Part> {
  const path = `${to}.${randomBytes(6).toString("hex")}.part`;
  const handle = await told(to, () => open(path, "wx", 0o600));
  let isOpen = true;
  let isKept = false;
  const close = async () => {
    if (isOpen) await handle.close();
    isOpen = false;
  };
  return {
    write: (bytes) => told(to, () => writeAll(handle, bytes)),
    keep: () =>
      told(to, async () => {
        await handle.sync();
        await close();
        await rename(path, to);
        isKept = true;
        await syncDirectory(dirname(to));
      }),
    async [Symbol.asyncDispose]() {
      await close();
      if (!isKept) await rm(path, { force: true });
    },
  };
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten;
}

/** The name itself is only safe once its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function told<T>(to: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if ((cause as { code?: unknown }).code === "ENOSPC")
      throw new WaygateError("storage_full", "The disk is full: there is no room for this file.", {}, cause);
    throw new WaygateError("internal", `${to} cannot be written: ${messageOf(cause)}`, {}, cause);
  }
}
