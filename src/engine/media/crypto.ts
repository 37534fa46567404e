// Media as WhatsApp encrypts it: AES-256-CBC and a short MAC under keys derived from one; piece by piece, in little memory.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { createReadStream } from "node:fs";
import { WaygateError } from "../../core/errors.ts";
import { openPart } from "../../net/part.ts";
import { keysNameOf, type MediaKind } from "./kinds.ts";

/** What a message says of its file. What it leaves out, or empty, is not checked; the MAC always is. */
export type MediaFacts = {
  kind: MediaKind;
  /** Null for what is not encrypted, as in channels; then `fileSha256` must be there. */
  mediaKey: Uint8Array | null;
  /** Of the file as it is transferred. */
  fileEncSha256: Uint8Array | null;
  /** Of what is in it. */
  fileSha256: Uint8Array | null;
  fileLength: number | null;
};

export type Sealed = { mediaKey: Uint8Array; fileEncSha256: Uint8Array; fileSha256: Uint8Array; fileLength: number };

export const mediaFaults = {
  encrypted_hash: "The file is not the one that the message speaks of.",
  mac: "The file was not encrypted with the message's key, or was changed since.",
  padding: "The file cannot be decrypted with the message's key.",
  content_hash: "What is in the file is not what the message speaks of.",
  length: "The file is not as long as the message says.",
  unchecked: "The message brings nothing that the file could be checked by.",
} as const;
export type MediaFault = keyof typeof mediaFaults;

export type Opened =
  | { outcome: "done"; bytes: number; sha256: Uint8Array }
  | { outcome: "corrupt"; fault: MediaFault; reason: string };

const keyBytes = 32;
const macBytes = 10;
const blockBytes = 16;

export function mediaKeys(mediaKey: Uint8Array, kind: MediaKind): { iv: Buffer; cipherKey: Buffer; macKey: Buffer } {
  const derived = Buffer.from(hkdfSync("sha256", mediaKey, Buffer.alloc(32), keysNameOf(kind), 112));
  return { iv: derived.subarray(0, 16), cipherKey: derived.subarray(16, 48), macKey: derived.subarray(48, 80) };
}

/** How long a file of so many bytes is when it is encrypted. */
export function encryptedLength(bytes: number): number {
  return bytes - (bytes % blockBytes) + blockBytes + macBytes;
}

/** Encrypts a file, or whatever comes piece by piece, into the file `to`. */
export async function sealTo(
  to: string,
  source: string | AsyncIterable<Uint8Array>,
  kind: MediaKind,
  mediaKey: Uint8Array = randomBytes(keyBytes),
): Promise<Sealed> {
  await using part = await openPart(to);
  const sealed = await seal(source, kind, mediaKey, part.write);
  await part.keep();
  return sealed;
}

/** What a file comes to when it is encrypted: the same each time with the same key. Nothing is written. */
export function sealedFacts(path: string, kind: MediaKind): Promise<Sealed> {
  return seal(path, kind, randomBytes(keyBytes), async () => {});
}

async function seal(
  source: string | AsyncIterable<Uint8Array>,
  kind: MediaKind,
  mediaKey: Uint8Array,
  put: (bytes: Uint8Array) => Promise<void>,
): Promise<Sealed> {
  const { iv, cipherKey, macKey } = mediaKeys(mediaKey, kind);
  const cipher = createCipheriv("aes-256-cbc", cipherKey, iv);
  const mac = createHmac("sha256", macKey).update(iv);
  const [plainHash, fileHash] = [createHash("sha256"), createHash("sha256")];
  let fileLength = 0;
  const write = async (bytes: Uint8Array) => {
    fileHash.update(bytes);
    await put(bytes);
  };
  const writeCiphertext = async (bytes: Uint8Array) => {
    mac.update(bytes);
    await write(bytes);
  };
  for await (const piece of typeof source === "string" ? createReadStream(source) : source) {
    plainHash.update(piece);
    fileLength += piece.length;
    await writeCiphertext(cipher.update(piece));
  }
  await writeCiphertext(cipher.final());
  await write(mac.digest().subarray(0, macBytes));
  return { mediaKey, fileEncSha256: fileHash.digest(), fileSha256: plainHash.digest(), fileLength };
}

