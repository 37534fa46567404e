// The message in a stanza, as its sender wrote it: without the padding, without what another device of ours put around
// it, and without the keys that travel along. Its bytes stay as they came: they may hold more than we can name.
import { type BinaryNode, proto, unpadRandomMax16 } from "@whiskeysockets/baileys";
import { childrenOf, isCiphertext } from "../signal/stanza.ts";

export type Plain = {
  raw: Uint8Array;
  message: proto.IMessage;
  /** The fields that are there, by number. */
  numbers: number[];
};

type Piece = { number: number; bytes: Uint8Array; value: Uint8Array | null };

const fields = { senderKey: 2, fastSenderKey: 15, deviceSent: 31, about: 35 } as const;
const sentMessage = 2;
const bytesType = 2;

/** Null for a stanza that brings none; throws for what cannot be read. */
export function plainIn(stanza: BinaryNode): Plain | null {
  const parts = childrenOf(stanza).flatMap((node) => {
    if (isCiphertext(node)) return [unpadRandomMax16(node.content)];
    return node.tag === "plaintext" && node.content instanceof Uint8Array ? [node.content] : [];
  });
  // One after the other they are one message: that is how protocol buffers are merged.
  return parts.length === 0 ? null : plainOf(Buffer.concat(parts.map(unwrap)));
}

export function plainOf(bytes: Uint8Array): Plain {
  const pieces = piecesIn(bytes);
  const kept = pieces.filter(({ number }) => number !== fields.senderKey && number !== fields.fastSenderKey);
  return {
    raw: new Uint8Array(Buffer.concat(kept.map((piece) => piece.bytes))),
    message: proto.Message.decode(bytes),
    numbers: pieces.map(({ number }) => number),
  };
}

/** What our own device sent on, with the secret that may lie beside it. */
function unwrap(bytes: Uint8Array): Uint8Array {
  const pieces = piecesIn(bytes);
  const sent = pieces.findLast(({ number }) => number === fields.deviceSent)?.value;
  const inner = piecesIn(sent ?? new Uint8Array()).findLast(({ number }) => number === sentMessage)?.value;
  if (inner == null) return bytes;
  const isToldWithin = piecesIn(inner).some(({ number }) => number === fields.about);
  const about = isToldWithin ? [] : pieces.filter(({ number }) => number === fields.about);
  return Buffer.concat([inner, ...about.map((piece) => piece.bytes)]);
}

/** Throws for what is cut off or of no known type. */
function piecesIn(bytes: Uint8Array): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < bytes.length) {
    const start = at;
    const tag = next();
    const value = skip(tag % 8);
    pieces.push({ number: Math.floor(tag / 8), bytes: bytes.subarray(start, at), value });
  }
  return pieces;

  function skip(type: number): Uint8Array | null {
    if (type === 0) {
      next();
      return null;
    }
    const length = type === bytesType ? next() : type === 1 ? 8 : type === 5 ? 4 : Number.NaN;
    if (!(at + length <= bytes.length)) throw new Error("cut off");
    at += length;
    return type === bytesType ? bytes.subarray(at - length, at) : null;
  }

  function next(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("cut off");
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new Error("a number too long");
  }
}
