// The tables of accounts, of what proves who somebody is, and of the installation itself.
import { roles } from "../core/account.ts";
import { scopes } from "../core/key.ts";
import { bytes, count, jsonOf, millis, oneOf, reference, rowId, someOf, table, words } from "./columns.ts";

export const installation = table("installation", {
  name: words("name").primaryKey(),
  value: bytes("value").notNull(),
});

export const plans = table("plans", {
  id: rowId(),
  name: words("name").notNull(),
  requestsPerMinute: count("requests_per_minute"),
  webhookEventsPerMinute: count("webhook_events_per_minute"),
  sessions: count("sessions"),
  messagesPerDay: count("messages_per_day"),
  createdAt: millis("created_at").notNull(),
});

export const accounts = table("accounts", {
  id: rowId(),
  username: words("username").notNull(),
  email: words("email"),
  passwordHash: words("password_hash"),
  role: oneOf("role", roles).notNull(),
  planId: reference("plan_id").notNull(),
  disabledAt: millis("disabled_at"),
  createdAt: millis("created_at").notNull(),
  timeZone: words("time_zone").notNull().default("UTC"),
});

export const apiKeys = table("api_keys", {
  id: rowId(),
  accountId: reference("account_id").notNull(),
  name: words("name").notNull(),
  prefix: words("prefix").notNull(),
  hash: bytes("hash").notNull(),
  scopes: someOf("scopes", scopes).notNull(),
  sessions: jsonOf<string[]>("sessions"),
  addresses: jsonOf<string[]>("addresses"),
  createdAt: millis("created_at").notNull(),
  lastUsedAt: millis("last_used_at"),
  expiresAt: millis("expires_at"),
  revokedAt: millis("revoked_at"),
  uses: count("uses").notNull(),
  sessionId: reference("session_id"),
  sealed: bytes("sealed"),
});

export const keyUses = table("key_uses", {
  keyId: reference("key_id").notNull(),
  day: count("day").notNull(),
  uses: count("uses").notNull(),
});

export const logins = table("logins", {
  id: rowId(),
  accountId: reference("account_id").notNull(),
  tokenId: words("token_id").notNull(),
  createdAt: millis("created_at").notNull(),
  lastSeenAt: millis("last_seen_at").notNull(),
  expiresAt: millis("expires_at").notNull(),
  address: words("address"),
  userAgent: words("user_agent"),
});

export const invites = table("invites", {
  id: rowId(),
  hash: bytes("hash").notNull(),
  email: words("email"),
  role: oneOf("role", roles).notNull(),
  planId: reference("plan_id").notNull(),
  createdAt: millis("created_at").notNull(),
  expiresAt: millis("expires_at").notNull(),
  revokedAt: millis("revoked_at"),
  usedAt: millis("used_at"),
  usedBy: reference("used_by"),
});

export const audit = table("audit", {
  id: rowId(),
  at: millis("at").notNull(),
  action: words("action").notNull(),
  actorId: reference("actor_id"),
  via: words("via").notNull(),
  address: words("address"),
  accountId: reference("account_id"),
  target: words("target"),
  detail: words("detail").notNull(),
  hash: bytes("hash").notNull(),
});
