// How much the network keeps of what has happened before it forgets the oldest: a long run must not fill the memory.

export const usualLimits = {
  frames: 2_000,
  frame_bytes: 16_000_000,
  messages: 100_000,
  inbox_items: 100_000,
  queue: 20_000,
  counters: 4_000_000,
};

export type Limits = { -readonly [name in keyof typeof usualLimits]: number };

export const limitMeanings: Record<keyof Limits, string> = {
  frames: "Stanzas kept for whoever looks at them.",
  frame_bytes: "Their bytes, all together.",
  messages: "Messages whose fate is kept for `stats`.",
  inbox_items: "Items in all inboxes together. What a phone has written is sent again for as long as it is there.",
  queue: "Stanzas that wait for one linked device that is away. Beyond that the oldest are dropped, and counted.",
  counters: "Marks of ciphertexts, by which a counter that is used twice is noticed.",
};

/** Maps and sets keep the order in which things came: the first ones go. */
export function forgetOldest(kept: Map<string, unknown> | Set<string>, limit: number): void {
  for (const name of kept.keys()) {
    if (kept.size <= limit) return;
    kept.delete(name);
  }
}
