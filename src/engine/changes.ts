// Waiting for the next change of something, for so long at most.

export type Changes = {
  told(): void;
  next(ms: number): Promise<void>;
};

export function createChanges(): Changes {
  const waiting = new Set<() => void>();
  return {
    told() {
      for (const wake of [...waiting]) wake();
    },
    next: (ms) =>
      new Promise((resolve) => {
        const timer = setTimeout(wake, ms);
        function wake() {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve();
        }
        waiting.add(wake);
      }),
  };
}
