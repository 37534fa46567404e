// All that an account's own devices tell one of them: history, keys of the app state and what else came in their messages.
import { getHistoryMsg, type WASocket } from "@whiskeysockets/baileys";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { SessionSettings } from "../core/session.ts";
import type { SignalMemory } from "../core/signal-memory.ts";
import { createFirstSync } from "./app-state.ts";
import type { HistorySink } from "./history/chunk.ts";
import { createHistory } from "./history.ts";
import type { FileAccess } from "./media/sealed.ts";
import { createPeerRows } from "./peer-rows.ts";
import type { Credentials } from "./signal/credentials.ts";
import type { People } from "./signal/people.ts";

export type OwnDevices = {
  opened(): void;
  /** Every few seconds, on a connection that stands. */
  tick(): void;
  /** To be called after the connection's signal; nothing is learnt any more once it has settled. */
  close(): Promise<void>;
};

export type OwnDevicesNeeds = {
  memory: SignalMemory;
  people: People;
  socket: WASocket;
  creds: Credentials;
  settings: SessionSettings;
  access: FileAccess;
  sink: HistorySink;
  saved(): Promise<void>;
  isOpen(): boolean;
  clock: Clock;
  log: Log;
};

export function createOwnDevices(given: OwnDevicesNeeds): OwnDevices {
  const { socket, settings } = given;
  const waiting = readWhenNeeded(given.memory);
  const needs = { ...given, memory: waiting.memory };
  const history = createHistory({ ...needs, depth: settings.history });
  const rows = createPeerRows({ ...needs, isElsewhere: history.holds });
  const firstSync = createFirstSync(needs);

  socket.ev.on("creds.update", firstSync.heed);
  socket.ev.on("messages.upsert", ({ messages }) => {
    if (messages.some(({ category }) => category === "peer")) waiting.mayBe();
    if (messages.some(({ message }) => message != null && getHistoryMsg(message) != null)) history.look();
  });
  return {
    opened() {
      waiting.mayBe();
      rows.replay();
      history.look();
      firstSync.heed();
    },
    tick() {
      rows.tidy();
      history.look();
      firstSync.heed();
    },
    close: history.close,
  };
}

/** Every session asks what waits, twice every few seconds, and hardly ever does anything: the disk is spared that. */
function readWhenNeeded(memory: SignalMemory) {
  let mayBeSome = true;
  function waitingPeerStanzas() {
    const rows = mayBeSome ? memory.waitingPeerStanzas() : [];
    mayBeSome = rows.length > 0;
    return rows;
  }
  return {
    memory: { ...memory, waitingPeerStanzas },
    mayBe(): void {
      mayBeSome = true;
    },
  };
}
