// Stanzas as they are written down: a form of our own that is read back at once, without WhatsApp's token tables.
import type { BinaryNode } from "@whiskeysockets/baileys";
import { allIn, bytesIn, type Fields, readFields, writeFields } from "./fields.ts";

export function encodeStanza({ tag, attrs, content }: BinaryNode): Buffer {
  return writeFields([
    [1, Buffer.from(tag)],
    [2, Buffer.from(JSON.stringify(attrs))],
    [3, content instanceof Uint8Array ? content : null],
    [4, typeof content === "string" ? Buffer.from(content) : null],
    ...(Array.isArray(content) ? content : []).map((child): [number, Uint8Array] => [5, encodeStanza(child)]),
  ]);
}

export function decodeStanza(bytes: Uint8Array): BinaryNode {
  return nodeOf(readFields(bytes));
}

function nodeOf(fields: Fields): BinaryNode {
  const text = (number: number) => Buffer.from(bytesIn(fields, number) ?? []).toString();
  const children = allIn(fields, 5).map((child) => nodeOf(readFields(child)));
  const bytes = bytesIn(fields, 3);
  const node: BinaryNode = { tag: text(1), attrs: JSON.parse(text(2)) };
  if (bytes !== null) node.content = Buffer.from(bytes);
  else if (bytesIn(fields, 4) !== null) node.content = text(4);
  else if (children.length > 0) node.content = children;
  return node;
}

export function childrenOf({ content }: BinaryNode): BinaryNode[] {
  return Array.isArray(content) ? content : [];
}

/** Says nothing in as many ciphertexts as any message has: an empty message, with its padding. */
export function blankStanza(): Buffer {
  const enc = { tag: "enc", attrs: { type: "msg" }, content: Buffer.from([1]) };
  return encodeStanza({ tag: "message", attrs: {}, content: [enc, enc, enc] });
}

export type Ciphertext = { type: string; content: Uint8Array };

/** In their order; what cannot be opened with Signal's keys is none. */
export function ciphertextsOf(stanza: BinaryNode): Ciphertext[] {
  return childrenOf(stanza).flatMap((child) =>
    isCiphertext(child) ? [{ type: child.attrs.type ?? "", content: child.content }] : [],
  );
}

export function isCiphertext(node: BinaryNode): node is BinaryNode & { content: Uint8Array } {
  return node.tag === "enc" && /^(pkmsg|msg|skmsg)$/.test(node.attrs.type ?? "") && node.content instanceof Uint8Array;
}

/** What stands in a row in place of ciphertexts that could not be opened; WhatsApp has the same for its own reasons. */
export const unreadable = "undecryptable";

export function isNode(frame: unknown): frame is BinaryNode {
  return typeof frame === "object" && frame !== null && "tag" in frame && "attrs" in frame;
}
