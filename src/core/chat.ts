// Chats: where messages are, with one person, a group, a channel, or among the statuses.
import type { Face } from "./content.ts";

/** In the order of their codes in the database; only ever added to. */
export const chatKinds = ["person", "group", "channel", "status", "broadcast"] as const;
export type ChatKind = (typeof chatKinds)[number];

/** As WhatsApp names a chat: a person by their faces, everything else by its JID. */
export type ChatRef = { kind: "person"; face: Face } | { kind: Exclude<ChatKind, "person">; jid: string };

export type Contact = {
  id: number;
  accountId: number;
  phone: string | null;
  lid: string | null;
  username: string | null;
  /** From the phone's address book. */
  name: string | null;
  /** As they call themselves. */
  pushName: string | null;
  /** A business's, vouched for by WhatsApp. */
  verifiedName: string | null;
  createdAt: number;
  updatedAt: number;
};

export type Chat = {
  id: number;
  sessionId: number;
  kind: ChatKind;
  /** Null for all but persons. */
  contactId: number | null;
  /** Null for persons, who have two addresses. */
  jid: string | null;
  name: string | null;
  unread: number;
  lastMessageId: number | null;
  lastMessageAt: number | null;
  createdAt: number;
  isArchived: boolean;
  pinnedAt: number | null;
  /** In the year 9999 where it is for good. */
  mutedUntil: number | null;
  /** Since when somebody wants to hear who is there and types. */
  watchedAt: number | null;
};

/** As far as what is known of either tells. */
export function isSamePerson(one: Face, other: Face): boolean {
  return (one.phone !== null && one.phone === other.phone) || (one.lid !== null && one.lid === other.lid);
}

export function jidOf(face: Face): string {
  return face.phone === null ? `${face.lid}@lid` : `${face.phone}@s.whatsapp.net`;
}

/** Of a JID as `readChatJid` gives it. */
export function chatOf(jid: string): ChatRef {
  const [user = "", host] = jid.split("@");
  if (host === "g.us") return { kind: "group", jid };
  if (host === "newsletter") return { kind: "channel", jid };
  return { kind: "person", face: { phone: host === "lid" ? null : user, lid: host === "lid" ? user : null } };
}
