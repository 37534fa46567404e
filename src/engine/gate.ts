// Many sessions come back at once after a restart, or after the network was away: only so many dial at a time.

export type Gate = {
  /** Settles when it is this one's turn; to be given back when its connection stands or has failed. */
  enter(signal: AbortSignal): Promise<() => void>;
};

export function createGate(most: number): Gate {
  const waiting: (() => void)[] = [];
  let inside = 0;

  function leave(): () => void {
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      inside -= 1;
      waiting.shift()?.();
    };
  }

  return {
    async enter(signal) {
      while (inside >= most && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.push(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
        await promise;
      }
      inside += 1;
      return leave();
    },
  };
}
