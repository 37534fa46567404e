// An event as the native API tells it: who, where and what it says on top, and all there is in `data`.
import type { Contact } from "../../core/chat.ts";
import { isoTime } from "../../core/clock.ts";
import type { Face } from "../../core/content.ts";
import type { EventBody, EventInFull, EventType } from "../../core/events.ts";
import type { Ids } from "../../core/ids.ts";
import type { MessageFault } from "../../core/message.ts";
import { type SessionReason, type SessionStatus, sessionReasons } from "../../core/session.ts";
import { disabledReasons } from "../../core/webhook.ts";
import { showCallEvent } from "./call-events.ts";
import { showCampaignEvent } from "./campaign-event.ts";
import { showContact } from "./chat-shapes.ts";
import { addressOf, personOf, type Told } from "./event-people.ts";
import { showGroupEvent, showMemberEvent } from "./group-events.ts";
import { showFace, showMessage } from "./message-shapes.ts";
import { showPresenceEvent } from "./presence-events.ts";

export function showEvent(full: EventInFull, ids: Ids): EventBody {
  const { event, message } = full;
  const text = textOf(full);
  const groupId = message?.chat.kind === "group" ? message.chat.jid : wordsIn(event.data.groupJid);
  return {
    event: event.type,
    id: ids.show("event", event.id),
    session_id: event.sessionId === null ? null : ids.show("session", event.sessionId),
    sequence: event.id,
    timestamp: isoTime(event.at),
    ...showing(full, ids),
    ...(groupId === null ? {} : { group_id: groupId }),
    ...(text === null ? {} : { text }),
  };
}

/** With whom it is from: not what somebody reacted to. */
const speaking: readonly EventType[] = [
  "message.received",
  "message.queued",
  "message.sent",
  "message.failed",
  "message.edited",
  "message.unsupported",
];

function textOf({ event, message }: EventInFull): string | null {
  return message !== null && message.deletedAt === null && speaking.includes(event.type) ? message.text : null;
}

function showing(full: EventInFull, ids: Ids): Told {
  const { type, data } = full.event;
  switch (type) {
    case "session.qr":
      return ofSession(full, ids, { qr: wordsIn(data.qr) ?? "", qr_expires_at: isoTime(numberIn(data.expiresAt)) });
    case "session.connected":
    case "session.disconnected":
    case "session.logged_out":
    case "session.failed":
    case "session.stalled":
      return ofSession(full, ids, {});
    case "message.received":
    case "message.unsupported":
      return ofAuthor(full, ids, { late: data.late === true });
    case "message.queued":
    case "message.sent":
    case "message.failed":
    case "message.edited":
    case "message.deleted":
      return ofAuthor(full, ids, {});
    case "message.delivered":
    case "message.read": {
      const by = typeof data.contactId === "number" ? personOf(full, ids) : null;
      return { from: by === null ? null : addressOf(by), data: messageData(full, ids, { by }) };
    }
    case "message.reaction": {
      const by = personOf(full, ids);
      return { from: addressOf(by), data: messageData(full, ids, { reaction: { by, emoji: wordsIn(data.emoji) } }) };
    }
    case "poll.vote": {
      const by = personOf(full, ids);
      const options = Array.isArray(data.options) ? data.options.filter((one) => typeof one === "string") : [];
      return { from: addressOf(by), data: messageData(full, ids, { vote: { by, options } }) };
    }
    case "call.received":
    case "call.rejected":
    case "call.ended":
      return showCallEvent(full, ids);
    case "member.joined":
    case "member.left":
    case "member.promoted":
    case "member.demoted":
      return showMemberEvent(full, ids);
    case "group.updated":
      return showGroupEvent(full, ids);
    case "presence.updated":
      return showPresenceEvent(full, ids);
    case "contact.created":
    case "contact.forgotten":
      return ofContact(full, ids, {});
    case "contact.updated": {
      const changed = Array.isArray(data.changed) ? data.changed.map((name) => fieldNames[String(name)] ?? name) : [];
      return ofContact(full, ids, { changed });
    }
    case "contact.merged":
      return ofContact(full, ids, { merged_id: ids.show("contact", numberIn(data.mergedId) ?? 0) });
    case "schedule.sent":
    case "schedule.failed":
    case "schedule.missed":
      return ofSchedule(full, ids);
    case "contact.opted_out": {
      const campaign_id = ids.show("campaign", numberIn(data.campaignId) ?? 0);
      return ofContact(full, ids, { word: wordsIn(data.word) ?? "", campaign_id });
    }
    case "campaign.started":
    case "campaign.progress":
    case "campaign.paused":
    case "campaign.completed":
      return { from: null, data: showCampaignEvent(data, ids) };
    case "webhook.disabled":
      return ofWebhook(full, ids, { host: wordsIn(data.host) ?? "", reason: disabledReason(data.reason) });
    case "webhook.test":
      return ofWebhook(full, ids, { message: "This is a test: your receiver got it, and nothing has happened." });
  }
}

