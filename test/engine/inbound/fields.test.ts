// Whatever may be in a message by WhatsApp's own definition, and what may be in one tomorrow: something comes of it.
import { expect, test } from "bun:test";
import { proto } from "@whiskeysockets/baileys";
import { contentKinds, textOf } from "../../../src/core/content.ts";
import type { InboundValue } from "../../../src/core/inbound.ts";
import { readHistoryMessage } from "../../../src/engine/inbound/history-message.ts";
import { readers } from "../../../src/engine/inbound/readers.ts";
import { readStanza } from "../../../src/engine/inbound/stanza.ts";
import { diceFrom, fieldsOf, randomField, randomMessage, readSchema } from "./schema.ts";
import { enc, everybody, fromAlice, inGroup, me, stanzaOf, stanzaWith, viewOf } from "./stanzas.ts";

const schema = readSchema();
const people = viewOf(everybody);
const read = (row: Uint8Array) => readStanza(row, me, people);
const fields = fieldsOf(schema, "Message");
/** What is no message by itself, and is told of by its name. */
const passedOver = [
  "albumMessage",
  "pinInChatMessage",
  "keepInChatMessage",
  "stickerSyncRmrMessage",
  "call",
  "callLogMesssage",
];
const travelling = ["senderKeyDistributionMessage", "fastRatchetKeySenderKeyDistributionMessage", "messageContextInfo"];

test("there is a reader for every field of the definition, and none for what is not in it", () => {
  expect(Object.keys(readers).sort()).toEqual(fields.map(({ name }) => name).sort());
});

test.each(fields.map(({ name }) => name))("a message with nothing but an empty %s is named", (name) => {
  const field = fields.find((one) => one.name === name)!;
  const empty = Buffer.concat([
    Buffer.from(proto.Message.encode({ messageContextInfo: { messageSecret: Buffer.alloc(32) } }).finish()),
    emptyField(field.number),
  ]);
  const values = read(stanzaWith(fromAlice, enc(empty)));
  expect(values).toHaveLength(1);
  const [value] = values as [InboundValue];
  if (passedOver.includes(name)) expect(value).toEqual({ type: "ignored", reason: name });
  else if (travelling.includes(name)) expect(value.type).toBe("ignored");
  else if (value.type === "ignored") expect(value.reason).toContain(name);
  else expect(value.type).toBe("message");
});

test("every type of a protocol message is done, passed over by name or unsupported by name", () => {
  for (const [name, type] of Object.entries(proto.Message.ProtocolMessage.Type)) {
    if (typeof type !== "number") continue;
    const [value] = read(stanzaOf({ protocolMessage: { type } }));
    const told = value?.type === "ignored" ? value.reason : value?.type === "message" ? value.content : value;
    expect(JSON.stringify(told)).toContain(name);
  }
  const tomorrow = { type: 999 as proto.Message.ProtocolMessage.Type };
  expect(read(stanzaOf({ protocolMessage: tomorrow }))[0]).toMatchObject({
    content: { kind: "unsupported", type: "protocolMessage.999" },
  });
});

test("random messages by the definition never throw, and never give nothing", () => {
  for (let seed = 0; seed < 1_000; seed++) {
    const dice = diceFrom(seed);
    const bytes = randomMessage(schema, "Message", dice);
    const values = read(stanzaWith(dice(2) === 0 ? fromAlice : inGroup, enc(bytes)));
    checkAll(values, seed);
  }
});

test("every field with random contents is read, by itself and within wrappers", () => {
  for (const field of fields) {
    for (let seed = 0; seed < 10; seed++) {
      const bytes = randomField(schema, "Message", field, diceFrom(seed));
      checkAll(read(stanzaWith(fromAlice, enc(bytes))), `${field.name} ${seed}`);
      const message = proto.Message.decode(bytes);
      checkAll(read(stanzaOf({ ephemeralMessage: { message } })), `${field.name} ${seed}, wrapped`);
    }
  }
});

test("random messages of history never throw, and never give nothing", () => {
  for (let seed = 0; seed < 400; seed++) {
    const info = proto.WebMessageInfo.decode(randomMessage(schema, "WebMessageInfo", diceFrom(seed)));
    const message = proto.Message.decode(randomMessage(schema, "Message", diceFrom(seed)));
    const key = { remoteJid: "15551000001@s.whatsapp.net", id: "3A", fromMe: seed % 2 === 0 };
    checkAll(readHistoryMessage(info, me, people), seed);
    checkAll(readHistoryMessage({ ...info, key, message }, me, people), seed);
  }
});

test("random bytes where a row, a stanza or a message should be never throw, and never give nothing", () => {
  for (let seed = 0; seed < 1_000; seed++) {
    const dice = diceFrom(seed);
    const bytes = Buffer.from(Array.from({ length: dice(60) }, () => dice(256)));
    const row = stanzaOf({ conversation: "hello" });
    const damaged = [bytes, stanzaWith(fromAlice, enc(bytes)), row.subarray(0, dice(row.length))];
    for (const one of damaged) expect(read(one)).toHaveLength(1);
  }
});

test("a message that nests without an end is given up by name", () => {
  let message: proto.IMessage = { conversation: "at the bottom" };
  for (let depth = 0; depth < 30; depth++) message = { viewOnceMessage: { message } };
  expect(read(stanzaOf(message))).toMatchObject([{ content: { kind: "unsupported", type: "viewOnceMessage" } }]);
});

function emptyField(number: number): Buffer {
  const tag = number * 8 + 2;
  return Buffer.from([...(tag < 0x80 ? [tag] : [(tag & 0x7f) | 0x80, tag >> 7]), 0]);
}

function checkAll(values: readonly InboundValue[], of: unknown): void {
  const wrong = values.length === 0 ? ["nothing"] : values.flatMap((value) => faultOf(value) ?? []);
  expect({ of, wrong }).toEqual({ of, wrong: [] });
}

function faultOf(value: InboundValue): unknown {
  // What is in order must not need the net that is spread below.
  if (value.type === "ignored") return value.reason === "" || /cannot be read$/.test(value.reason) ? value : null;
  const isWhole = JSON.stringify(value.key) !== undefined && value.key.waId !== "" && Number.isSafeInteger(value.at);
  if (!isWhole) return value;
  if (value.type !== "message" && value.type !== "edit") return null;
  const { content, context } = value;
  textOf(content);
  // What JSON does not know, such as NaN, would come back as something else.
  const isJson = Bun.deepEquals(JSON.parse(JSON.stringify({ content, context })), { content, context });
  return isJson && contentKinds.includes(content.kind) && value.raw instanceof Uint8Array ? null : value;
}
