// Brings a message's file to WhatsApp's hosts: encrypted as the message says, and checked to be just that.
import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { WaygateError } from "../../core/errors.ts";
import type { Uploading, UploadOutcome } from "../../core/ports.ts";
import { createGate } from "../gate.ts";
import { sealTo } from "../media/crypto.ts";
import type { FileAccess } from "../media/sealed.ts";
import { upload } from "../media/upload.ts";
import { type CarriedFile, fileOf, fillPlace } from "./file.ts";

/** Of all sessions together: each has its encrypted copy on the disk meanwhile. */
const uploads = createGate(4);

const changed: UploadOutcome = { outcome: "refused", sentence: "The file is not the one that was accepted any more." };
const missing: UploadOutcome = { outcome: "refused", sentence: "The file is not there any more." };

/** Throws when another attempt may do. */
export async function uploadFile({ raw, path }: Uploading, access: FileAccess): Promise<UploadOutcome> {
  const file = fileOf(raw);
  if (file === null) throw new WaygateError("internal", "This message has no file to upload.");
  const leave = await uploads.enter(access.signal);
  try {
    if (access.signal.aborted) throw new WaygateError("unavailable", "The connection to WhatsApp is over.");
    if (!(await isThere(path))) return missing;
    await using sent = await inTransit(file, path, access.folder);
    if (sent === null) return changed;
    const outcome = await upload({ ...sent, kind: file.kind, connection: access.hosts.connection, ...access });
    if (outcome.outcome === "done") {
      const { url, directPath } = outcome;
      return { outcome: "uploaded", raw: fillPlace(raw, outcome), place: { url, directPath } };
    }
    if (outcome.isRetryable) throw new WaygateError("unavailable", outcome.reason);
    return { outcome: "refused", sentence: outcome.reason };
  } finally {
    leave();
  }
}

type InTransit = AsyncDisposable & { file: string; encSha256: Uint8Array };

/** The bytes that go over the line; null where they would not be those that the message speaks of. */
async function inTransit(file: CarriedFile, path: string, folder: string): Promise<InTransit | null> {
  const { mediaKey, fileEncSha256, fileSha256, kind } = file;
  if (mediaKey === null || fileEncSha256 === null) {
    if (!(await sha256Of(path)).equals(fileSha256)) return null;
    return { file: path, encSha256: fileSha256, async [Symbol.asyncDispose]() {} };
  }
  const sealed = join(folder, `waygate-${randomBytes(9).toString("hex")}`);
  const remove = () => rm(sealed, { force: true });
  const facts = await sealTo(sealed, path, kind, mediaKey);
  if (!Buffer.from(facts.fileEncSha256).equals(fileEncSha256)) {
    await remove();
    return null;
  }
  return { file: sealed, encSha256: fileEncSha256, [Symbol.asyncDispose]: remove };
}

async function sha256Of(path: string): Promise<Buffer> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest();
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}
