// The table of those who are being forgotten.
import { count, jsonOf, millis, reference, rowId, table } from "./columns.ts";

/** What a person can be found by. */
export type Traces = { phones: string[]; lids: string[]; contactIds: number[] };

export const forgettings = table("forgettings", {
  id: rowId(),
  accountId: reference("account_id").notNull(),
  contactId: reference("contact_id").notNull(),
  traces: jsonOf<Traces>("traces").notNull(),
  step: count("step").notNull(),
  place: count("place").notNull(),
  lastInboxId: reference("last_inbox_id").notNull(),
  lastMessageId: reference("last_message_id").notNull(),
  lastJournalId: reference("last_journal_id").notNull(),
  createdAt: millis("created_at").notNull(),
});
