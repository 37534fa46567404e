// Stanzas as they lie in the inbox, made by hand: opened, with the padding still on.
import { type BinaryNode, proto } from "@whiskeysockets/baileys";
import type { Face } from "../../../src/core/content.ts";
import type { PeopleView } from "../../../src/core/inbound.ts";
import { encodeStanza } from "../../../src/engine/signal/stanza.ts";

export const me: Face = { phone: "15550001111", lid: "527421237050417" };
export const alice: Face = { phone: "15551000001", lid: "603168028046026" };
export const bob: Face = { phone: "15551000002", lid: "220000000000002" };
export const pn = ({ phone }: Face) => `${phone}@s.whatsapp.net`;
export const lid = (face: Face) => `${face.lid}@lid`;
export const group = "120363660183322321@g.us";
export const channel = "120363111111111111@newsletter";

export type KnownPeople = Record<string, string>;
export const everybody: KnownPeople = { "15551000001": "603168028046026", "15551000002": "220000000000002" };

export function viewOf(people: KnownPeople): PeopleView {
  return {
    lidOf: (phone) => people[phone] ?? null,
    phoneOf: (wanted) => Object.entries(people).find(([, known]) => known === wanted)?.[0] ?? null,
  };
}

export type Attributes = Record<string, string>;
export const fromAlice: Attributes = { from: pn(alice), sender_lid: lid(alice), notify: "Alice", type: "text" };
export const inGroup: Attributes = {
  from: group,
  participant: `${alice.lid}:3@lid`,
  participant_pn: pn(alice),
  addressing_mode: "lid",
  notify: "Alice",
  type: "text",
};

const paddingBytes = 5;

export function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(paddingBytes, paddingBytes)]);
}

export function bytesOf(message: proto.IMessage): Uint8Array {
  return proto.Message.encode(proto.Message.fromObject(message)).finish();
}

export function enc(plain: Uint8Array, type = "msg"): BinaryNode {
  return { tag: "enc", attrs: { v: "2", type }, content: padded(plain) };
}

export function stanzaWith(attrs: Attributes, ...content: BinaryNode[]): Buffer {
  return encodeStanza({ tag: "message", attrs: { id: "3A0000000000000000AA", t: "1795143895", ...attrs }, content });
}

export function stanzaOf(message: proto.IMessage, attrs: Attributes = fromAlice): Buffer {
  return stanzaWith(attrs, enc(bytesOf(message)));
}
