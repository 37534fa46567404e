// The tables of what a session is on WhatsApp: its credentials, and Signal's keys.
import { bytes, count, millis, reference, table, words } from "./columns.ts";

export const credentials = table("credentials", {
  sessionId: reference("session_id").notNull(),
  generation: count("generation").notNull(),
  value: bytes("value").notNull(),
  writtenAt: millis("written_at").notNull(),
});

export const ratchets = table("ratchets", {
  sessionId: reference("session_id").notNull(),
  address: words("address").notNull(),
  value: bytes("value").notNull(),
});

export const senderKeys = table("sender_keys", {
  sessionId: reference("session_id").notNull(),
  name: words("name").notNull(),
  value: bytes("value").notNull(),
});

export const identities = table("identities", {
  sessionId: reference("session_id").notNull(),
  address: words("address").notNull(),
  key: bytes("key").notNull(),
});

export const lidMappings = table("lid_mappings", {
  sessionId: reference("session_id").notNull(),
  phone: words("phone").notNull(),
  lid: words("lid").notNull(),
});

export const preKeys = table("pre_keys", {
  sessionId: reference("session_id").notNull(),
  keyId: count("key_id").notNull(),
  value: bytes("value").notNull(),
});

export const deviceLists = table("device_lists", {
  sessionId: reference("session_id").notNull(),
  user: words("user").notNull(),
  devices: words("devices").notNull(),
  at: millis("at").notNull(),
});

export const signalKeys = table("signal_keys", {
  sessionId: reference("session_id").notNull(),
  kind: words("kind").notNull(),
  name: words("name").notNull(),
  value: bytes("value").notNull(),
});
