// History, as the phone brings it after the linking and whenever it is asked for more: taken from the rows of the phone's
// own messages, so that what was acknowledged is not lost in a crash. A row is marked once its chunk has been handed on.
import { createReadStream } from "node:fs";
import { getHistoryMsg, type proto, type WASocket } from "@whiskeysockets/baileys";
import { type Clock, minute, second } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { SessionSettings } from "../core/session.ts";
import type { SignalMemory, WaitingStanza } from "../core/signal-memory.ts";
import {
  type HistoryKind,
  type HistoryNotice,
  type HistorySink,
  historyKinds,
  readChunk,
  UnreadableChunk,
} from "./history/chunk.ts";
import { openPieces } from "./media/crypto.ts";
import { type FileAccess, fetchSealed, type SealedOutcome } from "./media/sealed.ts";
import { isOurs, messageIn } from "./peer-rows.ts";
import type { Credentials } from "./signal/credentials.ts";
import type { People } from "./signal/people.ts";

export type History = {
  /** Whether a row is history's, and so not to be marked by anybody else. */
  holds(row: WaitingStanza): boolean;
  /** Takes up what waits and is due. */
  look(): void;
  /** Settles when nothing of it is under way any more; to be called after the connection's signal. */
  close(): Promise<void>;
};

export type HistoryNeeds = {
  memory: SignalMemory;
  people: People;
  socket: WASocket;
  creds: Credentials;
  depth: SessionSettings["history"];
  access: FileAccess;
  sink: HistorySink;
  /** Settles when everything that was learnt is on disk. */
  saved(): Promise<void>;
  clock: Clock;
  log: Log;
};

/** What is done with a row: left until later, or marked. */
type Verdict = { act: "mark" } | { act: "give_up"; reason: string } | { act: "wait"; reason: string };
/** `isQuiet`: only who is who. */
type Wanted = HistoryNotice & { isQuiet: boolean };
type Notification = proto.Message.IHistorySyncNotification;

const maxBytes = 256 * 1_024 * 1_024;
const timeoutMs = 15 * minute;
const shortestPauseMs = 5 * second;
const longestPauseMs = 10 * minute;
/** What arrives damaged may have been damaged on the way. */
const mostDamaged = 3;

