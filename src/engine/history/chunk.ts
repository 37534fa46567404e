// One chunk of history, read from its first byte to its last: what it says of people is learnt, and the rest handed on.
import { pipeline } from "node:stream/promises";
import { setImmediate } from "node:timers/promises";
import { createInflate } from "node:zlib";
import { proto, type SignalKeyStoreWithTransaction } from "@whiskeysockets/baileys";
import { messageOf } from "../../core/errors.ts";
import type { People } from "../signal/people.ts";
import { type Field, fieldsIn } from "./fields.ts";
import { storeTokens, type Token, tokenOf } from "./tokens.ts";

/** In the order of WhatsApp's numbers for them. */
export const historyKinds = [
  "initial_bootstrap",
  "initial_status",
  "full",
  "recent",
  "push_name",
  "non_blocking_data",
  "on_demand",
  "no_history",
  "message_access_status",
] as const;
export type HistoryKind = (typeof historyKinds)[number];

/** What its message says of a chunk. */
export type HistoryNotice = {
  syncType: HistoryKind;
  chunkOrder: number | null;
  /** In percent, of all chunks of this kind. */
  progress: number | null;
  /** Of the request that it answers, if it was asked for. */
  requestId: string | null;
};

export type HistoryChunk = HistoryNotice & {
  conversations: number;
  messages: number;
  pushNames: number;
  /** Numbers and LIDs that were not known to belong together. */
  mappings: number;
  tokens: number;
};

export type HistoryPart =
  /** With its messages, newest first. */
  { kind: "conversation"; conversation: proto.IConversation } | { kind: "push_name"; jid: string; name: string };

/**
 * Where history goes. A chunk whose end was not settled comes again, from its beginning: after a crash, or when one of
 * these failed.
 */
export type HistorySink = {
  /** The next one comes when this has settled. */
  part(part: HistoryPart, of: HistoryNotice): Promise<void>;
  /** All of it has been handed over; once this settles it never comes again. */
  chunk(chunk: HistoryChunk): Promise<void>;
};

export type ChunkNeeds = {
  people: People;
  keys: Pick<SignalKeyStoreWithTransaction, "get" | "set">;
  sink: HistorySink;
  signal: AbortSignal;
};

/** What is wrong with the chunk itself, and will be the next time. */
export class UnreadableChunk extends Error {}

const limits = { maxFieldBytes: 64 * 1_024 * 1_024, maxBytes: 2 * 1_024 ** 3 };
const pieceBytes = 256 * 1_024;
/** Then others have their turn: a chunk may bring thousands of people. */
const busyMs = 10;
const numbers = { conversation: 2, pushName: 7, mapping: 15 } as const;

/** `isQuiet`: nobody wants to hear of chats and messages, only of who is who. */
export async function readChunk(
  compressed: AsyncIterable<Uint8Array>,
  { isQuiet, ...notice }: HistoryNotice & { isQuiet: boolean },
  needs: ChunkNeeds,
): Promise<HistoryChunk> {
  const { signal } = needs;
  const counts = { conversations: 0, messages: 0, pushNames: 0, mappings: 0, tokens: 0 };
  const reading: Reading = { chunk: { ...notice, ...counts }, tokens: [], notice, isQuiet, needs };
  let fault: { error: unknown } | null = null;
  try {
    await pipeline(compressed, createInflate({ chunkSize: pieceBytes }), async (pieces: AsyncIterable<Uint8Array>) => {
      let since = performance.now();
      for await (const field of fieldsIn(pieces, limits)) {
        signal.throwIfAborted();
        const found = findingIn(field);
        if (found === null) continue;
        try {
          await take(found, reading);
        } catch (error) {
          fault = { error };
          throw error;
        }
        if (performance.now() - since < busyMs) continue;
        await setImmediate();
        since = performance.now();
      }
    });
  } catch (error) {
    signal.throwIfAborted();
    throw fault === null ? new UnreadableChunk(messageOf(error)) : (fault as { error: unknown }).error;
  }
  signal.throwIfAborted();
  // Last: a token is filed under the LID, which the chunk may have brought.
  if (!isQuiet) reading.chunk.tokens = await storeTokens(reading.tokens, needs.keys, needs.people.lidOf);
  return reading.chunk;
}

type Finding = HistoryPart | { kind: "mapping"; pn: string; lid: string };
type Reading = {
  chunk: HistoryChunk;
  tokens: Token[];
  notice: HistoryNotice;
  isQuiet: boolean;
  needs: ChunkNeeds;
};

function findingIn({ number, value }: Field): Finding | null {
  if (typeof value === "number") return null;
  if (number === numbers.conversation) return { kind: "conversation", conversation: proto.Conversation.decode(value) };
  if (number === numbers.mapping) {
    const { pnJid, lidJid } = proto.PhoneNumberToLIDMapping.decode(value);
    return pnJid && lidJid ? { kind: "mapping", pn: pnJid, lid: lidJid } : null;
  }
  if (number !== numbers.pushName) return null;
  const { id, pushname } = proto.Pushname.decode(value);
  return id && pushname ? { kind: "push_name", jid: id, name: pushname } : null;
}

async function take(found: Finding, { chunk, tokens, notice, isQuiet, needs }: Reading): Promise<void> {
  const learn = (one: string | null | undefined, other: string | null | undefined) => {
    if (needs.people.learn(one ?? undefined, other ?? undefined)) chunk.mappings += 1;
  };
  if (found.kind === "mapping") return learn(found.pn, found.lid);
  if (found.kind === "push_name") chunk.pushNames += 1;
  else {
    const { conversation } = found;
    learn(conversation.id, conversation.pnJid ?? phoneIn(conversation));
    learn(conversation.id, conversation.lidJid);
    const token = tokenOf(conversation);
    if (token !== null) tokens.push(token);
    chunk.conversations += 1;
    chunk.messages += conversation.messages?.length ?? 0;
  }
  if (!isQuiet) await needs.sink.part(found, notice);
}

/** Who has received a message of ours is whom we wrote to. */
function phoneIn({ messages }: proto.IConversation): string | null {
  const ours = messages?.find(({ message }) => message?.key?.fromMe === true && message.userReceipt?.length);
  return ours?.message?.userReceipt?.[0]?.userJid ?? null;
}
