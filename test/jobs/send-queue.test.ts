// What is read ahead of what a session sends: each chat in its order, the chats in turn.
import { expect, test } from "bun:test";
import { createSendQueue, type Item } from "../../src/jobs/send-queue.ts";

const message = (id: number, chatId: number): Item => ({
  of: "message",
  id,
  chatId,
  target: `${chatId}@s.whatsapp.net`,
  waId: `3EB0${id}`,
  raw: new Uint8Array(),
  expiresAt: null,
  file: null,
});
const nobody = () => false;

function drained(queue: ReturnType<typeof createSendQueue>): number[] {
  const ids: number[] = [];
  for (let next = queue.next(nobody); next !== null; next = queue.next(nobody)) {
    queue.take(next);
    ids.push(next.id);
  }
  return ids;
}

test("each chat keeps its order, and the chats take turns", () => {
  const queue = createSendQueue();
  for (const [id, chat] of [
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 2],
    [5, 3],
  ] as const) {
    queue.add(message(id, chat));
  }
  expect(queue.size).toBe(5);
  expect(drained(queue)).toEqual([1, 4, 5, 2, 3]);
  expect(queue.size).toBe(0);
});

test("a chat where something is on its way is passed over", () => {
  const queue = createSendQueue();
  queue.add(message(1, 1));
  queue.add(message(2, 2));
  expect(queue.next((chat) => chat === 1)?.id).toBe(2);
  expect(queue.next((chat) => chat !== 3)).toBeNull();
});

test("what could not be sent goes before the others of its chat; what is there is not there twice", () => {
  const queue = createSendQueue();
  for (const id of [1, 2, 3]) queue.add(message(id, 1));
  const first = queue.next(nobody);
  if (first === null) throw new Error("something is queued");
  queue.take(first);
  queue.putBack(first);
  queue.add(message(2, 1));
  expect(drained(queue)).toEqual([1, 2, 3]);
});

test("what is removed does not go, and leaves the others as they were", () => {
  const queue = createSendQueue();
  for (const id of [1, 2, 3]) queue.add(message(id, 1));
  queue.remove("message", 2);
  queue.remove("message", 7);
  queue.remove("action", 1);
  expect(queue.size).toBe(2);
  expect(drained(queue)).toEqual([1, 3]);
  queue.add(message(1, 1));
  queue.clear();
  expect(queue.next(nobody)).toBeNull();
});

test("what a campaign has handed on goes when there is nothing else, and in its chat's order still", () => {
  const queue = createSendQueue();
  const bulk = (id: number, chat: number): Item => ({ ...message(id, chat), isBulk: true }) as Item;
  for (const item of [bulk(1, 1), bulk(2, 2), message(3, 3), message(4, 2), message(5, 4)]) queue.add(item);
  expect(drained(queue)).toEqual([3, 5, 1, 2, 4]);
});
