// Binary nodes: the bytes of a stanza, both ways.
import { inflateSync } from "node:zlib";
import { readJid } from "./jid.ts";
import type { Content, Node } from "./node.ts";
import { doubleTokens, firstDictionary, singleTokens, tokenCodes } from "./tokens.ts";

const listEmpty = 0;
const deviceJid = 247;
const list8 = 248;
const list16 = 249;
const jidPair = 250;
const packedHex = 251;
const bytes8 = 252;
const bytes20 = 253;
const bytes32 = 254;
const packedNibbles = 255;
const maxPacked = 127;
const compressedFlag = 2;
const maxDepth = 64;

const domains = ["s.whatsapp.net", "lid"];
const hostedDomains = new Map([
  ["hosted", 128],
  ["hosted.lid", 129],
]);
const nibbleAlphabet = "0123456789-.";
const hexAlphabet = "0123456789ABCDEF";

/** What cannot be read as a stanza. */
export class CodecError extends Error {}

export function encodeNode(node: Node): Buffer {
  const parts: Buffer[] = [Buffer.of(0)];
  writeNode(node, parts);
  return Buffer.concat(parts);
}

export function decodeNode(frame: Buffer): Node {
  const isCompressed = ((frame[0] ?? 0) & compressedFlag) !== 0;
  const reader = createReader(isCompressed ? inflateSync(frame.subarray(1)) : frame.subarray(1));
  const node = readNode(reader, 0);
  if (reader.left() > 0) throw new CodecError(`${reader.left()} bytes after the end of the stanza`);
  return node;
}

function writeNode({ tag, attrs, content }: Node, parts: Buffer[]): void {
  const entries = Object.entries(attrs);
  parts.push(listHeader(1 + entries.length * 2 + (content === undefined ? 0 : 1)));
  writeText(tag, parts);
  for (const [name, value] of entries) {
    writeText(name, parts);
    writeText(value, parts);
  }
  if (content !== undefined) writeContent(content, parts);
}

function writeContent(content: Content, parts: Buffer[]): void {
  if (typeof content === "string") writeText(content, parts);
  else if (Array.isArray(content)) {
    parts.push(listHeader(content.length));
    for (const one of content) writeNode(one, parts);
  } else parts.push(bytesHeader(content.length), content);
}

function writeText(text: string, parts: Buffer[]): void {
  const token = tokenCodes.get(text);
  if (token !== undefined) parts.push(token);
  else if (text === "") parts.push(Buffer.of(bytes8, 0));
  else if (!writePacked(text, parts) && !writeJid(text, parts)) {
    const bytes = Buffer.from(text);
    parts.push(bytesHeader(bytes.length), bytes);
  }
}

function writePacked(text: string, parts: Buffer[]): boolean {
  if (text.length > maxPacked) return false;
  if (/^[0-9.-]+$/.test(text)) parts.push(pack(packedNibbles, nibbleAlphabet, text));
  else if (/^[0-9A-F]+$/.test(text)) parts.push(pack(packedHex, hexAlphabet, text));
  else return false;
  return true;
}

function pack(tag: number, alphabet: string, text: string): Buffer {
  const length = Math.ceil(text.length / 2);
  const packed = Buffer.alloc(2 + length);
  packed[0] = tag;
  packed[1] = length | (text.length % 2 === 1 ? 0x80 : 0);
  for (let place = 0; place < length; place++) {
    const low = text.charAt(place * 2 + 1);
    packed[2 + place] = (alphabet.indexOf(text.charAt(place * 2)) << 4) | (low === "" ? 15 : alphabet.indexOf(low));
  }
  return packed;
}

/** An empty user is how the network itself is written. */
function writeJid(text: string, parts: Buffer[]): boolean {
  const jid = text.includes("@") && !/\s/.test(text) ? readJid(text) : null;
  if (jid === null) return false;
  if (jid.device > 0) {
    const domain = hostedDomains.get(jid.server) ?? domains.indexOf(jid.server);
    if (domain < 0) return false;
    parts.push(Buffer.of(deviceJid, domain, jid.device));
    writeText(jid.user, parts);
    return true;
  }
  parts.push(Buffer.of(jidPair));
  if (jid.user === "") parts.push(Buffer.of(listEmpty));
  else writeText(text.slice(0, text.lastIndexOf("@")), parts);
  writeText(jid.server, parts);
  return true;
}

