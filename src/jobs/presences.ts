// Who is there and who types: written down as it changes, no faster than anybody wants to hear it, and asked for again with
// every connection. It is worth nothing a moment later: what is beyond the measure is not told at all.
import { setTimeout as wait } from "node:timers/promises";
import { type Clock, minute, second } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Engine } from "../core/ports.ts";
import type { PresenceValue } from "../core/told.ts";
import type { Store } from "../store/store.ts";
import { createCalm } from "./calm.ts";
import { createUnderWay } from "./under-way.ts";

export type Presences = AsyncDisposable & {
  take(sessionId: number, value: PresenceValue): void;
  connected(sessionId: number): void;
};

type Needs = { store: Pick<Store, "write" | "presence">; engine: Pick<Engine, "ask">; clock: Clock; log: Log };
type Heard = { sessionId: number; value: PresenceValue };

/** Of one person in one chat. */
const pauseMs = second;
/** Phones say it again every few seconds while it is so. */
const typingLastsMs = 30 * second;
const mostKnown = 10_000;
/** Of one session, in a minute. */
const mostTold = 300;
/** Between two questions, so that a connection does not begin with hundreds. */
const askPauseMs = 50;

export function createPresences({ store, engine, clock, log }: Needs): Presences {
  const { own, ended } = createUnderWay(log, "who is there could not be written down");
  const over = new AbortController();
  const counts = new Map<number, { since: number; count: number }>();
  const calm = createCalm<Heard>({
    tell: ({ sessionId, value: told }) => {
      if (!isOneMore(sessionId)) return;
      own(store.write("presence.tell", { sessionId, told, at: clock.now() }));
    },
    pauseMs,
    lastsMs: (state) => (state === "typing" || state === "recording" ? typingLastsMs : null),
    most: mostKnown,
  });

  function isOneMore(sessionId: number): boolean {
    const now = performance.now();
    const known = counts.get(sessionId);
    const current = known === undefined || now - known.since >= minute ? { since: now, count: 0 } : known;
    counts.set(sessionId, current);
    current.count += 1;
    return current.count <= mostTold;
  }

  async function ask(sessionId: number): Promise<void> {
    for (const chat of await store.presence.watched(sessionId)) {
      if (over.signal.aborted) return;
      try {
        await engine.ask(sessionId, "chats.watch_presence", { chat });
      } catch (error) {
        // With the next connection again.
        return log.debug({ error: messageOf(error) }, "it could not be asked who is there");
      }
      await wait(askPauseMs, null, { signal: over.signal }).catch(() => {});
    }
  }

  return {
    take: (sessionId, value) => calm.hear(keyOf(sessionId, value), value.state, { sessionId, value }),
    connected: (sessionId) => own(ask(sessionId)),
    async [Symbol.asyncDispose]() {
      over.abort();
      calm[Symbol.dispose]();
      await ended();
    },
  };
}

/** Whether somebody is there and whether they type are two things. */
function keyOf(sessionId: number, { chat, who, state }: PresenceValue): string {
  const what = state === "available" || state === "unavailable" ? "there" : "typing";
  const where = chat.kind === "person" ? "" : chat.jid;
  return `${sessionId} ${what} ${where} ${who.lid ?? who.phone}`;
}
