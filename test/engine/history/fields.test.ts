// Protocol buffers in pieces: the same fields however they are cut, and nothing of what is cut off, too large or none.
import { expect, test } from "bun:test";
import { type Field, fieldsIn } from "../../../src/engine/history/fields.ts";
import { proto } from "../../../src/sandbox/wire/proto.ts";

const limits = { maxFieldBytes: 10_000, maxBytes: 100_000 };

async function* cut(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Uint8Array, size = bytes.length, changes: Partial<typeof limits> = {}): Promise<Field[]> {
  const fields: Field[] = [];
  for await (const { number, value } of fieldsIn(cut(bytes, Math.max(size, 1)), { ...limits, ...changes })) {
    fields.push({ number, value: typeof value === "number" ? value : Buffer.from(value) });
  }
  return fields;
}

const history = Buffer.from(
  proto.HistorySync.encode({
    syncType: 3,
    conversations: ["a", "b".repeat(5_000), "c"].map((id) => ({ id })),
    chunkOrder: 300_000,
    threadIdUserSecret: Buffer.alloc(0),
    phoneNumberToLidMappings: [{ pnJid: "1@s.whatsapp.net", lidJid: "2@lid" }],
  } as proto.IHistorySync).finish(),
);

test("however it is cut, the same fields come in the same order", async () => {
  const whole = await read(history);
  expect(whole.map(({ number }) => number)).toEqual([1, 2, 2, 2, 5, 9, 15]);
  expect([whole[0]?.value, whole[4]?.value]).toEqual([3, 300_000]);
  expect(proto.Conversation.decode(whole[2]?.value as Uint8Array).id).toBe("b".repeat(5_000));
  for (const size of [1, 2, 7, 64, 4_999]) expect(await read(history, size)).toEqual(whole);
});

test("fields of fixed length are known as well", async () => {
  const bytes = Buffer.of((4 << 3) | 1, 1, 2, 3, 4, 5, 6, 7, 8, (5 << 3) | 5, 9, 9, 9, 9, 6 << 3, 1);
  for (const size of [1, 3, 99])
    expect(await read(bytes, size)).toEqual([
      { number: 4, value: Buffer.of(1, 2, 3, 4, 5, 6, 7, 8) },
      { number: 5, value: Buffer.of(9, 9, 9, 9) },
      { number: 6, value: 1 },
    ]);
});

test("nothing is read as an end that was cut off, nor as a field what is none", async () => {
  expect(await read(Buffer.alloc(0))).toEqual([]);
  for (const size of [1, 1_000]) {
    await expect(read(history.subarray(0, -1), size)).rejects.toThrow("The history cannot be read.");
    await expect(read(Buffer.of(0x0b), size)).rejects.toThrow("The history cannot be read.");
    await expect(read(Buffer.alloc(12, 0xff), size)).rejects.toThrow("The history cannot be read.");
  }
});

test("what is too large is refused before it is in memory", async () => {
  await expect(read(history, 10, { maxFieldBytes: 4_000 })).rejects.toThrow("A part of the history is larger");
  await expect(read(history, 10, { maxBytes: 4_000 })).rejects.toThrow("The history is larger than it may be.");
  const huge = Buffer.of(0x12, 0xff, 0xff, 0xff, 0xff, 0x7f);
  await expect(read(Buffer.concat([huge, Buffer.alloc(10)]))).rejects.toThrow("A part of the history is larger");
});
