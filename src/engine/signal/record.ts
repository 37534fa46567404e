// All that is shared with one device of somebody's: the session in use, and a few older ones that late messages may need.
import { readingChainFields, readingChainOf, reservedAtOnce, resumeWriting } from "./chain.ts";
import { withoutType } from "./curve.ts";
import { SignalError } from "./faults.ts";
import { allIn, bytesIn, type Fields, numberIn, readFields, writeFields } from "./fields.ts";
import { decrypt, knows, type OurIdentity, type Ratchet } from "./ratchet.ts";

/** The session in use first. */
export type Record = { ratchets: Ratchet[] };

const keptRatchets = 6;
const format = 1;

/** A new session takes the place of the one in use. */
export function adopt(record: Record, ratchet: Ratchet): void {
  record.ratchets = [ratchet, ...record.ratchets].slice(0, keptRatchets);
}

/** Read by whichever session it belongs to, which is the one in use from then on. */
export function readWith(record: Record, us: OurIdentity, bytes: Uint8Array): Buffer {
  const sure = record.ratchets.find((ratchet) => knows(ratchet, bytes));
  if (sure !== undefined) return using(record, sure, decrypt(sure, us, bytes));
  let fault: unknown = new SignalError("no_session", "there is no session");
  for (const ratchet of record.ratchets) {
    try {
      return using(record, ratchet, decrypt(ratchet, us, bytes));
    } catch (error) {
      fault = error;
    }
  }
  throw fault;
}

function using<T>(record: Record, ratchet: Ratchet, result: T): T {
  if (record.ratchets[0] !== ratchet) {
    record.ratchets = [ratchet, ...record.ratchets.filter((other) => other !== ratchet)];
  }
  return result;
}

/**
 * As it is written down. The numbers of its writing chain are reserved ahead, unless it is put away in order: then
 * it goes on exactly where it was.
 */
export function encodeRecord(record: Record, reservation: "ahead" | "exact"): Buffer {
  const [current] = record.ratchets;
  if (current !== undefined) {
    const { writing } = current;
    writing.reserved = writing.next + (reservation === "ahead" ? reservedAtOnce : 0);
    writing.granted = Math.min(writing.granted, writing.reserved);
  }
  return writeFields([
    [1, format],
    ...record.ratchets.map((ratchet): [number, Uint8Array] => [2, encodeRatchet(ratchet)]),
  ]);
}

export function decodeRecord(bytes: Uint8Array): Record {
  const fields = readFields(bytes);
  if (numberIn(fields, 1) !== format) throw new SignalError("malformed", "a record of an unknown format");
  return { ratchets: allIn(fields, 2).map((one) => decodeRatchet(readFields(one))) };
}

function encodeRatchet(ratchet: Ratchet): Buffer {
  const { writing, introduction } = ratchet;
  return writeFields([
    [1, ratchet.theirIdentity],
    [2, ratchet.registrationId],
    [3, ratchet.baseKey],
    [4, ratchet.root],
    [5, ratchet.ours.priv],
    [6, ratchet.ours.pub],
    [7, writing.key],
    [8, writing.next],
    [9, Math.max(writing.reserved, writing.next)],
    [10, ratchet.previous],
    ...ratchet.reading.map(({ ratchetKey, chain }): [number, Uint8Array] => [
      11,
      writeFields([[1, ratchetKey], ...readingChainFields(chain)]),
    ]),
    [
      12,
      introduction === null
        ? null
        : writeFields([
            [1, introduction.preKeyId],
            [2, introduction.signedPreKeyId],
          ]),
    ],
  ]);
}

function decodeRatchet(fields: Fields): Ratchet {
  const introduction = bytesIn(fields, 12);
  const key = (number: number) => {
    const bytes = bytesIn(fields, number);
    const raw = bytes === null ? null : withoutType(bytes);
    if (raw === null) throw new SignalError("malformed", "a record lacks a key");
    return raw;
  };
  const next = numberIn(fields, 8) ?? 0;
  return {
    theirIdentity: key(1),
    registrationId: numberIn(fields, 2) ?? 0,
    baseKey: key(3),
    root: key(4),
    ours: { priv: key(5), pub: key(6) },
    writing: resumeWriting(key(7), next, numberIn(fields, 9) ?? next),
    previous: numberIn(fields, 10) ?? 0,
    reading: allIn(fields, 11).map((bytes) => {
      const one = readFields(bytes);
      return { ratchetKey: Buffer.from(bytesIn(one, 1) ?? []), chain: readingChainOf(one) };
    }),
    introduction: introduction === null ? null : introductionOf(readFields(introduction)),
  };
}

function introductionOf(fields: Fields) {
  return { preKeyId: numberIn(fields, 1), signedPreKeyId: numberIn(fields, 2) ?? 0 };
}
