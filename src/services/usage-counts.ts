// What is counted at every request: in memory, and written down about once a second with nobody waiting for it, so that
// limits hold over restarts and a crash forgets a second at most.
import type { AuditEvent } from "../core/audit.ts";
import { type Clock, minute, second } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { createWindows, mostWindows, type Window, type Windows } from "../core/windows.ts";
import type { Store } from "../store/store.ts";
import type { Used } from "../store/usage.ts";

export type UsageCounts = AsyncDisposable & {
  /** What plans limit by the minute, by account. */
  readonly requests: Windows;
  readonly webhookEvents: Windows;
  /** Those of another limit, under its name; all of them outlast restarts. */
  windows(rule: string, lengthMs: number): Windows;
  countRequest(accountId: number): void;
  countWebhookEvent(accountId: number): void;
  /** Goes into the audit with the rest. */
  tell(event: AuditEvent): void;
  /** Settles when all of it is written down, or could not be. */
  flush(): Promise<void>;
};

type Needs = { store: Pick<Store, "usage" | "writeSoon">; clock: Clock; log: Log };
type Event = AuditEvent & { at: number };
type Waiting = { used: Map<number, Used>; windows: Map<Window, string>; events: Event[] };
type Unwritten = { used: readonly Used[]; windows: readonly [Window, string][]; events: readonly Event[] };

const flushEveryMs = second;
/** What only the history tells can wait. */
const historyMs = 10 * second;
/** So that nobody else waits long. */
const atOnce = 1_000;
/** While nothing can be written, a full disk for one, memory stays bounded. */
const mostWaiting = 2 * mostWindows;
const mostEvents = 10_000;

export async function openUsageCounts({ store, clock, log }: Needs): Promise<UsageCounts> {
  const kept = Map.groupBy(await store.usage.windows(clock.now()), ({ rule }) => rule);
  const rules = new Map<string, Windows>();
  let waiting = nothing();
  let writing: Promise<void> = Promise.resolve();
  let lastAt = performance.now();

  function usedBy(accountId: number): Used {
    const known = waiting.used.get(accountId);
    if (known !== undefined) return known;
    const fresh = { accountId, requests: 0, webhookEvents: 0 };
    waiting.used.set(accountId, fresh);
    return fresh;
  }

  function windows(rule: string, lengthMs: number): Windows {
    const known = rules.get(rule);
    if (known !== undefined) return known;
    const told = (window: Window) => changed(window, rule);
    const fresh = createWindows({ clock, lengthMs, from: kept.get(rule) ?? [], changed: told });
    kept.delete(rule);
    rules.set(rule, fresh);
    return fresh;
  }

  async function write(): Promise<void> {
    const { used, windows, events } = waiting;
    waiting = nothing();
    lastAt = performance.now();
    const rows = [...windows];
    let note: Omit<Unwritten, "windows"> = { used: [...used.values()], events };
    while (rows.length + note.used.length + note.events.length > 0) {
      const some = rows.splice(0, atOnce);
      try {
        await store.writeSoon("usage.note", { ...note, at: clock.now(), windows: some.map(rowOf) });
      } catch (error) {
        log.warn({ error: messageOf(error) }, "what was counted could not be written down yet");
        return again({ ...note, windows: [...some, ...rows] });
      }
      note = { used: [], events: [] };
    }
  }

  /** With what has come since. */
  function again({ used, windows, events }: Unwritten): void {
    for (const { accountId, requests, webhookEvents } of used) {
      const now = usedBy(accountId);
      now.requests += requests;
      now.webhookEvents += webhookEvents;
    }
    for (const [window, rule] of windows) if (window.until > clock.now()) changed(window, rule);
    waiting.events = [...events, ...waiting.events].slice(0, mostEvents);
  }

  function changed(window: Window, rule: string): void {
    if (waiting.windows.size < mostWaiting) waiting.windows.set(window, rule);
  }

  function flush(): Promise<void> {
    writing = writing.then(write);
    return writing;
  }

  let isUnderWay = false;
  const timer = setInterval(() => {
    const isDue = waiting.windows.size + waiting.events.length > 0 || performance.now() - lastAt >= historyMs;
    if (isUnderWay || !isDue) return;
    isUnderWay = true;
    flush().finally(() => {
      isUnderWay = false;
    });
  }, flushEveryMs);
  timer.unref();

  return {
    requests: windows("requests", minute),
    webhookEvents: windows("webhook_events", minute),
    windows,
    countRequest(accountId) {
      usedBy(accountId).requests += 1;
    },
    countWebhookEvent(accountId) {
      usedBy(accountId).webhookEvents += 1;
    },
    tell(event) {
      if (waiting.events.length < mostEvents) waiting.events.push({ ...event, at: clock.now() });
    },
    flush,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await flush();
    },
  };
}

function rowOf([{ name, count, until }, rule]: [Window, string]) {
  return { rule, name, count, until };
}

function nothing(): Waiting {
  return { used: new Map(), windows: new Map(), events: [] };
}
