// WhatsApp's protocol buffers as their definition has them, and random messages of that form.
import { readFileSync } from "node:fs";
import { join } from "node:path";

export type SchemaField = { name: string; number: number; type: string };
export type Schema = { messages: Map<string, SchemaField[]>; enums: Set<string> };
/** From 0 up to, but without, `below`. */
export type Dice = (below: number) => number;

const file = join(import.meta.dir, "../../../node_modules/@whiskeysockets/baileys/WAProto/WAProto.proto");

export function readSchema(): Schema {
  const schema: Schema = { messages: new Map(), enums: new Set() };
  const scope: string[] = [];
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const [, kind, opened = ""] = /^\s*(message|enum|oneof) (\w+) \{/.exec(line) ?? [];
    if (kind !== undefined) {
      // What is in a `oneof` lies in the message around it.
      scope.push(kind === "oneof" ? "" : opened);
      const name = scope.filter((part) => part !== "").join(".");
      if (kind === "message") schema.messages.set(name, []);
      if (kind === "enum") schema.enums.add(name);
    } else if (/^\s*\}/.test(line)) scope.pop();
    else {
      const [, type, name, number] = /^\s*(?:optional |repeated |required )?([\w.]+) (\w+) = (\d+)/.exec(line) ?? [];
      const within = scope.filter((part) => part !== "").join(".");
      if (type !== undefined && name !== undefined)
        schema.messages.get(within)?.push({ name, number: Number(number), type });
    }
  }
  return schema;
}

export function fieldsOf(schema: Schema, message: string): SchemaField[] {
  const fields = schema.messages.get(message);
  if (fields === undefined) throw new Error(`there is no ${message} in the definition`);
  return fields;
}

export function diceFrom(seed: number): Dice {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) % below) | 0;
  };
}

const deepest = 5;
const texts = [
  "",
  "hello",
  "\u0000",
  "a\nb",
  '{"id":"x","a":[{"title":"t"}]}',
  "{",
  "15551000001@s.whatsapp.net",
  "1@lid",
  "1@g.us",
  "status@broadcast",
  "3AFF",
  "BEGIN:VCARD\nTEL:+1\nEND:VCARD",
];
const doubles = [0, -1.5, 1e308, Number.NaN, Number.POSITIVE_INFINITY, 52.5];
/** Baileys' reader takes no more than five bytes for what has 32 bits. */
const small = [0n, 1n, 2n, 3n, 127n, 1_795_143_895n, 2n ** 32n - 1n];
const large = [0n, 1n, 2n, 3n, 127n, 1_795_143_895n, 2n ** 31n, 2n ** 53n + 1n, 2n ** 64n - 1n];

/** With some fields set, each to something of its type. */
export function randomMessage(schema: Schema, message: string, dice: Dice, depth = 0): Buffer {
  const fields = fieldsOf(schema, message);
  const count = depth >= deepest || fields.length === 0 ? 0 : 1 + dice(depth === 0 ? 3 : Math.min(fields.length, 6));
  return Buffer.concat(
    Array.from({ length: count }, () => randomField(schema, message, pick(fields, dice), dice, depth)),
  );
}

export function randomField(schema: Schema, within: string, field: SchemaField, dice: Dice, depth = 0): Buffer {
  const { number, type } = field;
  const delimited = (bytes: Uint8Array) =>
    Buffer.concat([varint(BigInt(number * 8 + 2)), varint(BigInt(bytes.length)), bytes]);
  if (type === "string") return delimited(Buffer.from(pick(texts, dice)));
  if (type === "bytes") return delimited(Buffer.alloc(pick([0, 4, 12, 32, 100], dice), dice(256)));
  if (type === "double" || type === "float") return fixed(number, type, pick(doubles, dice));
  if (/^s?fixed(32|64)$/.test(type)) return fixed(number, type.endsWith("64") ? "double" : "float", 1);
  const nested = resolve(schema, within, type);
  if (nested !== null) return delimited(randomMessage(schema, nested, dice, depth + 1));
  return Buffer.concat([varint(BigInt(number * 8)), varint(pick(/64$/.test(type) ? large : small, dice))]);
}

/** Null for numbers and enums. */
function resolve(schema: Schema, within: string, type: string): string | null {
  const scope = within.split(".");
  for (let length = scope.length; length >= 0; length--) {
    const name = [...scope.slice(0, length), type].join(".");
    if (schema.messages.has(name)) return name;
    if (schema.enums.has(name)) return null;
  }
  if (/^(u?int(32|64)|sint(32|64)|bool)$/.test(type)) return null;
  throw new Error(`there is no ${type} for ${within} in the definition`);
}

function fixed(number: number, type: "double" | "float", value: number): Buffer {
  const bytes = Buffer.alloc(type === "double" ? 8 : 4);
  if (type === "double") bytes.writeDoubleLE(value);
  else bytes.writeFloatLE(value);
  return Buffer.concat([varint(BigInt(number * 8 + (type === "double" ? 1 : 5))), bytes]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 0x80n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
}

function pick<T>(from: readonly T[], dice: Dice): T {
  const found = from[dice(from.length)];
  if (found === undefined) throw new Error("nothing to pick from");
  return found;
}
