// Shows somebody that a message to them is being written, for as long as that might take.
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Engine } from "../core/ports.ts";
import { typingMs } from "../core/typing.ts";
import type { QueuedMessage } from "../store/outbox.ts";
import type { Store } from "../store/store.ts";
import { createWaiters } from "./waiters.ts";

export type Typing = {
  /** Settles when it has been shown long enough; with false when it ended before that. */
  show(sessionId: number, message: QueuedMessage): Promise<boolean>;
  end(): void;
};

export function createTyping({ store, engine, log }: { store: Store; engine: Engine; log: Log }): Typing {
  const waiters = createWaiters();
  let isOver = false;

  return {
    async show(sessionId, { id, target }) {
      const typed = target.endsWith("@newsletter") ? null : await store.pacing.typed(id);
      if (typed === null) return !isOver;
      const state = typed.kind === "voice" ? "recording" : "typing";
      await engine
        .ask(sessionId, "chats.show_presence", { chat: target, state })
        .catch((error) => log.debug({ error: messageOf(error) }, "it could not be shown that somebody is typing"));
      if (!isOver) await waiters.wait(id, typingMs(typed, Math.random()));
      return !isOver;
    },
    end() {
      isOver = true;
      waiters.tellAll();
    },
  };
}
