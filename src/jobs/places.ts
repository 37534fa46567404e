// How much is done at once over all sessions: who finds no place is told when there is one, in the order of asking, and
// whoever is slow keeps no place from others.

export type Places = {
  /** To be given back when it is done; null when there is none. */
  take(sessionId: number): (() => void) | null;
  close(): void;
};

type Options = { most: number; slowMs: number; freed(sessionId: number): void };

export function createPlaces({ most, slowMs, freed }: Options): Places {
  const waiting = new Set<number>();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  let taken = 0;

  return {
    take(sessionId) {
      if (taken >= most) {
        waiting.add(sessionId);
        return null;
      }
      waiting.delete(sessionId);
      taken += 1;
      let hasLeft = false;
      const leave = () => {
        if (hasLeft) return;
        hasLeft = true;
        clearTimeout(timer);
        timers.delete(timer);
        taken -= 1;
        const [next] = waiting;
        if (next === undefined) return;
        waiting.delete(next);
        freed(next);
      };
      const timer = setTimeout(leave, slowMs);
      timers.add(timer);
      return leave;
    },
    close() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      waiting.clear();
    },
  };
}
