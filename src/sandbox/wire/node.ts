// A stanza: a tag, attributes, and bytes, text or further nodes inside. Also as the XML that people read.

export type Attributes = Record<string, string>;
export type Content = Node[] | Buffer | string;
export type Node = { tag: string; attrs: Attributes; content?: Content };

/** Attributes that are undefined are left out. */
export function node(tag: string, attrs: Record<string, string | undefined> = {}, content?: Content): Node {
  const given = Object.fromEntries(
    Object.entries(attrs).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return content === undefined ? { tag, attrs: given } : { tag, attrs: given, content };
}

export function children(of: Node | undefined): Node[] {
  return Array.isArray(of?.content) ? of.content : [];
}

export function child(of: Node | undefined, tag: string): Node | undefined {
  return children(of).find((one) => one.tag === tag);
}

export function childrenNamed(of: Node | undefined, tag: string): Node[] {
  return children(of).filter((one) => one.tag === tag);
}

/** Null where there are none. */
export function bytesOf(of: Node | undefined): Buffer | null {
  if (of?.content === undefined || Array.isArray(of.content)) return null;
  return typeof of.content === "string" ? Buffer.from(of.content) : of.content;
}

export function textOf(of: Node | undefined): string {
  return bytesOf(of)?.toString("utf8") ?? "";
}

/** Numbers inside nodes are big-endian bytes: ids have three, registration ids four. */
export function numberOf(of: Node | undefined): number | null {
  const bytes = bytesOf(of);
  return bytes === null || bytes.length === 0 || bytes.length > 6 ? null : bytes.readUIntBE(0, bytes.length);
}

export function bigEndian(value: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(value, 0, length);
  return bytes;
}

const shownBytes = 8;

export function readable(of: Node, depth = 0): string {
  const indent = "  ".repeat(depth);
  const attrs = Object.entries(of.attrs).map(([name, value]) => ` ${name}="${value}"`);
  const open = `${indent}<${of.tag}${attrs.join("")}`;
  if (of.content === undefined || (Array.isArray(of.content) && of.content.length === 0)) return `${open}/>`;
  if (!Array.isArray(of.content)) return `${open}>${readableContent(of.content)}</${of.tag}>`;
  return `${open}>\n${of.content.map((one) => readable(one, depth + 1)).join("\n")}\n${indent}</${of.tag}>`;
}

function readableContent(content: Buffer | string): string {
  if (typeof content === "string") return content;
  const text = content.toString("utf8");
  if (content.length < 200 && /^[\x20-\x7e]+$/.test(text)) return text;
  return `[${content.length} bytes ${content.subarray(0, shownBytes).toString("hex")}${content.length > shownBytes ? "…" : ""}]`;
}
