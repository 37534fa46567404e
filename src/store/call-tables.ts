// The table of calls.
import { callOutcomes } from "../core/call.ts";
import { flag, millis, oneOf, reference, rowId, table, words } from "./columns.ts";

export const calls = table("calls", {
  id: rowId(),
  accountId: reference("account_id").notNull(),
  sessionId: reference("session_id").notNull(),
  waId: words("wa_id").notNull(),
  contactId: reference("contact_id").notNull(),
  isVideo: flag("is_video").notNull(),
  isGroup: flag("is_group").notNull(),
  groupJid: words("group_jid"),
  outcome: oneOf("outcome", callOutcomes),
  startedAt: millis("started_at").notNull(),
  answeredAt: millis("answered_at"),
  rejectedAt: millis("rejected_at"),
  endedAt: millis("ended_at"),
  createdAt: millis("created_at").notNull(),
});