function listHeader(size: number): Buffer {
  if (size === 0) return Buffer.of(listEmpty);
  return size < 256 ? Buffer.of(list8, size) : Buffer.of(list16, size >> 8, size & 0xff);
}

function bytesHeader(length: number): Buffer {
  if (length < 256) return Buffer.of(bytes8, length);
  if (length < 1 << 20) return Buffer.of(bytes20, length >> 16, (length >> 8) & 0xff, length & 0xff);
  const header = Buffer.of(bytes32, 0, 0, 0, 0);
  header.writeUInt32BE(length, 1);
  return header;
}

type Reader = ReturnType<typeof createReader>;

function createReader(data: Buffer) {
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > data.length) throw new CodecError(`the stanza ends ${at + length - data.length} bytes early`);
    at += length;
    return data.subarray(at - length, at);
  };
  return { take, number: (length: number) => take(length).readUIntBE(0, length), left: () => data.length - at };
}

function readNode(reader: Reader, depth: number): Node {
  if (depth > maxDepth) throw new CodecError("the stanza is nested too deep");
  const size = readListSize(reader, reader.number(1));
  if (size === 0) throw new CodecError("an empty node");
  const tag = readText(reader, reader.number(1));
  const attrs: Record<string, string> = {};
  for (let left = (size - 1) >> 1; left > 0; left--) {
    const name = readText(reader, reader.number(1));
    attrs[name] = readText(reader, reader.number(1));
  }
  return size % 2 === 1 ? { tag, attrs } : { tag, attrs, content: readContent(reader, depth) };
}

function readContent(reader: Reader, depth: number): Content {
  const kind = reader.number(1);
  switch (kind) {
    case listEmpty:
    case list8:
    case list16: {
      const size = readListSize(reader, kind);
      return Array.from({ length: size }, () => readNode(reader, depth + 1));
    }
    case bytes8:
      return Buffer.from(reader.take(reader.number(1)));
    case bytes20:
      return Buffer.from(reader.take(reader.number(3) & 0xfffff));
    case bytes32:
      return Buffer.from(reader.take(reader.number(4)));
    default:
      return readText(reader, kind);
  }
}

function readListSize(reader: Reader, kind: number): number {
  if (kind === listEmpty) return 0;
  if (kind === list8) return reader.number(1);
  if (kind === list16) return reader.number(2);
  throw new CodecError(`${kind} does not begin a list`);
}

function readText(reader: Reader, kind: number): string {
  if (kind >= firstDictionary && kind < firstDictionary + doubleTokens.length) {
    const token = doubleTokens[kind - firstDictionary]?.[reader.number(1)];
    if (token === undefined) throw new CodecError("a token beyond its dictionary");
    return token;
  }
  switch (kind) {
    case listEmpty:
      return "";
    case deviceJid:
      return readDeviceJid(reader);
    case jidPair: {
      const user = readText(reader, reader.number(1));
      return `${user}@${readText(reader, reader.number(1))}`;
    }
    case packedNibbles:
      return unpack(reader, nibbleAlphabet);
    case packedHex:
      return unpack(reader, hexAlphabet);
    case bytes8:
      return reader.take(reader.number(1)).toString("utf8");
    case bytes20:
      return reader.take(reader.number(3) & 0xfffff).toString("utf8");
    case bytes32:
      return reader.take(reader.number(4)).toString("utf8");
  }
  const token = singleTokens[kind];
  if (token === undefined) throw new CodecError(`${kind} is no token`);
  return token;
}

function readDeviceJid(reader: Reader): string {
  const domain = reader.number(1);
  const device = reader.number(1);
  const user = readText(reader, reader.number(1));
  const hosted = [...hostedDomains].find(([, code]) => code === domain)?.[0];
  const server = hosted ?? domains[domain];
  if (server === undefined) throw new CodecError(`${domain} is no domain of devices`);
  return device === 0 ? `${user}@${server}` : `${user}:${device}@${server}`;
}

function unpack(reader: Reader, alphabet: string): string {
  const header = reader.number(1);
  let text = "";
  for (const byte of reader.take(header & 0x7f)) text += (alphabet[byte >> 4] ?? "") + (alphabet[byte & 15] ?? "");
  return (header & 0x80) !== 0 && alphabet === hexAlphabet ? text.slice(0, -1) : text;
}
