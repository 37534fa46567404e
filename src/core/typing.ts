// How long it shows that somebody is writing, before a message goes out.
import { second } from "./clock.ts";
import type { ContentKind } from "./content.ts";

/** `length` is of its text, `seconds` of its sound. */
export type Typed = { kind: ContentKind; length: number; seconds: number | null };

const thinkingMs = 500;
const perCharacterMs = 60;
const unevenness = 0.25;
const leastMs = second;
/** WhatsApp's own clients show it for longer than that without being told again. */
const longestMs = 8 * second;

/** As if a quick person wrote it; of a voice note, as long as it is. */
export function typingMs({ kind, length, seconds }: Typed, random = 0.5): number {
  const usual = kind === "voice" ? (seconds ?? 0) * second : thinkingMs + length * perCharacterMs;
  const uneven = usual * (1 - unevenness + 2 * unevenness * random);
  return Math.min(longestMs, Math.max(leastMs, uneven));
}