export function createHistory(needs: HistoryNeeds): History {
  const { memory, creds, access, clock, log } = needs;
  const { signal } = access;
  /** By row: whether it is history, as far as it was looked at. */
  const known = new Map<number, boolean>();
  const failures = new Map<number, { count: number; notBefore: number }>();
  let isAsked = false;
  let working: Promise<void> | null = null;

  function holds(row: WaitingStanza): boolean {
    const before = known.get(row.id);
    if (before !== undefined) return before;
    const isHistory = notificationIn(row) !== null;
    known.set(row.id, isHistory);
    return isHistory;
  }

  async function work(): Promise<void> {
    while (isAsked && !signal.aborted) {
      isAsked = false;
      const rows = memory.waitingPeerStanzas();
      forgetAllBut(new Set(rows.map(({ id }) => id)));
      for (const row of rows) {
        const isDue = (failures.get(row.id)?.notBefore ?? 0) <= clock.now();
        if (signal.aborted || !holds(row) || !isDue) continue;
        await settle(row, await judge(row));
      }
    }
  }

  function forgetAllBut(ids: ReadonlySet<number>): void {
    for (const one of [known, failures]) for (const id of one.keys()) if (!ids.has(id)) one.delete(id);
  }

  async function judge(row: WaitingStanza): Promise<Verdict> {
    const notification = notificationIn(row);
    if (notification === null) return { act: "mark" };
    if (!isOurs(row, creds)) return { act: "give_up", reason: "It does not come from the account's own phone." };
    const notice = noticeOf(notification);
    const wanted = wantedOf(needs.depth, notice.syncType);
    if (wanted === "nothing") return { act: "mark" };
    const attempt = (failures.get(row.id)?.count ?? 0) + 1;
    try {
      return await takeIn(notification, { ...notice, isQuiet: wanted === "mappings" }, attempt);
    } catch (error) {
      return { act: error instanceof UnreadableChunk ? "give_up" : "wait", reason: messageOf(error) };
    }
  }

  async function takeIn(told: Notification, notice: Wanted, attempt: number): Promise<Verdict> {
    const inline = told.initialHistBootstrapInlinePayload;
    if (inline?.length) return read(once(inline), notice);
    const { directPath, fileEncSha256, mediaKey = null } = told;
    const kind = "md-msg-hist";
    const fetched = await fetchSealed({ kind, directPath, fileEncSha256, maxBytes, timeoutMs }, access);
    if (fetched.outcome === "done") {
      await using file = fetched.file;
      return await read(openPieces(createReadStream(file.path), { kind, mediaKey }), notice);
    }
    return { act: isPassing(fetched, attempt) ? "wait" : "give_up", reason: fetched.reason };
  }

  async function read(bytes: AsyncIterable<Uint8Array>, notice: Wanted): Promise<Verdict> {
    const { people, socket, sink } = needs;
    const chunk = await readChunk(bytes, notice, { people, keys: socket.authState.keys, sink, signal });
    await needs.saved();
    signal.throwIfAborted();
    if (!notice.isQuiet) await sink.chunk(chunk);
    return { act: "mark" };
  }

  async function settle(row: WaitingStanza, verdict: Verdict): Promise<void> {
    // With the connection gone nothing was wrong with the row; the next connection takes it up again.
    if (signal.aborted) return;
    if (verdict.act === "wait") return putOff(row, verdict.reason);
    if (verdict.act === "give_up") log.warn({ reason: verdict.reason }, "a piece of history is left out");
    await memory.markTaken([row.id]).catch((error) => putOff(row, messageOf(error)));
  }

  function putOff({ id }: WaitingStanza, reason: string): void {
    const count = (failures.get(id)?.count ?? 0) + 1;
    const pauseMs = Math.min(shortestPauseMs * 2 ** (count - 1), longestPauseMs);
    failures.set(id, { count, notBefore: clock.now() + pauseMs });
    log.warn({ reason, count }, "a piece of history could not be taken in; it is tried again");
  }

  function look(): void {
    isAsked = true;
    working ??= work()
      .catch((error) => log.error({ error: messageOf(error) }, "history could not be looked at"))
      .finally(() => {
        working = null;
        if (isAsked && !signal.aborted) look();
      });
  }

  return {
    holds,
    look,
    async close() {
      await working;
    },
  };
}

function notificationIn(row: WaitingStanza): Notification | null {
  const message = messageIn(row)?.message;
  return (message === undefined ? null : getHistoryMsg(message)) ?? null;
}

function noticeOf({ syncType, chunkOrder, progress, peerDataRequestSessionId }: Notification): HistoryNotice {
  return {
    syncType: historyKinds[syncType ?? 0] ?? "no_history",
    chunkOrder: chunkOrder ?? null,
    progress: progress ?? null,
    requestId: peerDataRequestSessionId ?? null,
  };
}

function wantedOf(depth: SessionSettings["history"], kind: HistoryKind): "everything" | "mappings" | "nothing" {
  if (kind === "no_history" || kind === "message_access_status") return "nothing";
  // It only ever comes because somebody asked for it.
  if (kind === "on_demand" || depth === "full") return "everything";
  if (depth === "none") return kind === "initial_bootstrap" ? "mappings" : "nothing";
  return kind === "full" ? "nothing" : "everything";
}

function isPassing(outcome: Exclude<SealedOutcome, { outcome: "done" }>, attempt: number): boolean {
  if (outcome.outcome === "failed") return outcome.isRetryable;
  return outcome.outcome === "corrupt" && outcome.fault !== "unchecked" && attempt < mostDamaged;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
