// The folder of files that no row speaks of and nobody needs after a start.
import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

export type TemporaryFolder = {
  path: string;
  /** By the clock of the file system: whatever is older than that is from before this start. */
  madeAt: number;
};

/** Made anew: only before anybody writes. */
export function makeTemporaryFolder(dataDir: string): TemporaryFolder {
  const path = join(dataDir, "temporary");
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return { path, madeAt: statSync(path).mtimeMs };
}
