// Golden files: a row of the inbox, what can be seen in it, and what it is read as. They are written anew with
// RECORD_GOLDEN=1, and looked through before they are kept.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BinaryNode, proto } from "@whiskeysockets/baileys";
import type { Face } from "../../../src/core/content.ts";
import { readStanza } from "../../../src/engine/inbound/stanza.ts";
import { decodeStanza } from "../../../src/engine/signal/stanza.ts";
import { type KnownPeople, viewOf } from "./stanzas.ts";

export type Golden = {
  me: Face;
  people: KnownPeople;
  /** As the row has it, in base64. */
  row: string;
  /** The same, to be read. */
  seen: unknown;
  values: unknown;
};
export type Row = Pick<Golden, "me" | "people"> & { row: Uint8Array };

export const isRecording = process.env.RECORD_GOLDEN !== undefined;
const folder = join(import.meta.dir, "../../golden/inbound");
const fileOf = (name: string) => join(folder, `${name}.json`);

export function goldenOf({ me, people, row }: Row): Golden {
  return {
    me,
    people,
    row: Buffer.from(row).toString("base64"),
    seen: seenIn(decodeStanza(row)),
    values: shown(readStanza(row, me, viewOf(people))),
  };
}

export function loadGolden(name: string): Golden {
  if (!existsSync(fileOf(name))) throw new Error(`there is no golden file ${name}; RECORD_GOLDEN=1 makes it`);
  return JSON.parse(readFileSync(fileOf(name), "utf8"));
}

export function saveGolden(name: string, golden: Golden): void {
  writeFileSync(fileOf(name), `${JSON.stringify(golden, null, 2)}\n`);
}

/** As JSON has it, with bytes in base64. */
export function shown(value: unknown): unknown {
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shown(part)]));
}

function seenIn({ tag, attrs, content }: BinaryNode): unknown {
  if (!(content instanceof Uint8Array))
    return { tag, attrs, ...(Array.isArray(content) ? { content: content.map(seenIn) } : {}) };
  if (tag !== "enc" && tag !== "plaintext") return { tag, attrs, content: shown(content) };
  const bytes = tag === "enc" ? content.subarray(0, content.length - (content.at(-1) ?? 0)) : content;
  try {
    return { tag, attrs, message: proto.Message.decode(bytes).toJSON() };
  } catch {
    return { tag, attrs, unreadable: shown(content) };
  }
}
