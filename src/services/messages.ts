// Messages: accepted means kept, and sent as soon as the session can; what was asked for twice is done once.
import { createHash } from "node:crypto";
import { chatOf } from "../core/chat.ts";
import { type Clock, day } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import { readChatJid } from "../core/jid.ts";
import type { Message, Wait } from "../core/message.ts";
import { type Page, type PageRequest, pageOf } from "../core/page.ts";
import type { Engine } from "../core/ports.ts";
import type { Session, SessionStatus } from "../core/session.ts";
import type { HttpClient } from "../net/client.ts";
import type { IdempotencyKey } from "../store/idempotency.ts";
import type { MessageFilter, Reaction, Responses } from "../store/messages.ts";
import type { Store } from "../store/store.ts";
import { createComposer } from "./composing.ts";
import type { Repeats } from "./repeats.ts";
import type { Said } from "./said.ts";

/** Who sends what is queued; jobs/sender.ts. */
export type Sending = {
  wake(sessionId: number): void;
  settled(messageId: number, ms: number): Promise<void>;
  actionSettled(actionId: number, ms: number): Promise<void>;
  delivered(messageId: number, ms: number): Promise<void>;
  isUnderWay(messageId: number): boolean;
  hold(messageId: number): boolean;
  release(messageId: number): void;
  waitOf(sessionId: number, messageId: number): Promise<Wait>;
};
export type MessageInput = {
  to: string;
  said: Said;
  /** Else it waits until the session is connected. */
  failsOffline?: boolean | undefined;
  expiresInMs?: number | undefined;
};
export type SendOptions = {
  /** So long the answer may wait for WhatsApp's. */
  waitMs: number;
  /** Not only for WhatsApp: until it is on a device of its recipient's. */
  untilDelivered?: boolean | undefined;
  /** The caller's own name for this request, if it may be repeated. */
  key?: string | undefined;
};
export type Sent = { message: Message; isReplayed: boolean };
export type Messages = ReturnType<typeof createMessages>;

type Needs = {
  store: Store;
  engine: Engine | null;
  sending: Sending | null;
  repeats: Repeats;
  /** For files and previews. */
  client: HttpClient | null;
  clock: Clock;
};

export const usualExpiryMs = day;

