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
import type { MessageFilter, Reaction } from "../store/messages.ts";
import { type IdempotencyKey, keptMs } from "../store/outbox.ts";
import type { Responses } from "../store/responses.ts";
import type { Store } from "../store/store.ts";
import { createComposer } from "./composing.ts";
import type { Said } from "./said.ts";

/** Who sends what is queued; jobs/sender.ts. */
export type Sending = {
  wake(sessionId: number): void;
  settled(messageId: number, ms: number): Promise<void>;
  isUnderWay(messageId: number): boolean;
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
  /** The caller's own name for this request, if it may be repeated. */
  key?: string | undefined;
};
export type Sent = { message: Message; isReplayed: boolean };
export type Messages = ReturnType<typeof createMessages>;

type Needs = {
  store: Store;
  engine: Engine | null;
  sending: Sending | null;
  /** For files and previews. */
  client: HttpClient | null;
  /** The largest file that is fetched to be sent. */
  maxBytes: number;
  clock: Clock;
};

const usualExpiryMs = day;

export function createMessages({ store, engine, sending, client, maxBytes, clock }: Needs) {
  const composer = engine === null ? null : createComposer({ store, engine, client, maxBytes });
  /** By account and key: whose first request is still being answered. */
  const underWay = new Set<string>();

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

  async function answered(sessionId: number, id: number, waitMs: number): Promise<void> {
    // One that rests does not send within moments: nobody has to wait to be told that.
    const status = engine?.view(sessionId)?.status;
    if (sending === null || status === undefined || isResting(status)) return;
    const settled = sending.settled(id, waitMs);
    sending.wake(sessionId);
    await settled;
  }

  /** One request after the other for each key; the second is told so. */
  async function once<T>(accountId: number, key: string | undefined, work: () => Promise<T>): Promise<T> {
    if (key === undefined) return work();
    const name = `${accountId} ${key}`;
    if (underWay.has(name)) {
      throw new WaygateError("conflict", "A request with this Idempotency-Key is being answered just now.");
    }
    underWay.add(name);
    try {
      return await work();
    } finally {
      underWay.delete(name);
    }
  }

  async function findReplayed(accountId: number, given: IdempotencyKey): Promise<number | null> {
    const known = await store.outbox.findReplayed(accountId, given.key);
    const isSame = known !== null && Buffer.compare(known.fingerprint, given.fingerprint) === 0;
    const message = isSame ? await store.messages.find(known.messageId) : null;
    return message !== null && message.createdAt > clock.now() - keptMs ? message.id : null;
  }

  return {
    get,
    findMany: (ids: readonly number[]): Promise<Message[]> => store.messages.findMany(ids),
    reactionsTo: (ids: readonly number[]): Promise<Reaction[]> => store.messages.reactionsTo(ids),
    async responses({ id }: Message): Promise<Responses> {
      const [found] = await store.responses.to([id]);
      return found ?? { reactions: [], votes: [], receipts: [] };
    },
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
    send(session: Session, input: MessageInput, { waitMs, key }: SendOptions): Promise<Sent> {
      return once(session.accountId, key, async () => {
        const idempotency = key === undefined ? null : { key, fingerprint: fingerprintOf(session, input) };
        const known = idempotency === null ? null : await findReplayed(session.accountId, idempotency);
        const { id, isReplayed } =
          known === null ? await enqueue(session, input, idempotency) : { id: known, isReplayed: true };
        if (!isReplayed) await answered(session.id, id, waitMs);
        return { message: await get(id), isReplayed };
      });
    },

    /** Only what has not gone yet. */
    async cancel(message: Message): Promise<Message> {
      const gone = new WaygateError("conflict", "It has gone out already, or is on its way just now.");
      if (sending?.isUnderWay(message.id) === true) throw gone;
      const fault = { code: "cancelled", sentence: "It was cancelled before it went out." };
      const settled = { id: message.id, at: clock.now(), state: "cancelled", ...fault } as const;
      if (!(await store.write("outbox.settle", settled))) throw gone;
      return get(message.id);
    },
  };
}

function refuseUnfit(session: Session, { failsOffline }: MessageInput, isConnected: boolean): void {
  if (session.identity === null) {
    throw new WaygateError("conflict", `The session ${session.name} is linked to no number yet; pair it first.`);
  }
  if (failsOffline === true && !isConnected) {
    throw new WaygateError("unavailable", `The session ${session.name} is not connected to WhatsApp just now.`);
  }
}

function isResting(status: SessionStatus): boolean {
  return !["connected", "connecting", "starting", "disconnected"].includes(status);
}

/** Of everything that makes it this message and no other. */
function fingerprintOf({ id }: Session, { to, said, failsOffline, expiresInMs }: MessageInput): Uint8Array {
  return createHash("sha256")
    .update(JSON.stringify([id, to, said, failsOffline ?? false, expiresInMs ?? null]))
    .digest();
}
