// Bringing a file that is to be sent: piece by piece to the disk, however large it is.
import { createHash } from "node:crypto";
import { type Clock, day } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { Upload } from "../core/upload.ts";
import { openPart } from "../net/part.ts";
import type { Store } from "../store/store.ts";
import { uploadsFull } from "../store/uploads.ts";
import { type Body, piecesOf } from "./body-pieces.ts";

export type UploadFacts = { mimeType: string; fileName: string | null };
export type Uploads = ReturnType<typeof createUploads>;

type Needs = {
  store: Store;
  clock: Clock;
  /** Of one file. */
  maxBytes: number;
  /** Of all that an account has brought. */
  totalBytes: number;
};

const keptMs = day;

export function createUploads({ store, clock, maxBytes, totalBytes }: Needs) {
  /** Of files that are being brought just now, by account. */
  const arriving = new Map<number, number>();
  const tooLarge = () =>
    new WaygateError("too_large", `A file may have at most ${Math.floor(maxBytes / 1_024 ** 2)} MB.`);

  /** What of an account's share a file takes while it comes; given back when it is there, and counted there, or not. */
  async function takeShare(accountId: number, announced: number) {
    const held = await store.uploads.heldBytes(accountId);
    let own = 0;
    let come = 0;
    const arrivingNow = () => arriving.get(accountId) ?? 0;
    const refuseBeyond = (bytes: number) => {
      if (held + arrivingNow() + bytes > totalBytes) throw uploadsFull(held + arrivingNow(), totalBytes);
    };
    const reserve = (bytes: number) => {
      refuseBeyond(bytes);
      own += bytes;
      arriving.set(accountId, arrivingNow() + bytes);
    };
    // As a whole where that is known: of two that do not fit together the first one does.
    reserve(announced);
    return {
      add(bytes: number): void {
        come += bytes;
        if (come > own) reserve(come - own);
      },
      [Symbol.dispose]() {
        if (arrivingNow() > own) arriving.set(accountId, arrivingNow() - own);
        else arriving.delete(accountId);
      },
    };
  }

  async function keep(name: string, body: Body, share: { add(bytes: number): void }) {
    const hash = createHash("sha256");
    let bytes = 0;
    await using part = await openPart(store.files.pathOf(name));
    for await (const piece of piecesOf(body)) {
      bytes += piece.length;
      if (bytes > maxBytes) throw tooLarge();
      share.add(piece.length);
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
      using share = await takeShare(accountId, announced);
      const kept = await keep(name, body ?? new Blob([]).stream(), share);
      const createdAt = clock.now();
      const times = { createdAt, expiresAt: createdAt + keptMs };
      const upload = { accountId, path: name, ...kept, mimeType, fileName, ...times };
      try {
        return { ...upload, id: await store.write("uploads.create", { ...upload, mostBytes: totalBytes }) };
      } catch (error) {
        await store.files.remove(name);
        throw error;
      }
    },
  };
}
