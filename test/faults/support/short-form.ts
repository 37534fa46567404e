// A suite of faults as a test: small, another seed each time, and the seed told when it fails.
import { expect } from "bun:test";
import { freshSeed } from "./random.ts";
import type { Suite } from "./suite.ts";

/** For a machine with much else to do. */
const timeoutMs = 90_000;

export function shortForm(suite: Suite): [() => Promise<void>, number] {
  return [
    async () => {
      const given = { size: suite.short, seed: freshSeed() };
      const { faults } = await suite.run(given);
      expect({ ...given, faults }).toEqual({ ...given, faults: [] });
    },
    timeoutMs,
  ];
}
