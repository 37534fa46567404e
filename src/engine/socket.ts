// One connection to WhatsApp: an unmodified Baileys socket with everything of ours put where it has a place for it.
import "./quiet.ts";
import makeWASocket, { type proto, type UserFacingSocketConfig, type WASocket } from "@whiskeysockets/baileys";
import { type Clock, day, hour, minute, second } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { SessionSpec } from "../core/ports.ts";
import type { SessionSettings } from "../core/session.ts";
import type { WayOut } from "../net/way-out.ts";
import { createCache } from "./caches.ts";
import { trustOnly } from "./certificate.ts";
import type { Groups } from "./groups.ts";
import type { SyncAction } from "./inbound/sync-action.ts";
import type { Network } from "./network.ts";
import { contentOf } from "./outbound/encoded.ts";
import { keepOnlySent } from "./recent.ts";
import type { Book } from "./signal/book.ts";
import type { Credentials } from "./signal/credentials.ts";
import { createKeyStore } from "./signal/key-store.ts";
import type { Signal } from "./signal/repository.ts";
import type { Turns } from "./signal/turns.ts";

export type SocketOptions = {
  network: Network;
  wayOut: WayOut;
  settings: SessionSettings;
  /** The name that is known to work with pairing codes, whatever the settings say. */
  plainName: boolean;
  creds: Credentials;
  book: Book;
  signal: Signal;
  groups: Groups;
  turns: Turns;
  version: readonly [number, number, number] | null;
  keepAliveMs: number;
  clock: Clock;
  log: Log;
  findSent(waId: string): Uint8Array | null;
  /** An entry of app state; `isFirst` where it is from before the linking. */
  appState(action: SyncAction, isFirst: boolean): void;
};

const usualDevice = "Ubuntu";
const connectTimeoutMs = 20 * second;
const retryPauseMs = 10;

export function openSocket(options: SocketOptions): WASocket {
  const { network, settings, creds, book, signal, turns, log } = options;
  trustOnly(network.rootKey);
  const keyStore = createKeyStore({ book, turns, forgetSession: signal.forgetSession });

  const config: UserFacingSocketConfig = {
    waWebSocketUrl: network.url,
    auth: { creds, keys: keyStore },
    logger: quietLogger(log, options.appState),
    browser: [options.plainName ? usualDevice : (settings.deviceName ?? usualDevice), "Chrome", "22.04.4"],
    connectTimeoutMs,
    keepAliveIntervalMs: options.keepAliveMs,
    retryRequestDelayMs: retryPauseMs,
    markOnlineOnConnect: settings.markOnline,
    syncFullHistory: settings.history === "full",
    // It is taken from our own rows, in `history.ts`: where Baileys does it, a crash loses what was acknowledged.
    shouldSyncHistoryMessage: () => false,
    emitOwnEvents: false,
    generateHighQualityLinkPreview: false,
    getMessage: async ({ id }) => {
      const content = id == null ? null : options.findSent(id);
      return content === null ? undefined : contentOf(content);
    },
    cachedGroupMetadata: options.groups.metadata,
    makeSignalRepository: (auth, _logger, askLids) => {
      // Baileys wraps the store in transactions that hold writes back until their end; ours go straight to the book.
      Object.assign(auth.keys, keyStore);
      return signal.repositoryFor(askLids);
    },
    userDevicesCache: devicesIn(book, options.clock),
    msgRetryCounterCache: createCache({ most: 1_000, keepMs: hour }),
    callOfferCache: createCache({ most: 100, keepMs: 5 * minute }),
    placeholderResendCache: createCache({ most: 500, keepMs: hour }),
  };
  const agent = options.wayOut.webSocketAgent(network.url);
  if (agent !== undefined) config.agent = agent;
  if (options.version !== null) config.version = [...options.version];
  const socket = makeWASocket(config);
  options.groups.watch(socket);
  keepOnlySent(socket);
  return socket;
}

/**
 * Kept on disk: each of Baileys' own misses costs a question, and keys that nobody needs. WhatsApp tells of every change;
 * should one get lost, the list is asked for again after a day.
 */
function devicesIn(book: Book, clock: Clock) {
  return {
    get<T>(user: string): T | undefined {
      const stored = book.deviceLists.get(user);
      const list: { at: number; devices: T } | null = stored === null ? null : JSON.parse(stored);
      return list === null || clock.now() - list.at > day ? undefined : list.devices;
    },
    set(user: string, devices: unknown): void {
      book.deviceLists.set(user, JSON.stringify({ at: clock.now(), devices }));
    },
    del: (user: string) => book.deviceLists.set(user, null),
    flushAll() {},
  };
}

/** Whether what has changed was told to WhatsApp, or decided the way there, when the connection was made. */
export function needsAnother(before: SessionSpec, next: SessionSpec): boolean {
  return (
    before.proxy !== next.proxy ||
    (next.network === null && before.settings.deviceName !== next.settings.deviceName) ||
    before.settings.history !== next.settings.history
  );
}

/**
 * Messages alone: what Baileys logs along with them may be keys, numbers and texts. Entries of app state are taken from
 * here: what Baileys makes of them lacks up to when a chat was read, and at the first time is withheld for every chat that
 * has not come with its own history.
 */
function quietLogger(log: Log, appState: SocketOptions["appState"]) {
  const tell = (_fields: unknown, message?: string) => {
    if (typeof message === "string") log.debug({ from: "baileys" }, message);
  };
  const logger = {
    level: "silent",
    child: () => logger,
    trace(fields: unknown, message?: string) {
      if (message !== "processing sync action") return;
      const { syncAction: entry, initialSync } = fields as LoggedAction;
      appState({ value: entry.syncAction.value ?? {}, index: entry.index }, initialSync);
    },
    debug() {},
    info() {},
    warn: tell,
    error: tell,
  };
  return logger;
}

type LoggedAction = {
  syncAction: { syncAction: proto.ISyncActionData; index: readonly (string | undefined)[] };
  initialSync: boolean;
};
