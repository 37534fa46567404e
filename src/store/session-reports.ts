// What a session reports of itself, written down: its row, and in the same transaction the events that others hear of and
// the entries of the audit that its owner may want to see one day.
import { eq } from "drizzle-orm";
import { phoneOwner } from "../core/audit.ts";
import type { EventType } from "../core/events.ts";
import type { SessionReport } from "../core/ports.ts";
import { type Identity, restartCures, type SessionStatus } from "../core/session.ts";
import { auditAppender, type Recorded } from "./audit.ts";
import type { Handle } from "./database.ts";
import { journalAppender } from "./journal.ts";
import { sessions } from "./tables.ts";

export type ReportInput = {
  report: SessionReport;
  /** The network that it runs on, by its root key. */
  network: string | null;
  /** Where somebody here is behind it. */
  event?: Recorded;
};

/** Whose session it was, and where it stood before. */
export type Reported = { accountId: number; name: string; was: SessionStatus };

type Row = typeof sessions.$inferSelect;
type Told = [EventType, Record<string, unknown>];

export function sessionReportWrites(db: Handle) {
  const audit = auditAppender(db);
  const append = journalAppender(db);

  return {
    /** Null for the last word of a session that was removed meanwhile. */
    async "sessions.report"({ report, network, event }: ReportInput): Promise<Reported | null> {
      const [row] = await db.select().from(sessions).where(eq(sessions.id, report.sessionId));
      if (row === undefined) return null;
      await db
        .update(sessions)
        .set(changesOf(row, report, network))
        .where(eq(sessions.id, row.id));
      for (const [type, data] of eventsOf(row, report)) {
        append({
          accountId: row.accountId,
          sessionId: row.id,
          type,
          at: report.at,
          data: { name: row.name, ...data },
        });
      }
      for (const entry of event === undefined ? entriesOf(row, report) : [event]) await audit(entry);
      return { accountId: row.accountId, name: row.name, was: row.status };
    },
  };
}

function changesOf(row: Row, report: SessionReport, network: string | null): Partial<Row> {
  const { status, reason, identity, at } = report;
  const changes: Partial<Row> = { status, reason, connectedAt: connectedAt(row, report) };
  if (status !== row.status || reason !== row.reason) changes.changedAt = at;
  if (isOver(report)) changes.isWanted = false;
  if (identity === undefined) return changes;
  if (identity === null) return { ...changes, identity, network: null, linkedAt: null };
  return { ...changes, identity, network, linkedAt: row.identity === null ? at : row.linkedAt };
}

/** It goes on only when its owner says so, not when the gateway starts again. */
function isOver({ status, reason }: SessionReport): boolean {
  if (status === "logged_out" || status === "passkey_required") return true;
  return status === "failed" && (reason === null || !restartCures.includes(reason));
}

/** On its way it may well be connected still, as far as anybody was told. */
function connectedAt(row: Row, { status, at }: SessionReport): number | null {
  if (status === "connected") return row.status === "connected" ? (row.connectedAt ?? at) : at;
  return status === "starting" || status === "pairing" || status === "connecting" ? row.connectedAt : null;
}

function eventsOf(row: Row, report: SessionReport): Told[] {
  const { status, reason, qr, hasStalled } = report;
  const told: Told[] = [];
  const isNews = status !== row.status;
  if (hasStalled === true) told.push(["session.stalled", {}]);
  if (qr !== undefined) told.push(["session.qr", { qr: qr.text, expiresAt: qr.expiresAt }]);
  if (status === "connected" && isNews) told.push(["session.connected", whoIs(report.identity ?? row.identity)]);
  // Told once per loss: the attempts that follow fail in silence until it is connected again.
  if (status === "disconnected" && row.connectedAt !== null) told.push(["session.disconnected", { reason }]);
  if (status === "logged_out" && isNews && wasLinked(row)) told.push(["session.logged_out", { reason }]);
  const hasFailed = status === "failed" || status === "passkey_required";
  if (hasFailed && (isNews || reason !== row.reason)) told.push(["session.failed", { reason }]);
  return told;
}

const wasLinked = (row: Row) => row.identity !== null;

function whoIs(identity: Identity | null) {
  const { phone = null, lid = null, displayName = null, platform = null } = identity ?? {};
  return { phone, lid, displayName, platform };
}

/** What the phone did. */
function entriesOf(row: Row, { status, reason, identity, at }: SessionReport): Recorded[] {
  const entry = { actor: phoneOwner, accountId: row.accountId, target: row.name, at };
  if (row.identity === null && identity != null) {
    return [{ ...entry, action: "session.linked", detail: { phone: identity.phone } }];
  }
  const isByPhone = status === "logged_out" && row.status !== "logged_out" && reason !== "logged_out_here";
  return isByPhone && wasLinked(row) ? [{ ...entry, action: "session.logged_out", detail: {} }] : [];
}
