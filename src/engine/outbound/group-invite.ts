// Invitations to a group, for somebody who could not be added.
import type { proto } from "@whiskeysockets/baileys";
import { second } from "../../core/clock.ts";
import type { Content } from "../../core/content.ts";
import type { Pen } from "./compose.ts";

export function groupInviteMessage(
  { group, name, code, text, expiresAt }: Extract<Content, { kind: "group_invite" }>,
  { contextInfo, say }: Pen,
): proto.IMessage {
  return {
    groupInviteMessage: {
      groupJid: group,
      groupName: name,
      inviteCode: code,
      caption: text === null ? null : say(text),
      inviteExpiration: expiresAt === null ? null : Math.floor(expiresAt / second),
      contextInfo,
    },
  };
}
