// What somebody is asked to come to: an event, a call that was arranged, a group.
import type { proto } from "@whiskeysockets/baileys";
import { linesOf, type Reading, type Said, said, unsupported } from "./finding.ts";
import { msOf, positive } from "./numbers.ts";

export function readEvent(event: proto.Message.IEventMessage, { secret }: Reading): Said {
  const { location } = event;
  const content = {
    kind: "event" as const,
    name: event.name ?? "",
    description: event.description || null,
    startsAt: msOf(event.startTime),
    location: linesOf([location?.name, location?.address]) ?? (event.joinLink || null),
    ...(event.isCanceled === true ? { isCancelled: true as const } : {}),
  };
  return said(content, event.contextInfo, { secret });
}

export function readArrangedCall(call: proto.Message.IScheduledCallCreationMessage): Said {
  const startsAt = positive(call.scheduledTimestampMs);
  return said({ kind: "event", name: call.title ?? "", description: null, startsAt, location: null });
}

export function readGroupInvite(invite: proto.Message.IGroupInviteMessage): Said {
  const { groupJid: group, inviteCode: code, contextInfo } = invite;
  const [name, text] = [invite.groupName || null, invite.caption || null];
  if (!group || !code) return unsupported("groupInviteMessage", contextInfo, name, text);
  const expiresAt = msOf(invite.inviteExpiration);
  return said({ kind: "group_invite", group, name, code, text, expiresAt }, contextInfo);
}
