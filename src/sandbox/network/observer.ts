// What the network saw: the last stanzas, what was against the protocol, requests nobody knows, and what became of each
// message. All of it bounded.
import { decodeNode } from "../wire/codec.ts";
import { readable } from "../wire/node.ts";
import type { Limits } from "./limits.ts";
import { createTallies } from "./tallies.ts";

export type Violation = { at: number; who: string; rule: string; detail: string };
/** Kept as it was on the wire: a stanza with eight hundred keys takes half a megabyte once it is read. */
type Frame = { at: number; who: string; direction: "in" | "out"; bytes: Buffer };

export type Observer = ReturnType<typeof createObserver>;

const keptViolations = 5_000;

export function createObserver(now: () => number, limits: Limits) {
  const frames: Frame[] = [];
  const violations: Violation[] = [];
  const unknown = new Map<string, number>();
  const messages = createTallies(() => limits.messages);
  let frameBytes = 0;
  let lastSeen = performance.now();
  let isRecording = true;

  /** Half at a time, so that it need not be done for every stanza. */
  function forgetFrames(): void {
    let gone = 0;
    while (frames.length - gone > limits.frames || frameBytes > limits.frame_bytes / 2)
      frameBytes -= frames[gone++]?.bytes.length ?? 0;
    frames.splice(0, gone);
  }

  function forgetAllFrames(): void {
    frames.length = 0;
    frameBytes = 0;
  }

  return {
    messages,
    frame(who: string, direction: Frame["direction"], bytes: Buffer): void {
      lastSeen = performance.now();
      if (!isRecording) return;
      frames.push({ at: now(), who, direction, bytes });
      frameBytes += bytes.length;
      if (frames.length > limits.frames * 2 || frameBytes > limits.frame_bytes) forgetFrames();
    },
    violation(who: string, rule: string, detail: string, messageId?: string): void {
      violations.push({ at: now(), who, rule, detail });
      if (violations.length > keptViolations) violations.shift();
      if (messageId !== undefined) messages.violated(messageId, rule);
    },
    unknownRequest(what: string): void {
      if (unknown.size < 1_000 || unknown.has(what)) unknown.set(what, (unknown.get(what) ?? 0) + 1);
    },
    /** Off for measuring: the figures stay, the stanzas are not kept. */
    record(isOn: boolean): void {
      isRecording = isOn;
      if (!isOn) forgetAllFrames();
    },
    quietFor: () => performance.now() - lastSeen,
    readFrames: (limit: number, who: string | null) =>
      frames
        .filter((frame) => who === null || frame.who.startsWith(who))
        .slice(-limit)
        .map(({ bytes, ...frame }) => ({ ...frame, stanza: readable(decodeNode(bytes)) })),
    readViolations: (): readonly Violation[] => violations,
    readUnknown: () => Object.fromEntries(unknown),
    readMessages: messages.read,
    clear() {
      forgetAllFrames();
      violations.length = 0;
      unknown.clear();
      messages.clear();
    },
  };
}
