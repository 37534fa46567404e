// What a phone does by itself: read, echo, answer. Enough to make a demo alive.
import type { InboxItem } from "./inbox.ts";

export type Behaviour = {
  /** Marks what comes as read. */
  auto_read: boolean;
  /** Sends every text back. */
  echo: boolean;
  /** Answers every text with this. */
  reply: string | null;
  /** The first pattern that is found in a text gives the answer; `$1` is its first group. */
  replies: { pattern: string; reply: string }[];
  /** How long it takes to answer; it types for as long. */
  delay_ms: number;
};

export const stillness: Behaviour = { auto_read: false, echo: false, reply: null, replies: [], delay_ms: 0 };

export function answerOf(behaviour: Behaviour, item: InboxItem): string | null {
  if (item.from_me || item.text === null || item.kind === "reactionMessage") return null;
  for (const { pattern, reply } of behaviour.replies) {
    const found = new RegExp(pattern, "iu").exec(item.text);
    if (found !== null) return reply.replace(/\$(\d)/g, (_, group: string) => found[Number(group)] ?? "");
  }
  if (behaviour.echo) return item.text;
  return behaviour.reply;
}
