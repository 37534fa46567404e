// Calls that a session has rejected: written down, told of, and followed by a word to the caller. Where a receiver is asked
// for that word first, it goes out with its answer.
import { jidOf } from "../core/chat.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Session } from "../core/session.ts";
import type { RejectedCall } from "../core/told.ts";
import { isMeant, type Webhook, webhookLimits } from "../core/webhook.ts";
import type { NewMessage } from "../store/outbox.ts";
import type { Store } from "../store/store.ts";
import type { Answers } from "./answers.ts";
import type { WebhookFormats } from "./webhook-format.ts";

export type RejectedCalls = { take(sessionId: number, call: RejectedCall): Promise<void> };

export type RejectedCallNeeds = {
  store: Store;
  answers: Answers;
  formats: WebhookFormats;
  wake(sessionId: number): void;
  clock: Clock;
  log: Log;
};

export function createRejectedCalls({ store, answers, formats, wake, clock, log }: RejectedCallNeeds): RejectedCalls {
  async function isAsked({ id, accountId }: Session): Promise<boolean> {
    const all = await store.webhooks.list(accountId, { before: null, limit: webhookLimits.perAccount });
    const isTold = ({ state, events, sessions, chats }: Webhook) =>
      state === "active" && isMeant("call.rejected", events) && (sessions?.includes(id) ?? true) && chats === null;
    return all.some((webhook) => formats[webhook.format].answerIn !== undefined && isTold(webhook));
  }

  async function wordTo({ caller, waId }: RejectedCall, session: Session): Promise<NewMessage | null> {
    const text = session.settings.rejectMessage;
    if (text === null) return null;
    const name = `call ${session.id} ${waId}` as const;
    return answers.ready(session, { target: jidOf(caller), text, name, to: "call" }).catch((error) => {
      log.warn({ session: session.name, error: messageOf(error) }, "there is no word for a caller");
      return null;
    });
  }

  return {
    async take(sessionId, call) {
      const session = await store.sessions.find(sessionId);
      if (session === null) return;
      const awaitsWord = !call.isGroup && (await isAsked(session));
      const word = call.isGroup || awaitsWord ? null : await wordTo(call, session);
      await store.write("calls.rejected", { sessionId, call, awaitsWord, word, at: clock.now() });
      if (word !== null) wake(sessionId);
    },
  };
}
