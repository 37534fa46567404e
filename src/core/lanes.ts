// Lanes: work that concerns the same thing is done one after the other, in the order it was asked for.

export type Lanes<K> = <T>(key: K, work: () => Promise<T>) => Promise<T>;

export function createLanes<K>(): Lanes<K> {
  const last = new Map<K, Promise<unknown>>();
  return async (key, work) => {
    // What went wrong before is told to whoever asked for it, and holds nobody else up.
    const done = (last.get(key) ?? Promise.resolve()).then(work, work);
    last.set(key, done);
    try {
      return await done;
    } finally {
      if (last.get(key) === done) last.delete(key);
    }
  };
}
