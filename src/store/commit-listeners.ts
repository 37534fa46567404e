// Whoever wants to know that something has been committed, to look for what it means to them.

export type CommitListener = (names: readonly string[]) => void;

export function createCommitListeners() {
  const all = new Set<CommitListener>();
  return {
    add(listener: CommitListener): Disposable {
      all.add(listener);
      return { [Symbol.dispose]: () => void all.delete(listener) };
    },
    tell(names: readonly string[]): void {
      for (const listener of all) listener(names);
    },
  };
}
