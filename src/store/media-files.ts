// The files of messages and uploads, below `media/` in the data directory: in a folder for each month, under names that
// say nothing. Rows hold their names relative to it, so that the data can be moved.
import { randomBytes } from "node:crypto";
import { mkdir, opendir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";

export type MediaFiles = {
  /** For a file that is to be; its folder is there. */
  newName(): Promise<string>;
  pathOf(name: string): string;
  /** Nothing happens if it is gone already. */
  remove(name: string): Promise<void>;
  /** Every whole file there is, so many names at a time. */
  all(atOnce: number): AsyncGenerator<string[]>;
  /** What a crash left half written: nobody has touched it since `before`, by the file system's clock. */
  sweepParts(before: number, over: AbortSignal): Promise<void>;
};

export function mediaFiles(dataDir: string, clock: Clock): MediaFiles {
  const root = join(dataDir, "media");
  const pathOf = (name: string) => join(root, name);
  return {
    async newName() {
      const month = new Date(clock.now()).toISOString().slice(0, 7);
      await mkdir(pathOf(month), { recursive: true, mode: 0o700 });
      return join(month, randomBytes(16).toString("hex"));
    },
    pathOf,
    remove: (name) => rm(pathOf(name), { force: true }),
    async *all(atOnce) {
      for (const folder of await namesIn(root)) {
        const names: string[] = [];
        for await (const { name } of await opendir(pathOf(folder))) {
          if (!name.endsWith(".part")) names.push(join(folder, name));
          if (names.length >= atOnce) yield names.splice(0);
        }
        if (names.length > 0) yield names;
      }
    },
    async sweepParts(before, over) {
      for (const folder of await namesIn(root)) {
        for await (const { name } of await opendir(pathOf(folder))) {
          if (over.aborted) return;
          if (!name.endsWith(".part")) continue;
          const path = pathOf(join(folder, name));
          const found = await stat(path).catch(() => null);
          if (found !== null && found.mtimeMs < before) await rm(path, { force: true });
        }
      }
    },
  };
}

/** None where there is no such folder. */
async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
