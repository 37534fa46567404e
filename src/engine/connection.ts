// One connection of a session, from the dial to its end: the socket, the state it works on, what is heard on it. It ends
// exactly once, with one reason, however it ended.
import {
  type BinaryNode,
  type ConnectionState,
  configureSuccessfulPairing,
  type WAMessage,
  type WASocket,
} from "@whiskeysockets/baileys";
import { type Clock, second } from "../core/clock.ts";
import type { Face } from "../core/content.ts";
import { messageOf, WaygateError } from "../core/errors.ts";
import type { PastValue, ReceiptValue } from "../core/inbound.ts";
import type { Log } from "../core/log.ts";
import type { SessionSettings } from "../core/session.ts";
import type { SignalMemory } from "../core/signal-memory.ts";
import type { CallValue, ToldValue } from "../core/told.ts";
import { isUntrusted } from "../net/trust.ts";
import type { WayOut } from "../net/way-out.ts";
import { type Acks, createAcks } from "./acks.ts";
import { watchBlobs } from "./blobs.ts";
import { createGroups, type Groups } from "./groups.ts";
import { createHearing } from "./hearing.ts";
import type { HistorySink } from "./history/chunk.ts";
import { createHistorySink } from "./history/sink.ts";
import { readCall } from "./inbound/call.ts";
import { createFaces, type Faces } from "./inbound/faces.ts";
import { createMediaHosts } from "./media/connection.ts";
import type { FileAccess } from "./media/sealed.ts";
import type { Network } from "./network.ts";
import { createOwnDevices } from "./own-devices.ts";
import { passkeyNotices } from "./passkey.ts";
import { answerReceipts } from "./receipts.ts";
import { type Ending, proxyCode, stalledCode, storageCode, untrustedCode } from "./reconnect.ts";
import { createBook } from "./signal/book.ts";
import { type Credentials, encodeCredentials, identityOf, ourKeys } from "./signal/credentials.ts";
import { createSignal, type Signal } from "./signal/repository.ts";
import { isNode } from "./signal/stanza.ts";
import { createTurns, type Turns } from "./signal/turns.ts";
import { openSocket } from "./socket.ts";

export type ConnectionEvents = {
  qr(text: string, number: number): void;
  linked(): void;
  opened(): void;
  passkey(notice: BinaryNode): void;
  /** The credentials know more of who this is. */
  learnt(): void;
  call(call: CallValue): void;
  messages(messages: WAMessage[]): void;
  ended(ending: Ending): void;
};

export type ConnectionOptions = {
  network: Network;
  /** Opened for this connection, and closed with it. */
  wayOut: WayOut;
  settings: SessionSettings;
  plainName: boolean;
  memory: SignalMemory;
  creds: Credentials;
  version: readonly [number, number, number] | null;
  keepAliveMs: number;
  clock: Clock;
  log: Log;
  /** For temporary files. */
  folder: string;
  past(value: PastValue): Promise<void>;
  history: HistorySink | null;
  findSent(waId: string): Uint8Array | null;
  receipts(values: ReceiptValue[]): Promise<void>;
  told(value: ToldValue): void;
  events: ConnectionEvents;
};

export type Connection = {
  socket: WASocket;
  signal: Signal;
  groups: Groups;
  turns: Turns;
  acks: Acks;
  /** Who is meant by a JID, as far as is known by now. */
  faces(): Faces;
  /** Messages whose files the phone has just been asked for. */
  awaitedFiles: Set<string>;
  /** How it gets at files, in both directions. */
  files: FileAccess;
  isOpen(): boolean;
  /** Aborted when it has ended, whoever ended it. */
  over: AbortSignal;
  lastHeardAt(): number;
  /** Ends it if it has gone deaf or the network is dead. */
  check(): void;
  /** Of a device that nobody knows yet: before it shows itself, so that it is the same one after a crash. */
  keepCredentials(value: Uint8Array): void;
  saved(): Promise<void>;
  /** Lets go at once; what it knows is on disk when this settles. Its end is not told. */
  close(): Promise<void>;
};

/** A keep-alive is answered within moments; so much longer than its interval, and the network is dead. */
const deadAfter = 1.6;
const dialMs = 60 * second;
const unclaimedMs = 60 * second;

