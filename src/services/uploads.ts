// Bringing a file that is to be sent: piece by piece to the disk, however large it is.
import { createHash } from "node:crypto";
import { type Clock, day, hour, second } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { Upload } from "../core/upload.ts";
import { openPart } from "../net/part.ts";
import { createPatience } from "../net/patience.ts";
import type { Store } from "../store/store.ts";

export type UploadFacts = { mimeType: string; fileName: string | null };
export type Uploads = ReturnType<typeof createUploads>;

type Needs = { store: Store; clock: Clock; maxBytes: number };
type Body = ReadableStream<Uint8Array>;

const keptMs = day;
/** Before the connection itself is given up, so that there is an answer. */
const idleMs = 20 * second;
const longestMs = 2 * hour;

export function createUploads({ store, clock, maxBytes }: Needs) {
  const tooLarge = () =>
    new WaygateError("too_large", `A file may have at most ${Math.floor(maxBytes / 1_024 ** 2)} MB.`);

  async function keep(name: string, body: Body): Promise<{ bytes: number; sha256: string }> {
    const hash = createHash("sha256");
    let bytes = 0;
    await using part = await openPart(store.files.pathOf(name));
    for await (const piece of piecesOf(body)) {
      bytes += piece.length;
      if (bytes > maxBytes) throw tooLarge();
      hash.update(piece);
      await part.write(piece);
    }
    if (bytes === 0) throw new WaygateError("malformed", "There is no file: the body is empty.");
    await part.keep();
    return { bytes, sha256: hash.digest("hex") };
  }

  return {
    /** `announced` is how long the body is said to be. */
    async take(accountId: number, body: Body | null, facts: UploadFacts & { announced: number }): Promise<Upload> {
      const { announced, mimeType, fileName } = facts;
      if (announced > maxBytes) throw tooLarge();
      const name = await store.files.newName();
      const kept = await keep(name, body ?? new Blob([]).stream());
      const createdAt = clock.now();
      const times = { createdAt, expiresAt: createdAt + keptMs };
      const upload = { accountId, path: name, ...kept, mimeType, fileName, ...times };
      try {
        return { ...upload, id: await store.write("uploads.create", upload) };
      } catch (error) {
        await store.files.remove(name);
        throw error;
      }
    },
  };
}

async function* piecesOf(body: Body): AsyncGenerator<Uint8Array> {
  using patience = createPatience({ idleMs, timeoutMs: longestMs });
  const pieces = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await patience.during(nextOf(pieces));
      if (done === true) return;
      patience.touch();
      yield value;
    }
  } finally {
    // Not waited for: it would wait for what does not come.
    pieces.return?.().catch(() => {});
  }
}

async function nextOf(pieces: AsyncIterator<Uint8Array>) {
  try {
    return await pieces.next();
  } catch (cause) {
    throw new WaygateError("malformed", "The body ended before it was whole.", {}, cause);
  }
}
