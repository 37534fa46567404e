// What was read from the disk a moment ago, for those who ask for the same name several times in one message.

export type Recall<V> = {
  get(name: string): V;
  /** It has been set, and what was read is not so any more. */
  forget(name: string): void;
  forgetAll(): void;
};

type Options<V> = {
  read(name: string): V;
  most: number /** What is not kept is read each time. */;
  keeps?(value: V): boolean;
};

export function createRecall<V>({ read, most, keeps = () => true }: Options<V>): Recall<V> {
  const known = new Map<string, V>();
  return {
    get(name) {
      const recalled = known.get(name);
      if (recalled !== undefined) return recalled;
      const value = read(name);
      if (!keeps(value)) return value;
      if (known.size >= most) known.delete(known.keys().next().value ?? "");
      known.set(name, value);
      return value;
    },
    forget: (name) => void known.delete(name),
    forgetAll: () => known.clear(),
  };
}
