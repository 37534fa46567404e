// Many sessions come back at once after a restart, or after the network was away: only so many dial at a time.

export type Gate = {
  /**
   * Settles when it is this one's turn, or when it gives up; to be given back when its connection stands or has failed.
   */
  enter(signal: AbortSignal): Promise<() => void>;
};

export function createGate(most: number): Gate {
  const waiting = new Set<() => void>();
  let inside = 0;

  function leave(): () => void {
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      const [next] = waiting;
      // Handed on, so that nobody who comes just now can take it first.
      if (next === undefined) inside -= 1;
      else next();
    };
  }

  /** False for one that gave up: it has no place to give back, and must not keep its place in the queue either. */
  function turn(signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const settle = (isIn: boolean) => {
      waiting.delete(come);
      signal.removeEventListener("abort", giveUp);
      resolve(isIn);
    };
    const come = () => settle(true);
    const giveUp = () => settle(false);
    waiting.add(come);
    signal.addEventListener("abort", giveUp);
    return promise;
  }

  return {
    async enter(signal) {
      if (signal.aborted) return noPlace;
      if (inside >= most) return (await turn(signal)) ? leave() : noPlace;
      inside += 1;
      return leave();
    },
  };
}

const noPlace = () => {};
