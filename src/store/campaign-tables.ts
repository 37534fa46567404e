// The tables of campaigns: what is said to whom by which numbers, and who is not written to.
import {
  type CampaignMessage,
  type CampaignSettings,
  campaignStates,
  recipientStates,
  type StopReason,
} from "../core/campaign.ts";
import { suppressionSources } from "../core/suppression.ts";
import { bytes, count, flag, integerKey, jsonOf, millis, oneOf, reference, rowId, table, words } from "./columns.ts";

/** Where a file is on WhatsApp's hosts. */
export type UploadedPlace = { url: string; directPath: string };

export const campaigns = table("campaigns", {
  id: rowId(),
  accountId: reference("account_id").notNull(),
  name: words("name"),
  state: oneOf("state", campaignStates).notNull(),
  reason: words("reason").$type<StopReason>(),
  settings: jsonOf<CampaignSettings>("settings").notNull(),
  columns: jsonOf<string[]>("columns").notNull(),
  upload: count("upload").notNull().default(0),
  isUploading: flag("is_uploading").notNull().default(false),
  duplicates: count("duplicates").notNull().default(0),
  total: count("total").notNull().default(0),
  queued: count("queued").notNull().default(0),
  sent: count("sent").notNull().default(0),
  failed: count("failed").notNull().default(0),
  skipped: count("skipped").notNull().default(0),
  sentBefore: count("sent_before").notNull().default(0),
  failedBefore: count("failed_before").notNull().default(0),
  skippedBefore: count("skipped_before").notNull().default(0),
  idempotencyKey: words("idempotency_key"),
  fingerprint: bytes("fingerprint"),
  startAt: millis("start_at"),
  createdAt: millis("created_at").notNull(),
  updatedAt: millis("updated_at").notNull(),
  startedAt: millis("started_at"),
  resumedAt: millis("resumed_at"),
  endedAt: millis("ended_at"),
});

export const campaignMessages = table("campaign_messages", {
  campaignId: integerKey("campaign_id"),
  message: jsonOf<CampaignMessage>("message").notNull(),
  file: words("file"),
});

export const campaignSessions = table("campaign_sessions", {
  campaignId: reference("campaign_id").notNull(),
  sessionId: reference("session_id").notNull(),
  place: count("place").notNull(),
  nextAt: millis("next_at"),
  brakeKnown: millis("brake_known"),
  uploaded: jsonOf<UploadedPlace>("uploaded"),
  uploadedAt: millis("uploaded_at"),
});

export const campaignRecipients = table("campaign_recipients", {
  id: rowId(),
  campaignId: reference("campaign_id").notNull(),
  target: words("target").notNull(),
  cells: jsonOf<(string | null)[]>("cells"),
  upload: count("upload").notNull().default(0),
  state: oneOf("state", recipientStates).notNull(),
  messageId: reference("message_id"),
  sessionId: reference("session_id"),
  fault: words("fault"),
  settledAt: millis("settled_at"),
});

export const suppressions = table("suppressions", {
  id: rowId(),
  accountId: reference("account_id").notNull(),
  phone: words("phone"),
  lid: words("lid"),
  source: oneOf("source", suppressionSources).notNull(),
  note: words("note"),
  campaignId: reference("campaign_id"),
  createdAt: millis("created_at").notNull(),
});
