// Receivers that answer back: what they say is to be said to whoever wrote, and to whoever called in vain.
import { jidOf } from "../core/chat.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { EventType, JournalEvent } from "../core/events.ts";
import type { Log } from "../core/log.ts";
import type { NewMessage } from "../store/outbox.ts";
import type { Store } from "../store/store.ts";
import { type Answers, welcomeMs } from "./answers.ts";
import type { WebhookFormat } from "./webhook-format.ts";

export type Answered = {
  deliveryId: number;
  eventId: number;
  type: EventType;
  format: WebhookFormat;
  /** Null where the attempt has failed. */
  body: Buffer | null;
};
export type WebhookAnswers = {
  /** What is to be said now, to be kept with what came of the attempt; null for nothing. */
  to(answered: Answered): Promise<NewMessage | null>;
  /** It is kept, and may go. */
  kept(sessionId: number): void;
};

export type WebhookAnswerNeeds = {
  store: Store;
  answers: Answers;
  wake(sessionId: number): void;
  clock: Clock;
  log: Log;
};

export function createWebhookAnswers({ store, answers, wake, clock, log }: WebhookAnswerNeeds): WebhookAnswers {
  /** To a person: whoever writes in a group did not write to us alone. */
  async function toMessage({ sessionId, data }: JournalEvent, text: string, deliveryId: number) {
    const message = typeof data.messageId === "number" ? await store.messages.find(data.messageId) : null;
    const session = sessionId === null ? null : await store.sessions.find(sessionId);
    const { kind = null, face = null } = message?.chat ?? {};
    if (session === null || message === null || kind !== "person" || face === null) return null;
    if (clock.now() - message.saidAt >= welcomeMs.message) return null;
    return answers.ready(session, { target: jidOf(face), text, name: `delivery ${deliveryId}`, to: "message" });
  }

  /** With the session's own word where the receiver has none, or did not answer in time. */
  async function toCall({ sessionId, at, data }: JournalEvent, text: string | null) {
    const contact = typeof data.contactId === "number" ? await store.contacts.find(data.contactId) : null;
    const session = sessionId === null ? null : await store.sessions.find(sessionId);
    if (session === null || contact === null || data.awaitsWord !== true) return null;
    const word = text ?? session.settings.rejectMessage;
    if (word === null || clock.now() - at >= welcomeMs.call) return null;
    const name = `call ${session.id} ${data.callId}` as const;
    return answers.ready(session, { target: jidOf(contact), text: word, name, to: "call" });
  }

  async function answerFor({ deliveryId, eventId, type, format, body }: Answered): Promise<NewMessage | null> {
    const text = body === null ? null : (format.answerIn?.(type, body) ?? null);
    if (type !== "call.rejected" && (type !== "message.received" || text === null)) return null;
    const event = await store.journal.find(eventId);
    if (event === null) return null;
    return type === "call.rejected" ? toCall(event, text) : toMessage(event, text ?? "", deliveryId);
  }

  return {
    async to(answered) {
      if (answered.format.answerIn === undefined) return null;
      try {
        return await answerFor(answered);
      } catch (error) {
        // What came of the attempt is written down all the same.
        const { deliveryId } = answered;
        log.warn({ delivery: deliveryId, error: messageOf(error) }, "a receiver's answer could not be made a message");
        return null;
      }
    },
    kept: wake,
  };
}
