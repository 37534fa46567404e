// A message from what somebody asked for to the row that it will be: refused with a sentence where it cannot be sent, or
// composed, and thrown away again where it is not kept after all.
import { chatOf } from "../core/chat.ts";
import { type Clock, day } from "../core/clock.ts";
import { invalidField, WaygateError } from "../core/errors.ts";
import { readChatJid } from "../core/jid.ts";
import type { Engine } from "../core/ports.ts";
import type { Session } from "../core/session.ts";
import type { HttpClient } from "../net/client.ts";
import type { Enqueued, NewMessage, QueuedMessage } from "../store/outbox.ts";
import type { Store } from "../store/store.ts";
import { createComposer } from "./composing.ts";
import type { MessageInput } from "./messages.ts";

export type Prepared = {
  message: Omit<NewMessage, "idempotency">;
  /** A caption that nobody would see with its file. */
  unsaid: string | null;
  /** Its file goes. */
  discard(): Promise<void>;
};
export type Preparer = ReturnType<typeof createPreparer>;

/** `maxBytes` is of the largest file that is fetched to be sent. */
type Needs = { store: Store; engine: Engine; client: HttpClient | null; maxBytes: number; clock: Clock };

export const usualExpiryMs = day;

export function createPreparer({ store, engine, client, maxBytes, clock }: Needs) {
  const composer = createComposer({ store, engine, client, maxBytes, clock });
  const isConnected = ({ id }: Session) => engine.view(id)?.status === "connected";

  return {
    async prepare(session: Session, input: MessageInput): Promise<Prepared> {
      const target = readChatJid(input.to, "/to");
      refuseUnlinked(session);
      if (input.failsOffline === true && !isConnected(session)) throw offline(session);
      const ready = await composer.compose(session, target, input.said);
      const discard = () => composer.discard(ready);
      const { composed, content, context, file, unsaid } = ready;
      if (unsaid !== null && input.captionFollows !== true) {
        await discard();
        throw invalidField("/text", "Sounds and stickers show no text: send it as a message of its own.");
      }
      const createdAt = clock.now();
      const { expiresInMs = usualExpiryMs, isUrgent = false } = input;
      const said = { ...composed, content, context, file };
      const about = { sessionId: session.id, chat: chatOf(target), target, isUrgent };
      return { message: { ...about, ...said, createdAt, expiresAt: createdAt + expiresInMs }, unsaid, discard };
    },
  };
}

/** As the sender takes it on: nothing where it was there already. */
export function queuedOf(message: Omit<NewMessage, "idempotency">, { id, chatId }: Enqueued): QueuedMessage[] {
  const { target, waId, raw, expiresAt, file } = message;
  return chatId === null ? [] : [{ of: "message", id, chatId, target, waId, raw, expiresAt, file: file?.path ?? null }];
}

export function refuseUnlinked({ name, identity }: Session): void {
  if (identity === null)
    throw new WaygateError("conflict", `The session ${name} is linked to no number yet; pair it first.`);
}

export function offline({ name }: Session): WaygateError {
  return new WaygateError("unavailable", `The session ${name} is not connected to WhatsApp just now.`);
}
