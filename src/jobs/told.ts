// Writes down what is told of chats beside the messages in them, and of calls, in the order in which it was heard.
import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Reader } from "../core/ports.ts";
import type { LateAnswer, ToldValue } from "../core/told.ts";
import type { RejectedCalls } from "../services/rejected-calls.ts";
import type { ReadTold } from "../store/reading.ts";
import type { Store } from "../store/store.ts";
import type { Presences } from "./presences.ts";
import { createUnderWay } from "./under-way.ts";

/** What was read may be on its way still: it has to be opened, and taken in, before it is there. */
const patienceMs = [50, 200, 1_000, 5_000];

export type Told = AsyncDisposable & { take(sessionId: number, value: ToldValue): void };

type Needs = {
  store: Store;
  reader(): Promise<Reader>;
  /** There is a file to fetch. */
  fileWanted(sessionId: number): void;
  calls: RejectedCalls;
  presences: Pick<Presences, "take">;
  clock: Clock;
  log: Log;
};

export function createTold({ store, reader, fileWanted, calls, presences, clock, log }: Needs): Told {
  const { own, ended } = createUnderWay(log, "what was told of a chat could not be written down");
  const isOver = new AbortController();

  function write(sessionId: number, value: ToldValue): Promise<void> {
    const at = clock.now();
    switch (value.type) {
      case "group":
      case "group_closed":
      case "group_form":
      case "group_roles":
        return store.write("groups.take", { sessionId, value, at });
      case "group_news":
        return store.write("groups.tell", { sessionId, news: value, at });
      case "presence":
        return Promise.resolve(presences.take(sessionId, value));
      case "chat":
        return store.write("chats.keep", { sessionId, kept: value, at });
      case "contact":
        return store.write("contacts.name", { sessionId, named: value, at });
      case "media_answer":
        return bringFile(sessionId, value);
      case "call_offered":
        return store.write("calls.ring", { sessionId, call: value, at });
      case "call_ended":
        return store.write("calls.end", { sessionId, call: value, at });
      case "call_rejected":
        return calls.take(sessionId, value);
      case "read":
        return read({ sessionId, ...value, at });
    }
  }

  async function read(told: ReadTold): Promise<void> {
    for (const pauseMs of patienceMs) {
      if ((await store.write("chats.read_elsewhere", told)) || isOver.signal.aborted) return;
      await wait(pauseMs, null, { signal: isOver.signal }).catch(() => {});
    }
    await store.write("chats.read_elsewhere", told);
  }

  /** Anything but that it is back says no more than that nobody answered. */
  async function bringFile(sessionId: number, { waId, stanza }: LateAnswer): Promise<void> {
    const file = await store.media.sealed(sessionId, waId);
    const mediaKey = file?.locator.mediaKey ?? null;
    if (file === null || mediaKey === null) return;
    const directPath = (await reader()).mediaAnswer(stanza, { waId, mediaKey });
    if (directPath === null) return;
    const locator = { ...file.locator, url: null, directPath };
    await store.write("media.back", { messageId: file.messageId, locator, at: clock.now() });
    fileWanted(sessionId);
  }

  return {
    take: (sessionId, value) => own(write(sessionId, value)),
    async [Symbol.asyncDispose]() {
      isOver.abort();
      await ended();
    },
  };
}
