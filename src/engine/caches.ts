// Small caches with an end, for what Baileys would keep in one timer-driven cache per kind and session.
import type { CacheStore } from "@whiskeysockets/baileys";

export function createCache(options: { most: number; keepMs: number }): CacheStore {
  const kept = new Map<string, { value: unknown; until: number }>();
  return {
    get<T>(name: string): T | undefined {
      const found = kept.get(name);
      if (found === undefined) return undefined;
      if (found.until > performance.now()) return found.value as T;
      kept.delete(name);
      return undefined;
    },
    set(name: string, value: unknown): void {
      kept.delete(name);
      kept.set(name, { value, until: performance.now() + options.keepMs });
      if (kept.size <= options.most) return;
      const [oldest] = kept.keys();
      if (oldest !== undefined) kept.delete(oldest);
    },
    del: (name: string) => void kept.delete(name),
    flushAll: () => kept.clear(),
  };
}
