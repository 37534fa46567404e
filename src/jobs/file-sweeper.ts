// Takes files off the disk that are nobody's any more: those whose rows are gone, soon; and those that never had a row
// because the process was killed in between, when they have been nobody's for an hour. What such a kill left half written
// goes at the start.
import { hour, second } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Store } from "../store/store.ts";

export type FileSweeper = AsyncDisposable;

const atOnce = 200;
const doomedMs = 2 * second;

export function startFileSweeper({ store, log }: { store: Store; log: Log }): FileSweeper {
  const over = new AbortController();
  const orphans = createOrphanSweep(store, over.signal);
  let underWay: Promise<void> | null = null;

  /** One at a time: what is slow is not begun again. */
  function run(work: () => Promise<unknown>): void {
    if (underWay !== null || over.signal.aborted) return;
    underWay = work()
      .catch((error) => log.warn({ error: messageOf(error) }, "files could not be taken off the disk"))
      .then(() => {
        underWay = null;
      });
  }

  const timers = [
    setInterval(() => run(() => removeDoomed(store, over.signal)), doomedMs),
    setInterval(() => run(orphans), hour),
  ];
  for (const timer of timers) timer.unref?.();
  run(async () => {
    await removeDoomed(store, over.signal);
    await store.files.sweepParts(store.temporary.madeAt, over.signal);
    await orphans();
  });

  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      for (const timer of timers) clearInterval(timer);
      await underWay;
    },
  };
}

/** The file first: a crash in between leaves a row that leads to nothing. */
export async function removeDoomed(store: Store, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const names = await store.fileRows.doomed(atOnce);
    if (names.length === 0) return;
    const owned = await store.fileRows.owned(names);
    for (const name of names) if (!owned.has(name)) await store.files.remove(name);
    await store.write("files.forget", { names });
  }
}

/**
 * What is being written has no row yet either, so a file must have been an orphan at the sweep before as well. Gives back
 * how many are gone.
 */
export function createOrphanSweep(store: Store, over: AbortSignal): () => Promise<number> {
  let suspects = new Set<string>();
  return async () => {
    const found = new Set<string>();
    let removed = 0;
    for await (const names of store.files.all(atOnce)) {
      if (over.aborted) return removed;
      const owned = await store.fileRows.owned(names);
      for (const name of names) {
        if (owned.has(name)) continue;
        if (!suspects.has(name)) found.add(name);
        else {
          await store.files.remove(name);
          removed += 1;
        }
      }
    }
    suspects = found;
    return removed;
  };
}
