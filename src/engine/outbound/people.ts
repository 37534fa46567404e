// How people are written in a message: in the form that its chat has for them, within texts as well.
import { proto } from "@whiskeysockets/baileys";
import type { Context, Face } from "../../core/content.ts";
import type { Writing } from "../../core/ports.ts";
import { decode } from "./encoded.ts";
import { quotedFrom } from "./quoted.ts";

export const isChannel = (jid: string): boolean => jid.endsWith("@newsletter");
export const isGroup = (jid: string): boolean => jid.endsWith("@g.us");

type Form = "phone" | "lid";
const hosts: Record<Form, string> = { phone: "s.whatsapp.net", lid: "lid" };

/** In the chat's form, or in the other one where that is all that is known. */
export function jidIn(face: Face, writing: Pick<Writing, "target" | "members">): string {
  const [form, user] = written(face, formOf(writing));
  return `${user}@${hosts[form]}`;
}

function formOf({ target, members }: Pick<Writing, "target" | "members">): Form {
  if (isGroup(target)) return members;
  return target.endsWith("@lid") ? "lid" : "phone";
}

function written(face: Face, form: Form): [Form, string] {
  const other = form === "phone" ? "lid" : "phone";
  return face[form] === null ? [other, face[other] ?? ""] : [form, face[form]];
}

/** A name in a text is shown as a name only where its digits are those of the JID that goes along. */
export function withMentions(text: string, { mentions }: Context, writing: Writing): string {
  return mentions.reduce((said, face) => {
    const [form, user] = written(face, formOf(writing));
    const other = face[form === "phone" ? "lid" : "phone"];
    return other === null ? said : said.replace(new RegExp(`@${other}(?!\\d)`, "g"), `@${user}`);
  }, text);
}

/** Null where there is nothing to say. Channels know neither replies nor messages that disappear. */
export function contextInfoOf(context: Context, writing: Writing): proto.IContextInfo | null {
  const { mentions, forwards, expiresInSeconds } = context;
  const isForChannel = isChannel(writing.target);
  const info: proto.IContextInfo = {
    ...(mentions.length === 0 ? {} : { mentionedJid: mentions.map((face) => jidIn(face, writing)) }),
    ...(forwards === 0 ? {} : { forwardingScore: forwards, isForwarded: true }),
    ...(isForChannel || expiresInSeconds === null ? {} : { expiration: expiresInSeconds }),
    ...(isForChannel ? {} : replyOf(context, writing)),
  };
  return Object.keys(info).length === 0 ? null : proto.ContextInfo.create(info);
}

function replyOf({ replyTo }: Context, writing: Writing): proto.IContextInfo {
  if (replyTo === null) return {};
  return {
    stanzaId: replyTo.waId,
    participant: jidIn(replyTo.sender ?? writing.me, writing),
    quotedMessage: (writing.quoted === null ? null : quotedFrom(decode(writing.quoted))) ?? {
      conversation: replyTo.text ?? "",
    },
  };
}
