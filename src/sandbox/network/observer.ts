// What the network saw: the last stanzas, what was against the protocol, requests nobody knows, and what became of each
// message. All of it bounded.
import { type Node, readable } from "../wire/node.ts";

export type Violation = { at: number; who: string; rule: string; detail: string };
export type Frame = { at: number; who: string; direction: "in" | "out"; node: Node };
export type MessageStats = {
  id: string;
  /** How often each device was given it. */
  copies: Record<string, number>;
  sent: number;
  acks: number;
  receipts: Record<string, number>;
  retries: number;
  violations: string[];
};

export type Observer = ReturnType<typeof createObserver>;

const keptFrames = 2_000;
const keptViolations = 5_000;
const keptMessages = 200_000;

export function createObserver(now: () => number) {
  const frames: Frame[] = [];
  const violations: Violation[] = [];
  const unknown = new Map<string, number>();
  const messages = new Map<string, MessageStats>();
  let lastSeen = performance.now();
  let isRecording = true;

  function message(id: string): MessageStats {
    const known = messages.get(id);
    if (known !== undefined) return known;
    const fresh = { id, copies: {}, sent: 0, acks: 0, receipts: {}, retries: 0, violations: [] };
    messages.set(id, fresh);
    const [oldest] = messages.size > keptMessages ? messages.keys() : [];
    if (oldest !== undefined) messages.delete(oldest);
    return fresh;
  }

  return {
    frame(who: string, direction: Frame["direction"], node: Node): void {
      lastSeen = performance.now();
      if (!isRecording) return;
      frames.push({ at: now(), who, direction, node });
      if (frames.length > keptFrames * 2) frames.splice(0, frames.length - keptFrames);
    },
    violation(who: string, rule: string, detail: string, messageId?: string): void {
      violations.push({ at: now(), who, rule, detail });
      if (violations.length > keptViolations) violations.shift();
      if (messageId !== undefined) message(messageId).violations.push(rule);
    },
    unknownRequest(what: string): void {
      if (unknown.size < 1_000 || unknown.has(what)) unknown.set(what, (unknown.get(what) ?? 0) + 1);
    },
    message,
    copied(id: string, device: string): void {
      const { copies } = message(id);
      copies[device] = (copies[device] ?? 0) + 1;
    },
    /** Off for measuring: the figures stay, the stanzas are not kept. */
    record(isOn: boolean): void {
      isRecording = isOn;
      if (!isOn) frames.length = 0;
    },
    quietFor: () => performance.now() - lastSeen,
    readFrames: (limit: number, who: string | null) =>
      frames
        .filter((frame) => who === null || frame.who.startsWith(who))
        .slice(-limit)
        .map(({ node, ...frame }) => ({ ...frame, stanza: readable(node) })),
    readViolations: (): readonly Violation[] => violations,
    readUnknown: () => Object.fromEntries(unknown),
    readMessages: (id: string | null) =>
      id === null ? [...messages.values()] : [...messages.values()].filter((one) => one.id === id),
    clear() {
      frames.length = 0;
      violations.length = 0;
      unknown.clear();
      messages.clear();
    },
  };
}
