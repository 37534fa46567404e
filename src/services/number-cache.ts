// What is known of numbers that were asked for: who is on WhatsApp stays for a day, who is not may be there soon.
import type { Clock } from "../core/clock.ts";
import type { NumberCheck } from "../core/ports.ts";

export type NumberCache = { find(phone: string): NumberCheck | null; keep(answer: NumberCheck): void };

const maxNumbers = 50_000;

export function createNumberCache(clock: Clock, { knownMs, unknownMs }: { knownMs: number; unknownMs: number }) {
  const numbers = new Map<string, { answer: NumberCheck; until: number }>();

  const cache: NumberCache = {
    find(phone) {
      const found = numbers.get(phone);
      if (found !== undefined && found.until > clock.now()) return found.answer;
      numbers.delete(phone);
      return null;
    },
    keep(answer) {
      const until = clock.now() + (answer.exists ? knownMs : unknownMs);
      numbers.delete(answer.phone);
      numbers.set(answer.phone, { answer, until });
      for (const oldest of numbers.keys()) {
        if (numbers.size <= maxNumbers) break;
        numbers.delete(oldest);
      }
    },
  };
  return cache;
}
