// One example of each event, for the documentation: made as the real ones are, of somebody's shop and of Alice.
import type { Contact } from "../../core/chat.ts";
import { bareContext } from "../../core/content.ts";
import type { EventBody, EventInFull, EventType } from "../../core/events.ts";
import { createIds } from "../../core/ids.ts";
import type { Message } from "../../core/message.ts";
import { type Session, usualSettings } from "../../core/session.ts";
import { showEvent } from "./event-json.ts";

const at = Date.UTC(2026, 10, 20, 9, 30);
const accountId = 1;
const ids = createIds("NXbq5zRkMmYfJ0sWlOgKPvI4tEy8CrH1U7LTiaeBwZo3GFDnhSdxuAcVp6Qj29");

const session: Session = {
  ...{ id: 1, accountId, name: "shop", label: "The shop's number", settings: usualSettings, proxy: null },
  ...{ isWanted: true, status: "connected", reason: null, network: null },
  identity: { phone: "4915123456789", lid: "603168028046026", device: 3, displayName: "The shop", platform: "android" },
  ...{ createdAt: at, changedAt: at, linkedAt: at, connectedAt: at },
};
const face = { phone: "15551000003", lid: "224411668800113" };
const contact: Contact = {
  ...{ id: 7, accountId, ...face, username: null, name: null, pushName: "Alice", verifiedName: null },
  ...{ createdAt: at, updatedAt: at },
};
const never = { expiresAt: null, sentAt: null, deliveredAt: null, readAt: null, playedAt: null };
const theirs: Message = {
  ...{ id: 1_024, sessionId: session.id, waId: "3EB0C767D097B7C7C030", isFromMe: false, state: "received" },
  chat: { id: 12, kind: "person", jid: null, face, name: "Alice" },
  sender: { contactId: contact.id, ...face, name: "Alice" },
  ...{ text: "Hi bot", content: { kind: "text", text: "Hi bot", preview: null }, context: bareContext },
  ...{ fault: null, wait: null, media: null, saidAt: at, createdAt: at, ...never },
  ...{ failedAt: null, editedAt: null, deletedAt: null },
};
const queued: Message = {
  ...{ ...theirs, id: 1_025, waId: "3EB06B8E5D7A1F0C92D4", isFromMe: true, sender: null, state: "queued" },
  ...{ text: "Hello!", content: { kind: "text", text: "Hello!", preview: null } },
};
const sent: Message = { ...queued, state: "sent", sentAt: at };
const delivered: Message = { ...sent, state: "delivered", deliveredAt: at };
const poll: Message = {
  ...{ ...sent, text: "Tea or coffee?\nTea\nCoffee" },
  content: { kind: "poll", question: "Tea or coffee?", options: ["Tea", "Coffee"], selectable: 1 },
};
const campaign = {
  ...{ campaignId: 2, name: "Spring sale", state: "running", reason: null },
  ...{ total: 1_000, queued: 3, processed: 400, sent: 390, failed: 8, skipped: 2, perMinute: null, endsAt: null },
};
const fault = { code: "expired", sentence: "It could not go out in time." };
const failed: Message = { ...queued, state: "failed", failedAt: at, fault };
const due = { scheduleId: 2, nominalAt: at, nextAt: null };

const call = { callRow: 5, callId: "1A5C3E7B9D2F4A6C8E0B", isVideo: false, isGroup: false, startedAt: at };
const inGroup = { groupJid: "120363660183322321@g.us", chatId: 12, isByMe: true, happenedAt: at };

type Example = { data?: Record<string, unknown>; message?: Message; isAbout?: "contact" | "nobody" };
const about = { isAbout: "contact" } as const;
const examples: Record<EventType, Example> = {
  "session.qr": { data: { qr: "2@Qm9yZ2VzIHdhcyBoZXJl,cGFpcg==,bWU=,dG9vPQ==", expiresAt: at + 60_000 } },
  "session.connected": {},
  "session.disconnected": { data: { reason: "connection_lost" } },
  "session.logged_out": { data: { reason: "logged_out" } },
  "session.failed": { data: { reason: "pairing_timed_out" } },
  "session.stalled": { data: { reason: "stalled" } },
  "message.received": { message: theirs },
  "message.queued": { message: queued },
  "message.sent": { message: sent },
  "message.delivered": { ...about, message: delivered },
  "message.read": { ...about, message: { ...delivered, state: "read", readAt: at } },
  "message.failed": { message: failed },
  "message.reaction": { ...about, message: sent, data: { emoji: "👍" } },
  "message.edited": { message: { ...theirs, text: "Hi, bot!", editedAt: at } },
  "message.deleted": { message: { ...theirs, deletedAt: at } },
  "message.unsupported": {
    message: { ...theirs, text: null, content: { kind: "unsupported", type: "orderMessage", text: null } },
  },
  "poll.vote": { ...about, message: poll, data: { options: ["Tea"] } },
  "call.received": { ...about, data: { ...call, isLate: false } },
  "call.rejected": { ...about, data: call },
  "call.ended": { ...about, data: { ...call, outcome: "missed", endedAt: at + 30_000 } },
  "member.joined": { ...about, data: { ...inGroup, how: "added" } },
  "member.left": { ...about, data: { ...inGroup, how: "left" } },
  "member.promoted": { ...about, data: inGroup },
  "member.demoted": { ...about, data: inGroup },
  "group.updated": { data: { ...inGroup, changes: { subject: "Neighbours", announce: true } } },
  "presence.updated": { ...about, data: { chatId: 12, state: "typing", lastSeenAt: null } },
  "contact.created": about,
  "contact.updated": { ...about, data: { changed: ["pushName"] } },
  "contact.merged": { ...about, data: { mergedId: 9 } },
  "contact.forgotten": { isAbout: "nobody", data: { contactId: contact.id } },
  "schedule.sent": { message: sent, data: { ...due, runId: 5, messageId: sent.id } },
  "schedule.failed": { message: failed, data: { ...due, runId: 5, messageId: failed.id, fault } },
  "schedule.missed": { data: { ...due, runId: 5, missedUpTo: at } },
  "contact.opted_out": { ...about, data: { word: "STOP", campaignId: 2 } },
  "campaign.started": { data: { ...campaign, queued: 0, processed: 0, sent: 0, failed: 0, skipped: 0 } },
  "campaign.progress": { data: { ...campaign, perMinute: 14.5, endsAt: at + 2_483_000 } },
  "campaign.paused": { data: { ...campaign, state: "paused", reason: "failures" } },
  "campaign.completed": {
    data: { ...campaign, state: "completed", queued: 0, processed: 1_000, sent: 986, failed: 11, skipped: 3 },
  },
  "webhook.disabled": { isAbout: "nobody", data: { webhookId: 3, host: "hooks.example", reason: "failing" } },
  "webhook.test": { isAbout: "nobody", data: { webhookId: 3 } },
};

export function exampleOf(type: EventType): EventBody {
  return showEvent(exampleEvent(type), ids);
}

export function exampleEvent(type: EventType): EventInFull {
  const { data = {}, message = null, isAbout } = examples[type];
  const named = isAbout === "contact" ? { contactId: contact.id } : {};
  const sessionId = isAbout === "nobody" ? null : session.id;
  return {
    event: { id: 4_711, accountId, sessionId, type, at, data: { ...data, ...named } },
    session: sessionId === null ? null : session,
    message,
    contact: isAbout === "contact" ? contact : null,
    actor: null,
  };
}