export function openConnection(options: ConnectionOptions): Connection {
  const { creds, memory, clock, log, events, keepAliveMs } = options;
  const startedAt = performance.now();
  let lastHeardAt = clock.now();
  let heardAt = startedAt;
  let isOpen = false;
  let isOver = false;
  let qrNumber = 0;
  let closing: Promise<void> | null = null;
  const over = new AbortController();
  const awaitedFiles = new Set<string>();

  const book = createBook({
    memory,
    failed: (error) => {
      log.error({ error: messageOf(error) }, "what a session received cannot be kept; its connection is let go");
      end({ code: storageCode, detail: messageOf(error) });
    },
  });
  const signal = createSignal({ book, keys: () => ourKeys(creds), clock, log });
  const turns = createTurns();
  const acks = createAcks();
  const { people, renewSenderKey } = signal;
  const groups = createGroups({ people, creds, renewSenderKey, told: options.told });
  const hearing = createHearing({ ...options, me, people, mappings: book.mappings, awaitedFiles });
  const socket = openSocket({ ...options, book, signal, groups, turns, appState: hearing.appState });
  const hosts = createMediaHosts({ query: socket.query, network: options.network, signal: over.signal });
  const files = { wayOut: options.wayOut, hosts, folder: options.folder, signal: over.signal };
  const blobs = watchBlobs(files);
  const ownDevices = createOwnDevices({
    ...options,
    people,
    socket,
    access: files,
    sink: options.history ?? createHistorySink({ me, people: book.mappings, take: options.past, log }),
    saved: book.saved,
    isOpen: () => isOpen,
  });

  /** By us, by the network or by WhatsApp; the first one counts. */
  function end(ending: Ending): void {
    if (isOver) return;
    void close().finally(() => events.ended(ending));
  }

  function close(): Promise<void> {
    closing ??= letGo();
    return closing;
  }

  async function letGo(): Promise<void> {
    isOver = true;
    isOpen = false;
    over.abort();
    signal.arrivals.close();
    acks.close();
    socket.ev.removeAllListeners("connection.update");
    // Baileys waits up to 30 s for the other side's goodbye, which a dead network never brings.
    cutOff(socket);
    socket.end(undefined).catch(() => {});
    await ownDevices.close();
    await book.close();
    await options.wayOut[Symbol.asyncDispose]();
  }

  // Baileys would wait for its time-out: somebody on the way answers, and it is not WhatsApp's socket.
  socket.ws.on("unexpected-response", (_request: unknown, response: { statusCode?: number }) => {
    end({ code: 503, detail: `The connection was answered with HTTP ${response.statusCode ?? "?"}.` });
  });
  socket.ws.on("frame", (frame: unknown) => {
    lastHeardAt = clock.now();
    heardAt = performance.now();
    signal.arrivals.see(frame);
    blobs.see(frame);
    if (!isNode(frame)) return;
    if (frame.tag === "ack") acks.see(frame);
    groups.see(frame);
  });
  for (const type of passkeyNotices) {
    socket.ws.on(`CB:notification,type:${type}`, (notice: BinaryNode) => {
      if (!isOver) events.passkey(notice);
    });
  }
  hearing.watch(socket);
  answerReceipts(socket, hearing.receipt, log);
  keepBeforeLinking();
  socket.ev.on("creds.update", () => {
    if (isOver) return;
    book.setCredentials(() => encodeCredentials(creds));
    events.learnt();
  });
  socket.ws.on("CB:call", (stanza: BinaryNode) => {
    const call = isOver ? null : readCall(stanza, createFaces(me(), book.mappings));
    if (call !== null) events.call(call);
  });
  socket.ev.on("messages.upsert", ({ messages, type }) => {
    if (!isOver && type === "notify") events.messages(messages);
  });
  socket.ev.on("connection.update", (update) => {
    if (!isOver) heed(update);
  });

  function me(): Face {
    const { phone = null, lid = null } = identityOf(creds) ?? {};
    return { phone, lid };
  }

  function heed({ connection, qr, isNewLogin, lastDisconnect }: Partial<ConnectionState>): void {
    if (qr !== undefined) {
      qrNumber += 1;
      events.qr(qr, qrNumber);
    }
    if (isNewLogin === true) events.linked();
    if (connection === "open") {
      isOpen = true;
      events.opened();
      ownDevices.opened();
    }
    if (connection === "close") end(endingOf(lastDisconnect?.error));
  }

  /**
   * Baileys answers "linked" before anything is kept: killed in between, the phone would show a device that nobody is.
   * So the credentials are put on disk first, and its own handler has its turn then.
   */
  function keepBeforeLinking(): void {
    const name = "CB:iq,,pair-success";
    const handlers = socket.ws.listeners(name);
    socket.ws.removeAllListeners(name);
    socket.ws.on(name, async (stanza: BinaryNode) => {
      try {
        const { creds: linked } = configureSuccessfulPairing(stanza, creds);
        book.setCredentials(() => encodeCredentials({ ...creds, ...linked }));
        await book.saved();
      } catch (error) {
        log.warn({ error: messageOf(error) }, "a linking could not be kept");
      }
      for (const handler of handlers) if (!isOver) handler.call(socket.ws, stanza);
    });
  }

  return {
    socket,
    signal,
    groups,
    turns,
    acks,
    faces: () => createFaces(me(), book.mappings),
    awaitedFiles,
    files,
    isOpen: () => isOpen,
    over: over.signal,
    lastHeardAt: () => lastHeardAt,
    check() {
      if (isOver) return;
      const now = performance.now();
      if (!isOpen) {
        if (qrNumber === 0 && now - startedAt > dialMs) end({ code: 408, detail: "It took too long." });
        return;
      }
      if (now - heardAt > keepAliveMs * deadAfter) return end({ code: 408, detail: "Nothing was heard." });
      const waiting = signal.arrivals.oldestWaiting();
      if (waiting !== null && now - waiting > unclaimedMs) {
        return end({ code: stalledCode, detail: "A message that was opened was never asked for." });
      }
      ownDevices.tick();
    },
    keepCredentials: (value) => book.setCredentials(() => value),
    saved: book.saved,
    close,
  };
}

function endingOf(error: unknown): Ending {
  const { output, data } = (error ?? {}) as { output?: { statusCode?: number }; data?: unknown };
  if (isUntrusted(data)) return { code: untrustedCode, detail: messageOf(data) };
  if (data instanceof WaygateError && data.code === "invalid") return { code: proxyCode, detail: data.message };
  // What the socket complains of has happened on the way, a proxy's failure too; Baileys makes a bad session of it.
  if (data instanceof Error && output?.statusCode === 500) return { code: 408, detail: messageOf(data) };
  return { code: output?.statusCode ?? 428, detail: messageOf(error) };
}

/** The WebSocket below Baileys' own, which it does not declare. */
function cutOff({ ws }: WASocket): void {
  (ws as unknown as { socket?: { terminate?(): void } }).socket?.terminate?.();
}
