// Writes down what is told of chats beside the messages in them, in the order in which it was heard.
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { ToldValue } from "../core/told.ts";
import type { Store } from "../store/store.ts";
import { createUnderWay } from "./under-way.ts";

export type Told = AsyncDisposable & { take(sessionId: number, value: ToldValue): void };

export function createTold({ store, clock, log }: { store: Store; clock: Clock; log: Log }): Told {
  const { own, ended } = createUnderWay(log, "what was told of a chat could not be written down");

  function write(sessionId: number, value: ToldValue): Promise<void> {
    const at = clock.now();
    switch (value.type) {
      case "group":
      case "group_closed":
      case "group_roles":
        return store.write("groups.take", { sessionId, value, at });
      case "read":
        return Promise.resolve();
    }
  }

  return {
    take: (sessionId, value) => own(write(sessionId, value)),
    async [Symbol.asyncDispose]() {
      await ended();
    },
  };
}