const fieldNames: Record<string, string> = { pushName: "push_name", verifiedName: "verified_name" };
const wordsIn = (value: unknown) => (typeof value === "string" ? value : null);
const numberIn = (value: unknown) => (typeof value === "number" ? value : null);

/** Whoever wrote the message. */
function ofAuthor(full: EventInFull, ids: Ids, more: Record<string, unknown>): Told {
  return { from: authorOf(full), data: messageData(full, ids, more) };
}

function authorOf({ message, session }: EventInFull): string | null {
  if (message === null) return null;
  if (message.sender !== null) return addressOf(showFace(message.sender));
  // In a channel it is the channel that speaks.
  return message.isFromMe ? addressOf(showFace(session?.identity ?? nobody)) : message.chat.jid;
}

const nobody: Face = { phone: null, lid: null };

function messageData({ event, message }: EventInFull, ids: Ids, more: Record<string, unknown>) {
  return { ...(message === null ? removedMessage(event, ids) : showMessage(message, ids)), ...more };
}

function removedMessage({ data, sessionId }: EventInFull["event"], ids: Ids) {
  return {
    id: ids.show("message", numberIn(data.messageId) ?? 0),
    session_id: ids.show("session", sessionId ?? 0),
    removed: true,
  };
}

function ofContact({ event, contact }: EventInFull, ids: Ids, more: Record<string, unknown>): Told {
  const face = contact ?? faceIn(event.data);
  const shown =
    contact === null || event.type === "contact.forgotten" ? removedContact(event, ids, face) : shownOf(contact, ids);
  return { from: addressOf(showFace(face)), data: { ...shown, ...more } };
}

const shownOf = (contact: Contact, ids: Ids): Record<string, unknown> => showContact(contact, ids);

function removedContact({ data }: EventInFull["event"], ids: Ids, face: Face): Record<string, unknown> {
  return { id: ids.show("contact", numberIn(data.contactId) ?? 0), ...showFace(face), removed: true };
}

const faceIn = (data: Record<string, unknown>): Face => ({ phone: wordsIn(data.phone), lid: wordsIn(data.lid) });

/** As it stood when it was told, and otherwise as it is. */
function ofSession({ event, session }: EventInFull, ids: Ids, more: Record<string, unknown>): Told {
  const { status, reason } = standingOf(event, session);
  const own = showFace(session?.identity ?? faceIn(event.data));
  const known = {
    id: ids.show("session", event.sessionId ?? 0),
    name: session?.name ?? wordsIn(event.data.name) ?? "",
    status,
    reason: reason === null ? null : { code: reason, sentence: sessionReasons[reason] },
    ...own,
  };
  const rest =
    session === null
      ? { removed: true }
      : {
          label: session.label,
          display_name: session.identity?.displayName ?? null,
          platform: session.identity?.platform ?? null,
          created_at: isoTime(session.createdAt),
          linked_at: isoTime(session.linkedAt),
        };
  return { from: addressOf(own), data: { ...known, ...rest, ...more } };
}

function ofWebhook({ event }: EventInFull, ids: Ids, more: Record<string, unknown>): Told {
  return { from: null, data: { id: ids.show("webhook", numberIn(event.data.webhookId) ?? 0), ...more } };
}

/** What it was to say is told with the message that it made, where it made one. */
function ofSchedule(full: EventInFull, ids: Ids): Told {
  const { data } = full.event;
  const runId = numberIn(data.runId);
  const told = {
    schedule_id: ids.show("schedule", numberIn(data.scheduleId) ?? 0),
    run_id: runId === null ? null : ids.show("scheduleRun", runId),
    scheduled_at: isoTime(numberIn(data.nominalAt) ?? full.event.at),
    missed_until: isoTime(numberIn(data.missedUpTo)),
    next_run_at: isoTime(numberIn(data.nextAt)),
    error: faultIn(data.fault),
    message: numberIn(data.messageId) === null ? null : messageData(full, ids, {}),
  };
  return { from: authorOf(full), data: told };
}

function faultIn(value: unknown): MessageFault | null {
  if (typeof value !== "object" || value === null || !("code" in value) || !("sentence" in value)) return null;
  return { code: String(value.code), sentence: String(value.sentence) };
}

function disabledReason(code: unknown): { code: string; sentence: string } | null {
  const isKnown = typeof code === "string" && code in disabledReasons;
  return isKnown ? { code, sentence: disabledReasons[code as keyof typeof disabledReasons] } : null;
}

function standingOf({ type, data }: EventInFull["event"], session: EventInFull["session"]) {
  const reason = wordsIn(data.reason);
  const isKnown = (code: string | null): code is SessionReason => code !== null && code in sessionReasons;
  const status = reason === "passkey_required" ? reason : (statuses[type] ?? session?.status ?? "stopped");
  return { status, reason: isKnown(reason) ? reason : null };
}

const statuses: Partial<Record<EventType, SessionStatus>> = {
  "session.qr": "pairing",
  "session.connected": "connected",
  "session.disconnected": "disconnected",
  "session.logged_out": "logged_out",
  "session.failed": "failed",
  "session.stalled": "disconnected",
};
