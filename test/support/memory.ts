// How far the process's memory grows while something is done.

export type MemoryWatch = { grownBy(): number };

export function watchMemory(): MemoryWatch {
  Bun.gc(true);
  const before = process.memoryUsage().rss;
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 2);
  return {
    grownBy() {
      clearInterval(timer);
      return Math.max(peak, process.memoryUsage().rss) - before;
    },
  };
}