export function createMessages({ store, engine, sending, repeats, client, clock }: Needs) {
  const composer = engine === null ? null : createComposer({ store, engine, client });

  async function get(id: number): Promise<Message> {
    const message = await store.messages.find(id);
    if (message === null) throw new WaygateError("not_found", "There is no such message.");
    // Between the queue and WhatsApp: nothing on disk says so, and after a crash it is not so.
    if (message.state !== "queued" || sending === null) return message;
    if (sending.isUnderWay(id)) return { ...message, state: "sending" };
    return { ...message, wait: await sending.waitOf(message.sessionId, id) };
  }

  async function enqueue(session: Session, input: MessageInput, idempotency: IdempotencyKey | null) {
    if (engine === null || composer === null) throw new WaygateError("unavailable", "No session runs here.");
    const target = readChatJid(input.to, "/to");
    refuseUnfit(session, input, engine.view(session.id)?.status === "connected");
    const ready = await composer.compose(session, target, input.said);
    const createdAt = clock.now();
    try {
      const { composed, content, context, file } = ready;
      const kept = await store.write("outbox.enqueue", {
        sessionId: session.id,
        chat: chatOf(target),
        target,
        ...composed,
        content,
        context,
        createdAt,
        expiresAt: createdAt + (input.expiresInMs ?? usualExpiryMs),
        file,
        idempotency,
      });
      if (kept.isReplayed) await composer.discard(ready);
      return kept;
    } catch (error) {
      await composer.discard(ready);
      throw error;
    }
  }

  async function answered(sessionId: number, id: number, { waitMs, untilDelivered }: SendOptions): Promise<void> {
    if (sending === null || isResting(engine, sessionId)) return;
    const answer = untilDelivered === true ? sending.delivered(id, waitMs) : sending.settled(id, waitMs);
    sending.wake(sessionId);
    await answer;
  }

  /** Nothing sends it meanwhile; null when it is on its way already. */
  async function whileHeld<T>({ id, sessionId }: Message, work: () => Promise<T>): Promise<T | null> {
    if (sending === null) return work();
    if (!sending.hold(id)) return null;
    try {
      return await work();
    } finally {
      sending.release(id);
      sending.wake(sessionId);
    }
  }

  return {
    get,
    whileHeld,
    findMany: (ids: readonly number[]): Promise<Message[]> => store.messages.findMany(ids),
    reactionsTo: (ids: readonly number[]): Promise<Reaction[]> => store.messages.reactionsTo(ids),
    responses: (message: Message): Promise<Responses> => store.messages.responses(message.id),
    /** Newest first; `before` is a message of the list. */
    async list(filter: MessageFilter, { before, limit }: PageRequest): Promise<Page<Message>> {
      const last = before === null ? null : await get(before);
      const place = last === null ? null : { at: last.saidAt, id: last.id };
      return pageOf({ before: null, limit }, (oneMore) =>
        store.messages.list(filter, { before: place, limit: oneMore.limit }),
      );
    },

    /** By place and with how many there are, for surfaces that count pages. */
    async listPart(filter: Omit<MessageFilter, "text">, { offset, limit }: { offset: number; limit: number }) {
      const [rows, total] = await Promise.all([
        store.messages.list(filter, { before: null, limit, offset }),
        store.messages.count(filter),
      ]);
      return { rows, total };
    },

    /** Answers when WhatsApp has it, or after `waitMs` as it then stands; asked again, as it stands now. */
    send(session: Session, input: MessageInput, options: SendOptions): Promise<Sent> {
      const { key } = options;
      return repeats.once(session.accountId, key, async () => {
        const idempotency = key === undefined ? null : { key, fingerprint: fingerprintOf(session, input) };
        const known = await repeats.find(session.accountId, idempotency);
        const { id, isReplayed } =
          known === null ? await enqueue(session, input, idempotency) : { id: known.messageId, isReplayed: true };
        if (!isReplayed) await answered(session.id, id, options);
        return { message: await get(id), isReplayed };
      });
    },

    /** Only what has not gone yet. */
    async cancel(message: Message): Promise<Message> {
      const gone = new WaygateError("conflict", "It has gone out already, or is on its way just now.");
      const fault = { code: "cancelled", sentence: "It was cancelled before it went out." };
      const settled = { id: message.id, at: clock.now(), state: "cancelled", ...fault } as const;
      const isDone = await whileHeld(message, () => store.write("outbox.settle", settled));
      if (isDone !== true) throw gone;
      return get(message.id);
    },
  };
}

export function refuseUnlinked({ name, identity }: Session): void {
  if (identity === null)
    throw new WaygateError("conflict", `The session ${name} is linked to no number yet; pair it first.`);
}

function refuseUnfit(session: Session, { failsOffline }: MessageInput, isConnected: boolean): void {
  refuseUnlinked(session);
  if (failsOffline === true && !isConnected) {
    throw new WaygateError("unavailable", `The session ${session.name} is not connected to WhatsApp just now.`);
  }
}

/** Such a one does not send within moments: nobody has to wait to be told that. */
export function isResting(engine: Engine | null, sessionId: number): boolean {
  const status = engine?.view(sessionId)?.status;
  return status === undefined || !awake.includes(status);
}

const awake: readonly SessionStatus[] = ["connected", "connecting", "starting", "disconnected"];

/** Of everything that makes it this message and no other. */
function fingerprintOf({ id }: Session, { to, said, failsOffline, expiresInMs }: MessageInput): Uint8Array {
  return createHash("sha256")
    .update(JSON.stringify([id, to, said, failsOffline ?? false, expiresInMs ?? null]))
    .digest();
}
