// Values that have been set and are not on disk yet: they are what a reader sees until they are.

export type Drafts<V> = {
  set(name: string, value: V): void;
  /** Undefined where nothing is drafted: then the disk knows. */
  get(name: string): V | undefined;
  /** What has been set since the last time, now under way to the disk. */
  take(): [name: string, value: V][];
  /** What was taken has arrived. */
  arrived(): void;
};

export function createDrafts<V>(touched: () => void): Drafts<V> {
  let fresh = new Map<string, V>();
  let underWay = new Map<string, V>();
  return {
    set(name, value) {
      fresh.set(name, value);
      touched();
    },
    get: (name) => (fresh.has(name) ? fresh.get(name) : underWay.get(name)),
    take() {
      underWay = fresh;
      fresh = new Map();
      return [...underWay];
    },
    arrived() {
      underWay = new Map();
    },
  };
}
