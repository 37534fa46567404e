// Votes are sealed with the secret of their poll and the addresses of two people, who each have two: every pair of them
// is tried, and the seal tells which was meant.
import { createDecipheriv, createHash, createHmac } from "node:crypto";
import type { Face } from "../../core/content.ts";
import type { SealedVote } from "../../core/inbound.ts";
import type { PollToOpen } from "../../core/ports.ts";
import { allIn, readFields } from "../signal/fields.ts";

const tagBytes = 16;

/** The options that were chosen, none where a vote was taken back; null for what was not sealed for this poll. */
export function openVote(vote: SealedVote, poll: PollToOpen, voter: Face): string[] | null {
  for (const creatorJid of jidsOf(poll.creator)) {
    for (const voterJid of jidsOf(voter)) {
      const plain = open(vote, poll, { creatorJid, voterJid });
      if (plain !== null) return optionsIn(hashesIn(plain), poll.options);
    }
  }
  return null;
}

/** In the order of the poll; what is none of its options is left out. */
export function optionsIn(hashes: readonly Uint8Array[], options: readonly string[]): string[] {
  const chosen = new Set(hashes.map((hash) => Buffer.from(hash).toString("hex")));
  return options.filter((option) => chosen.has(createHash("sha256").update(option).digest("hex")));
}

function jidsOf({ phone, lid }: Face): string[] {
  return [...(lid === null ? [] : [`${lid}@lid`]), ...(phone === null ? [] : [`${phone}@s.whatsapp.net`])];
}

type Pair = { creatorJid: string; voterJid: string };

function open({ payload, iv }: SealedVote, { waId, secret }: PollToOpen, { creatorJid, voterJid }: Pair) {
  if (payload.length < tagBytes || iv.length === 0) return null;
  const hmac = (key: Uint8Array, ...parts: (string | Uint8Array)[]) =>
    parts.reduce((digest, part) => digest.update(part), createHmac("sha256", key)).digest();
  const key = hmac(hmac(new Uint8Array(32), secret), waId, creatorJid, voterJid, "Poll Vote", Uint8Array.of(1));
  try {
    const cipher = createDecipheriv("aes-256-gcm", key, iv);
    cipher.setAAD(Buffer.from(`${waId}\u0000${voterJid}`));
    cipher.setAuthTag(payload.subarray(-tagBytes));
    return Buffer.concat([cipher.update(payload.subarray(0, -tagBytes)), cipher.final()]);
  } catch {
    return null;
  }
}

const selectedOptions = 1;

function hashesIn(plain: Uint8Array): Uint8Array[] {
  try {
    return allIn(readFields(plain), selectedOptions);
  } catch {
    return [];
  }
}
