// The table of what is done to messages that are there.
import { actionKinds, actionStates } from "../core/action.ts";
import type { Content, Context } from "../core/content.ts";
import { bytes, jsonOf, millis, oneOf, reference, rowId, table, words } from "./columns.ts";

export const actions = table("actions", {
  id: rowId(),
  sessionId: reference("session_id").notNull(),
  messageId: reference("message_id").notNull(),
  chatId: reference("chat_id").notNull(),
  afterId: reference("after_id").notNull(),
  kind: oneOf("kind", actionKinds).notNull(),
  state: oneOf("state", actionStates).notNull(),
  waId: words("wa_id").notNull(),
  target: words("target").notNull(),
  raw: bytes("raw").notNull(),
  emoji: words("emoji"),
  content: jsonOf<Content>("content"),
  context: jsonOf<Context>("context"),
  edited: bytes("edited"),
  fault: words("fault"),
  createdAt: millis("created_at").notNull(),
  expiresAt: millis("expires_at").notNull(),
  sentAt: millis("sent_at"),
});
