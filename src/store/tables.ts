// Every table once, as the queries see it: here sessions, chats and messages, beside it the others. The SQL in migrations/ is
// what makes them; a test holds the two together.
import { chatKinds } from "../core/chat.ts";
import { type Content, type Context, contentKinds } from "../core/content.ts";
import type { MediaLocator } from "../core/inbound.ts";
import { type MessageFault, mediaStates, messageStates } from "../core/message.ts";
import { type Identity, type SessionSettings, sessionStatuses } from "../core/session.ts";
import { type KnownAdmin, memberForms } from "../core/told.ts";
import { bytes, count, flag, integerKey, jsonOf, millis, oneOf, reference, rowId, table, words } from "./columns.ts";

export const sessions = table("sessions", {
  id: rowId(),
  accountId: reference("account_id").notNull(),
  name: words("name").notNull(),
  label: words("label"),
  settings: jsonOf<SessionSettings>("settings").notNull(),
  proxy: bytes("proxy"),
  isWanted: flag("is_wanted").notNull(),
  status: oneOf("status", sessionStatuses).notNull(),
  reason: words("reason"),
  identity: jsonOf<Identity>("identity"),
  network: words("network"),
  lease: count("lease").notNull(),
  createdAt: millis("created_at").notNull(),
  changedAt: millis("changed_at").notNull(),
  linkedAt: millis("linked_at"),
  connectedAt: millis("connected_at"),
});

export const journal = table("journal", {
  id: rowId(),
  accountId: reference("account_id").notNull(),
  sessionId: reference("session_id"),
  type: words("type").notNull(),
  at: millis("at").notNull(),
  data: jsonOf<Record<string, unknown>>("data").notNull(),
});

export const inbox = table("inbox", {
  id: rowId(),
  sessionId: reference("session_id").notNull(),
  digest: bytes("digest").notNull(),
  stanza: bytes("stanza").notNull(),
  isPeer: flag("is_peer").notNull(),
  receivedAt: millis("received_at").notNull(),
  takenAt: millis("taken_at"),
});

export const contacts = table("contacts", {
  id: rowId(),
  accountId: reference("account_id").notNull(),
  phone: words("phone"),
  lid: words("lid"),
  username: words("username"),
  name: words("name"),
  pushName: words("push_name"),
  verifiedName: words("verified_name"),
  createdAt: millis("created_at").notNull(),
  updatedAt: millis("updated_at").notNull(),
});

export const chats = table("chats", {
  id: rowId(),
  sessionId: reference("session_id").notNull(),
  kind: oneOf("kind", chatKinds).notNull(),
  contactId: reference("contact_id"),
  jid: words("jid"),
  name: words("name"),
  unread: count("unread").notNull(),
  lastMessageId: reference("last_message_id"),
  lastMessageAt: millis("last_message_at"),
  createdAt: millis("created_at").notNull(),
  reachedAt: millis("reached_at"),
  wasHeard: flag("was_heard").notNull().default(false),
  isArchived: flag("is_archived").notNull().default(false),
  pinnedAt: millis("pinned_at"),
  mutedUntil: millis("muted_until"),
  watchedAt: millis("watched_at"),
});

export const groups = table("groups", {
  sessionId: reference("session_id").notNull(),
  jid: words("jid").notNull(),
  members: oneOf("members", memberForms).notNull(),
  admins: jsonOf<KnownAdmin[]>("admins"),
  knownAt: millis("known_at").notNull(),
});

export const messages = table("messages", {
  id: rowId(),
  sessionId: reference("session_id").notNull(),
  chatId: reference("chat_id").notNull(),
  waId: words("wa_id").notNull(),
  fromMe: flag("from_me").notNull(),
  senderId: reference("sender_id"),
  target: words("target"),
  kind: oneOf("kind", contentKinds).notNull(),
  state: oneOf("state", messageStates).notNull(),
  text: words("text"),
  content: jsonOf<Content>("content").notNull(),
  context: jsonOf<Context>("context"),
  raw: bytes("raw"),
  secret: bytes("secret"),
  fault: words("fault"),
  saidAt: millis("said_at").notNull(),
  createdAt: millis("created_at").notNull(),
  expiresAt: millis("expires_at"),
  sentAt: millis("sent_at"),
  deliveredAt: millis("delivered_at"),
  readAt: millis("read_at"),
  playedAt: millis("played_at"),
  editedAt: millis("edited_at"),
  deletedAt: millis("deleted_at"),
  isUrgent: flag("is_urgent").notNull().default(false),
  failedAt: millis("failed_at"),
});

export const receipts = table("receipts", {
  messageId: reference("message_id").notNull(),
  contactId: reference("contact_id").notNull(),
  deliveredAt: millis("delivered_at"),
  readAt: millis("read_at"),
  playedAt: millis("played_at"),
});

export const reactions = table("reactions", {
  messageId: reference("message_id").notNull(),
  contactId: reference("contact_id").notNull(),
  emoji: words("emoji").notNull(),
  at: millis("at").notNull(),
});

export const votes = table("votes", {
  messageId: reference("message_id").notNull(),
  contactId: reference("contact_id").notNull(),
  options: jsonOf<string[]>("options").notNull(),
  at: millis("at").notNull(),
});

export const media = table("media", {
  messageId: integerKey("message_id"),
  sessionId: reference("session_id"),
  state: oneOf("state", mediaStates).notNull(),
  locator: jsonOf<MediaLocator>("locator"),
  path: words("path"),
  bytes: count("bytes"),
  attempts: count("attempts").notNull(),
  nextAt: millis("next_at"),
  askedAt: millis("asked_at"),
  fault: jsonOf<MessageFault>("fault"),
  storedAt: millis("stored_at"),
  uploadedAt: millis("uploaded_at"),
});

export const dailySends = table("daily_sends", {
  accountId: integerKey("account_id"),
  day: count("day").notNull(),
  messages: count("messages").notNull(),
  timeZone: words("time_zone").notNull(),
  beginsAt: millis("begins_at").notNull(),
  endsAt: millis("ends_at").notNull(),
  isPart: flag("is_part").notNull(),
});

export const idempotency = table("idempotency", {
  accountId: reference("account_id").notNull(),
  key: words("key").notNull(),
  fingerprint: bytes("fingerprint").notNull(),
  messageId: reference("message_id"),
  actionId: reference("action_id"),
  createdAt: millis("created_at").notNull(),
  scheduleId: reference("schedule_id"),
});
