// Starts that are cut off: the executable is started and killed at a random moment, or a moment after it did something.
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { binaryPath } from "../../support/binary.ts";
import type { Random } from "../support/random.ts";
import { databaseIn, gatewayEnv } from "./folder.ts";

/** What a start does one after the other, as far as it can be seen from outside. */
const signs: readonly ((dataDir: string) => boolean)[] = [
  (dataDir) => existsSync(join(dataDir, "running.json")),
  (dataDir) => existsSync(databaseIn(dataDir)),
  (dataDir) => existsSync(`${databaseIn(dataDir)}-wal`),
  (dataDir) => namesIn(join(dataDir, "backups")).some((name) => name.endsWith(".partial")),
  (dataDir) => namesIn(join(dataDir, "backups")).some((name) => name.endsWith(".db")),
  (dataDir) => sizeOf(`${databaseIn(dataDir)}-wal`) > 0,
  (dataDir) => existsSync(join(dataDir, "master.key")),
];

const aMomentMs = 6;

/** Starts and kills; `startMs` is how long a start takes when nobody kills it. */
export async function startAndKill(dataDir: string, cwd: string, random: Random, startMs: number): Promise<void> {
  const coming = signs.filter((isSeen) => !isSeen(dataDir));
  const sign = coming.length > 0 && random.chance(0.7) ? random.pick(coming) : null;
  const child = Bun.spawn([binaryPath, "--data-dir", dataDir, "--port", "0"], {
    cwd,
    env: { PATH: "/usr/bin:/bin", ...gatewayEnv },
    stdout: "ignore",
    stderr: "ignore",
  });
  if (sign === null) await Bun.sleep(random.below(Math.ceil(startMs)));
  else {
    // Not every start does all of it.
    const deadline = performance.now() + startMs * 1.2;
    while (!sign(dataDir) && performance.now() < deadline && child.exitCode === null) await new Promise(setImmediate);
    // Finer than a timer: some of what is to be hit takes less than a millisecond.
    const until = performance.now() + random.below(aMomentMs * 1_000) / 1_000;
    while (performance.now() < until);
  }
  child.kill("SIGKILL");
  await child.exited;
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Files come and go while we look. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
