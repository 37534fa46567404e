// Forgets people: what a request or the last start has begun is carried on in pieces, until nothing of them is in the
// database, in its log, or among the files.
import { type Clock, second } from "../core/clock.ts";
import { messageOf, WaygateError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Engine } from "../core/ports.ts";
import { createRounds } from "../core/rounds.ts";
import type { ForgettingTask } from "../store/forgetting-piece.ts";
import type { Store } from "../store/store.ts";
import { removeDoomed } from "./file-sweeper.ts";
import { createUnderWay } from "./under-way.ts";
import { createWaiters } from "./waiters.ts";

export type Forgetter = AsyncDisposable & {
  /** Somebody is to be forgotten. */
  wake(): void;
  /** Settles when this one has been, or after `ms`. */
  settled(id: number, ms: number): Promise<void>;
};

type Needs = {
  store: Store;
  engine: Pick<Engine, "ask" | "reader" | "view">;
  /** What waits to be sent is not what it was. */
  queueChanged(sessionId: number): void;
  clock: Clock;
  log: Log;
};

/** A message goes with its words, its receipts and its file, all of them overwritten: others wait for no more than that. */
const atOnce = 300;
const retryMs = 5 * second;
const readersMs = 200;

export function createForgetter({ store, engine, queueChanged, clock, log }: Needs): Forgetter {
  const waiters = createWaiters();
  const over = new AbortController();
  const { own, ended } = createUnderWay(log, "forgetting somebody has failed");
  let retry: ReturnType<typeof setTimeout> | undefined;

  const { wake } = createRounds({ work, isOver: () => over.signal.aborted, own });

  async function work(): Promise<void> {
    clearTimeout(retry);
    try {
      for (const task of await store.forgettings.waiting()) await forget(task);
    } catch (error) {
      log.warn({ error: messageOf(error) }, "somebody could not be forgotten yet; it is tried again");
      if (!over.signal.aborted) retry = setTimeout(wake, retryMs);
    }
  }

  async function forget(task: ForgettingTask): Promise<void> {
    await letGo(task);
    const { blank } = await engine.reader();
    const piece = { id: task.id, most: atOnce, blank };
    const goOn = () => store.write("contacts.forget_more", { ...piece, at: clock.now() });
    let isDone = over.signal.aborted || (await goOn());
    // Messages to them are cancelled first, those that speak of them later.
    for (const { id } of await store.sessions.listAll(task.accountId)) queueChanged(id);
    while (!over.signal.aborted && !isDone) isDone = await goOn();
    for (const { id } of await store.sessions.listAll(task.accountId)) queueChanged(id);
    await removeDoomed(store, over.signal);
    while (!over.signal.aborted && !(await store.checkpoint())) await Bun.sleep(readersMs);
    if (over.signal.aborted) return;
    await store.write("contacts.forgotten", { id: task.id });
    waiters.tell(task.id);
  }

  /** Sessions that run hold some of it in memory, and would write it down again. */
  async function letGo({ accountId, traces: { phones, lids } }: ForgettingTask): Promise<void> {
    for (const { id } of await store.sessions.listAll(accountId)) {
      if (engine.view(id) === null) continue;
      await engine.ask(id, "people.forget", { phones, lids }).catch((error) => {
        // Without a connection it holds nothing.
        if (!(error instanceof WaygateError && error.code === "unavailable")) throw error;
      });
    }
  }

  wake();
  return {
    wake,
    settled: waiters.wait,
    async [Symbol.asyncDispose]() {
      over.abort();
      clearTimeout(retry);
      waiters.tellAll();
      await ended();
    },
  };
}
