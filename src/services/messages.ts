// Messages: accepted means kept, and sent as soon as the session can; what was asked for twice is done once.
import { createHash } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { Message, Wait } from "../core/message.ts";
import { type Page, type PageRequest, pageOf } from "../core/page.ts";
import type { Engine } from "../core/ports.ts";
import type { Said } from "../core/said.ts";
import type { Session, SessionStatus } from "../core/session.ts";
import type { IdempotencyKey } from "../store/idempotency.ts";
import type { MessageFilter, Reaction } from "../store/messages.ts";
import type { QueuedMessage } from "../store/outbox.ts";
import type { Responses } from "../store/responses.ts";
import type { Store } from "../store/store.ts";
import { type Preparer, queuedOf } from "./preparing.ts";
import type { Repeats } from "./repeats.ts";

/** Who sends what is queued; jobs/sender.ts. */
export type Sending = {
  wake(sessionId: number): void;
  offer(sessionId: number, message: QueuedMessage): void;
  withhold(messageId: number): boolean;
  letGo(sessionId: number, messageId: number): void;
  settled(messageId: number, ms: number): Promise<void>;
  actionSettled(actionId: number, ms: number): Promise<void>;
  delivered(messageId: number, ms: number): Promise<void>;
  isUnderWay(messageId: number): boolean;
  takenAt(messageId: number): number | null;
  waitOf(sessionId: number, messageId: number): Promise<Wait>;
};
export type MessageInput = {
  to: string;
  said: Said;
  /** Else it waits until the session is connected. */
  failsOffline?: boolean | undefined;
  expiresInMs?: number | undefined;
  /** A caption that its file cannot show follows as a text; else it is refused. */
  captionFollows?: boolean | undefined;
  /** Neither quiet hours nor the quota hold it, and nobody sees it being typed. */
  isUrgent?: boolean | undefined;
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
  preparer: Preparer | null;
  clock: Clock;
};

/** `isRest` is what follows another with which it was counted. */
type Terms = { idempotency: IdempotencyKey | null; isRest: boolean };

export function createMessages({ store, engine, sending, repeats, preparer, clock }: Needs) {
  async function get(id: number): Promise<Message> {
    const message = await store.messages.find(id);
    if (message === null) throw new WaygateError("not_found", "There is no such message.");
    // Between the queue and WhatsApp: nothing on disk says so, and after a crash it is not so.
    if (message.state !== "queued" || sending === null) return message;
    const takenAt = sending.takenAt(id);
    if (takenAt !== null) return { ...message, state: "sent", sentAt: takenAt };
    if (sending.isUnderWay(id)) return { ...message, state: "sending" };
    return { ...message, wait: await sending.waitOf(message.sessionId, id) };
  }

  async function enqueue(session: Session, input: MessageInput, { idempotency, isRest }: Terms) {
    if (preparer === null) throw new WaygateError("unavailable", "No session runs here.");
    const { message, unsaid, discard } = await preparer.prepare(session, input);
    try {
      // Both or neither: half of what was asked for is not sent because the day's messages end there.
      const counts = isRest ? 0 : unsaid === null ? 1 : 2;
      const enqueued = await store.write("outbox.enqueue", { ...message, idempotency, counts });
      const queued = queuedOf(message, enqueued);
      if (queued.length === 0) await discard();
      return { id: enqueued.id, queued, unsaid: queued.length === 0 ? null : unsaid };
    } catch (error) {
      await discard();
      throw error;
    }
  }

  async function enqueueWhole(session: Session, input: MessageInput, idempotency: IdempotencyKey | null) {
    const { unsaid, ...kept } = await enqueue(session, input, { idempotency, isRest: false });
    if (unsaid === null) return kept;
    const after = await enqueue(session, saidAfter(input, unsaid), { idempotency: null, isRest: true });
    return { id: kept.id, queued: [...kept.queued, ...after.queued] };
  }

  /** When the first of them is settled, or has got there. */
  async function answered(
    sessionId: number,
    queued: readonly QueuedMessage[],
    { waitMs, untilDelivered }: SendOptions,
  ): Promise<void> {
    const [first] = queued;
    if (first === undefined || sending === null || isResting(engine, sessionId)) return;
    const wait = untilDelivered === true ? sending.delivered : sending.settled;
    const answer = waitMs > 0 ? wait(first.id, waitMs) : null;
    for (const one of queued) sending.offer(sessionId, one);
    await answer;
  }

  /** Nothing sends it meanwhile; null when it is on its way already. */
  async function whileHeld<T>({ id, sessionId }: Message, work: () => Promise<T>): Promise<T | null> {
    if (sending === null) return work();
    if (!sending.withhold(id)) return null;
    try {
      return await work();
    } finally {
      sending.letGo(sessionId, id);
    }
  }

  return {
    get,
    async findByWaId({ id }: Session, waId: string): Promise<Message | null> {
      await store.written();
      return store.messages.findByWaId(id, waId);
    },
    whileHeld,
    async findMany(ids: readonly number[]): Promise<Message[]> {
      await store.written();
      return store.messages.findMany(ids);
    },
    reactionsTo: (ids: readonly number[]): Promise<Reaction[]> => store.messages.reactionsTo(ids),
    async responses({ id }: Message): Promise<Responses> {
      const [found] = await store.responses.to([id]);
      return found ?? { reactions: [], votes: [], receipts: [] };
    },
    /** Newest first; `before` is a message of the list. */
    async list(filter: MessageFilter, { before, limit }: PageRequest): Promise<Page<Message>> {
      const last = before === null ? null : await get(before);
      const place = last === null ? null : { at: last.saidAt, id: last.id };
      await store.written();
      return pageOf({ before: null, limit }, (oneMore) =>
        store.messages.list(filter, { before: place, limit: oneMore.limit }),
      );
    },

    /** By place and with how many there are, for surfaces that count pages. */
    async listPart(filter: Omit<MessageFilter, "text">, { offset, limit }: { offset: number; limit: number }) {
      await store.written();
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
        const { id, queued } =
          known?.messageId != null
            ? { id: known.messageId, queued: [] }
            : await enqueueWhole(session, input, idempotency);
        await answered(session.id, queued, options);
        return { message: await get(id), isReplayed: queued.length === 0 };
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

/** In the same chat, and so in its order. */
function saidAfter(input: MessageInput, text: string): MessageInput {
  const body = { kind: "text", text, wantsPreview: true } as const;
  return { ...input, said: { ...input.said, body, replyTo: null } };
}

/** Such a one does not send within moments: nobody has to wait to be told that. */
export function isResting(engine: Engine | null, sessionId: number): boolean {
  const status = engine?.view(sessionId)?.status;
  return status === undefined || !awake.includes(status);
}

const awake: readonly SessionStatus[] = ["connected", "connecting", "starting", "disconnected"];

/** Of everything that makes it this message and no other. */
function fingerprintOf({ id }: Session, input: MessageInput): Uint8Array {
  const { to, said, failsOffline, expiresInMs, isUrgent } = input;
  const whole = [id, to, said, failsOffline ?? false, expiresInMs ?? null, ...(isUrgent === true ? ["urgent"] : [])];
  return createHash("sha256").update(JSON.stringify(whole)).digest();
}
