// What was planted, and what came back to whoever must not be told: every secret made or learnt is noted here.
import type { Random } from "../support/random.ts";
import type { Place, Planted } from "./search.ts";

export type Safe = {
  readonly planted: readonly Planted[];
  /** A new secret that looks like a good password. */
  invent(name: string, length?: number): string;
  /** One that the gateway made. */
  learn(name: string, secret: string | Uint8Array): void;
  /** What a refusal said. */
  heard(place: string, text: string): void;
  places(): Place[];
};

export function createSafe(random: Random): Safe {
  const planted: Planted[] = [];
  const told = new Map<string, string[]>();
  const learn = (name: string, secret: string | Uint8Array) => {
    planted.push({ name, secret: typeof secret === "string" ? Buffer.from(secret) : secret });
  };
  return {
    planted,
    learn,
    invent(name, length = 26) {
      const secret = `Qz${random.word(length - 2)}`;
      learn(name, secret);
      return secret;
    },
    heard(place, text) {
      told.set(place, [...(told.get(place) ?? []), text]);
    },
    places: () => [...told].map(([name, texts]) => ({ name, bytes: Buffer.from(texts.join("\n")) })),
  };
}
