// What a user does to a message that is there: reactions, other wordings, deletions for everybody. Accepted means kept, as
// with messages, and it goes out behind whatever waits in its chat; it holds once WhatsApp has it.
import { createHash } from "node:crypto";
import { latestFor, type MessageAction, mostActionsShown } from "../core/action.ts";
import type { Clock } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { Message } from "../core/message.ts";
import type { Engine } from "../core/ports.ts";
import type { Session } from "../core/session.ts";
import type { IdempotencyKey } from "../store/idempotency.ts";
import type { Store } from "../store/store.ts";
import { type ActionInput, type Composing, createActionComposer } from "./action-composing.ts";
import { isResting, type Messages, type Sending, type SendOptions } from "./messages.ts";
import { refuseUnlinked, usualExpiryMs } from "./preparing.ts";
import type { Repeats } from "./repeats.ts";

export type Acted = {
  message: Message;
  /** Null where WhatsApp had to be told nothing. */
  action: MessageAction | null;
  isReplayed: boolean;
};
export type MessageActions = ReturnType<typeof createMessageActions>;

type Needs = {
  store: Store;
  engine: Engine | null;
  sending: Sending | null;
  repeats: Repeats;
  messages: Messages;
  clock: Clock;
};

export function createMessageActions({ store, engine, sending, repeats, messages, clock }: Needs) {
  const compose = engine === null ? null : createActionComposer({ store, engine });

  async function enqueue(session: Session, message: Message, input: ActionInput, idempotency: IdempotencyKey | null) {
    if (compose === null) throw new WaygateError("unavailable", "No session runs here.");
    refuseUnlinked(session);
    const createdAt = clock.now();
    refuseUnfit(message, input, createdAt);
    const kept = await store.write("actions.enqueue", {
      messageId: message.id,
      kind: input.kind,
      ...(await compose({ session, message, input })),
      emoji: input.kind === "reaction" ? input.emoji : null,
      createdAt,
      expiresAt: Math.min(createdAt + usualExpiryMs, latestOf(message, input)),
      idempotency,
    });
    return kept;
  }

  async function answered(sessionId: number, id: number, waitMs: number): Promise<void> {
    if (sending === null || isResting(engine, sessionId)) return;
    const answer = sending.actionSettled(id, waitMs);
    sending.wake(sessionId);
    await answer;
  }

  async function stands(messageId: number, actionId: number | null, isReplayed: boolean): Promise<Acted> {
    const action = actionId === null ? null : await store.actions.find(actionId);
    return { message: await messages.get(messageId), action, isReplayed };
  }

  async function done(session: Session, message: Message, input: ActionInput, { waitMs, key }: SendOptions) {
    const idempotency = key === undefined ? null : { key, fingerprint: fingerprintOf(message, input) };
    const known = await repeats.find(session.accountId, idempotency);
    if (known !== null) return stands(message.id, known.actionId, true);
    if (input.kind === "edit" && (await rewordUnsent({ session, message, input }, idempotency)))
      return stands(message.id, null, false);
    const { id, isReplayed } = await enqueue(session, message, input, idempotency);
    if (!isReplayed) await answered(session.id, id, waitMs);
    return stands(message.id, id, isReplayed);
  }

  /** What nobody has read yet just says something else. False where it has to be told to those who have it. */
  async function rewordUnsent(composing: Composing, idempotency: IdempotencyKey | null): Promise<boolean> {
    const { message } = composing;
    if (compose === null || !message.isFromMe || message.state !== "queued") return false;
    const isDone = await messages.whileHeld(message, async () => {
      const { content, context, edited: raw } = await compose({ ...composing, isHeld: true });
      if (content === null || context === null || raw === null) return false;
      const reworded = { id: message.id, content, context, raw, at: clock.now(), idempotency };
      return store.write("outbox.reword", reworded);
    });
    return isDone === true;
  }

  /** What has not gone out is cancelled, and what is not to be seen by anybody is left at that. */
  async function deleteUnsent(message: Message): Promise<Message | null> {
    if (message.deletedAt !== null || message.state === "cancelled" || message.state === "failed") return message;
    if (message.state !== "queued") return null;
    return messages.cancel(message).catch((error) => {
      // It has just gone, and can be deleted like any other.
      if (error instanceof WaygateError && error.code === "conflict") return null;
      throw error;
    });
  }

  return {
    /** Of one message, oldest first. */
    listOf: (message: Message): Promise<MessageAction[]> => store.actions.listOf(message.id, mostActionsShown),

    /** Answers when WhatsApp has it, or after `waitMs` as it then stands; asked again, as it stands now. */
    perform(session: Session, message: Message, input: ActionInput, options: SendOptions): Promise<Acted> {
      return repeats.once(session.accountId, options.key, async () => {
        if (input.kind === "deletion" && message.isFromMe) {
          const unsent = await deleteUnsent(message);
          if (unsent !== null) return { message: unsent, action: null, isReplayed: false };
        }
        return done(session, message, input, options);
      });
    },
  };
}

/** The last moment at which its receivers heed it; one that has not gone yet has all its time before it. */
function latestOf({ state, sentAt, saidAt }: Message, { kind }: ActionInput): number {
  const hasGone = state !== "queued" && state !== "sending";
  return hasGone ? latestFor(kind, sentAt ?? saidAt) : Number.POSITIVE_INFINITY;
}

function refuseUnfit(message: Message, input: ActionInput, now: number): void {
  const { chat, isFromMe, state, deletedAt } = message;
  const refuse = (sentence: string): never => {
    throw new WaygateError("conflict", sentence);
  };
  if (chat.kind !== "person" && chat.kind !== "group")
    refuse("This can be done in chats with people and in groups only.");
  if (deletedAt !== null) refuse("This message was deleted.");
  if (state === "failed" || state === "cancelled") refuse("This message did not go out.");
  if (input.kind === "reaction") return;
  if (!isFromMe)
    refuse(`Only a message of one's own can be ${input.kind === "edit" ? "edited" : "deleted for everybody"}.`);
  if (latestOf(message, input) > now) return;
  refuse(
    input.kind === "edit"
      ? "WhatsApp lets a message be edited for 15 minutes after it was sent."
      : "WhatsApp lets a message be deleted for everybody for 60 hours after it was sent.",
  );
}

/** Of everything that makes it this action and no other. */
function fingerprintOf({ id }: Message, input: ActionInput): Uint8Array {
  return createHash("sha256")
    .update(JSON.stringify(["action", id, input]))
    .digest();
}