/** Decrypts what comes into the file `to`, which appears only once everything about it has been checked. */
export async function openTo(to: string, source: AsyncIterable<Uint8Array>, facts: MediaFacts): Promise<Opened> {
  const reader = readerFor(facts);
  if (reader === null) return corrupt("unchecked");
  const hash = createHash("sha256");
  let bytes = 0;
  await using part = await openPart(to);
  const write = async (plain: Uint8Array) => {
    hash.update(plain);
    bytes += plain.length;
    await part.write(plain);
  };
  for await (const piece of source) for (const plain of reader.update(piece)) await write(plain);
  const rest = reader.end();
  if (typeof rest === "string") return corrupt(rest);
  await write(rest);
  const sha256 = hash.digest();
  if (!isAsTold(sha256, facts.fileSha256)) return corrupt("content_hash");
  if (facts.fileLength !== null && facts.fileLength !== bytes) return corrupt("length");
  await part.keep();
  return { outcome: "done", bytes, sha256 };
}

/** What is in a file that was checked before, piece by piece. Throws a sentence where its key does not fit it. */
export async function* openPieces(
  source: AsyncIterable<Uint8Array>,
  facts: Pick<MediaFacts, "kind" | "mediaKey">,
): AsyncGenerator<Uint8Array> {
  const reader = readerFor({ ...facts, fileEncSha256: null, fileSha256: null, fileLength: null });
  if (reader === null) throw new WaygateError("invalid", mediaFaults.unchecked);
  for await (const piece of source) yield* reader.update(piece);
  const rest = reader.end();
  if (typeof rest === "string") throw new WaygateError("invalid", mediaFaults[rest]);
  yield rest;
}

type Reader = {
  update(piece: Uint8Array): Uint8Array[];
  /** The last of what is in the file, or what is wrong with it. */
  end(): Uint8Array | MediaFault;
};

/** Null when nothing could be checked. */
function readerFor({ kind, mediaKey, fileEncSha256, fileSha256 }: MediaFacts): Reader | null {
  if (isTold(mediaKey)) return decrypting(mediaKeys(mediaKey, kind), fileEncSha256);
  return isTold(fileSha256) ? { update: (piece) => [piece], end: () => Buffer.alloc(0) } : null;
}

function decrypting({ iv, cipherKey, macKey }: ReturnType<typeof mediaKeys>, expected: Uint8Array | null): Reader {
  const decipher = createDecipheriv("aes-256-cbc", cipherKey, iv);
  const mac = createHmac("sha256", macKey).update(iv);
  const hash = createHash("sha256");
  /** The file's last bytes are its MAC, and which are the last is known at its end. */
  let held: Uint8Array = Buffer.alloc(0);
  return {
    update(piece) {
      hash.update(piece);
      // Only a piece shorter than a MAC is joined with what is held: joining all of them takes twice the time.
      const isShort = piece.length < macBytes;
      const last = isShort ? Buffer.concat([held, piece]) : piece;
      const ciphertexts = [...(isShort ? [] : [held]), last.subarray(0, Math.max(0, last.length - macBytes))];
      // A copy: whoever brings the pieces may use their memory again.
      held = Buffer.from(last.subarray(-macBytes));
      return ciphertexts.map((ciphertext) => {
        mac.update(ciphertext);
        return decipher.update(ciphertext);
      });
    },
    end() {
      if (!isAsTold(hash.digest(), expected)) return "encrypted_hash";
      if (!isEqual(mac.digest().subarray(0, macBytes), held)) return "mac";
      try {
        return decipher.final();
      } catch {
        return "padding";
      }
    },
  };
}

/** What is not told is not compared. */
function isAsTold(actual: Uint8Array, expected: Uint8Array | null): boolean {
  return !isTold(expected) || isEqual(actual, expected);
}

function isEqual(actual: Uint8Array, expected: Uint8Array): boolean {
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

function isTold(bytes: Uint8Array | null): bytes is Uint8Array {
  return bytes !== null && bytes.length > 0;
}

function corrupt(fault: MediaFault): Opened {
  return { outcome: "corrupt", fault, reason: mediaFaults[fault] };
}
