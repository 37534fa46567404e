// A session at work as the fleet knows it, and what it needs of the world.
import type { Clock } from "../core/clock.ts";
import type { PastValue, ReceiptValue } from "../core/inbound.ts";
import type { Log } from "../core/log.ts";
import type { LiveSession, PairingCode, Report, SessionSpec } from "../core/ports.ts";
import type { SignalMemory } from "../core/signal-memory.ts";
import type { ToldValue } from "../core/told.ts";
import type { AddressRules } from "../net/address-rules.ts";
import type { Changes } from "./changes.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import type { HistorySink } from "./history/chunk.ts";
import type { Network } from "./network.ts";
import type { Passkeys } from "./passkey.ts";

export type SessionNeeds = {
  network: Network;
  openMemory(sessionId: number): Promise<SignalMemory>;
  report: Report;
  gate: Gate;
  clock: Clock;
  log: Log;
  /** For its proxy. */
  addressRules: AddressRules;
  keepAliveMs: number;
  passkeys: Passkeys;
  findSent(sessionId: number, waId: string): Uint8Array | null;
  receipts(sessionId: number, values: ReceiptValue[]): Promise<void>;
  told(sessionId: number, value: ToldValue): void;
  /** For temporary files. */
  folder: string;
  past(sessionId: number, value: PastValue): Promise<void>;
  historyOf?(sessionId: number): HistorySink;
};

export type RunningSession = {
  readonly spec: SessionSpec;
  view(): LiveSession;
  changes: Changes;
  begin(): void;
  apply(spec: SessionSpec): Promise<void>;
  stop(): Promise<void>;
  /** With the gateway: nothing is told, so that it goes on where it was after the next start. */
  shutDown(): Promise<void>;
  logOut(): Promise<void>;
  pairingCode(phone: string): Promise<PairingCode>;
  /** The connection, if it is open; else a fault that says what is missing. */
  connection(): Connection;
  /** Every few seconds. */
  tick(): void;
};
