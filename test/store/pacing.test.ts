// Whom a number was the first to write to: counted once, within what is allowed, whatever becomes of the messages.
import { expect, test } from "bun:test";
import { commandLine } from "../../src/core/audit.ts";
import { type ChatRef, chatOf } from "../../src/core/chat.ts";
import { day, minute } from "../../src/core/clock.ts";
import { bareContext, type Content } from "../../src/core/content.ts";
import { silentLog } from "../../src/core/log.ts";
import { noBrakes } from "../../src/core/pacing.ts";
import { usualSettings } from "../../src/core/session.ts";
import { openStore } from "../../src/store/store.ts";
import { createTestClock } from "../support/clock.ts";
import { createFolder } from "../support/folder.ts";

const clock = createTestClock();
const at = clock.now();
const content: Content = { kind: "text", text: "Hello!", preview: null };

async function openShop(dataDir: string) {
  const runner = { pid: process.pid, doing: "test" };
  const store = await openStore({ dataDir, masterKeys: [], runner, clock, log: silentLog });
  const entry = { actor: commandLine, accountId: 0, target: null, detail: {}, at } as const;
  const planId = (await store.plans.findByName("unlimited"))!.id;
  const account = { username: "ada", email: null, passwordHash: null, role: "user", planId, createdAt: at } as const;
  const accountId = await store.write("accounts.create", { account, event: { ...entry, action: "account.created" } });
  const sessionId = await store.write("sessions.create", {
    session: {
      accountId,
      name: "shop",
      label: null,
      settings: usualSettings,
      proxy: null,
      isWanted: false,
      createdAt: at,
    },
    event: { ...entry, action: "session.created" },
  });

  async function queue(target: string, isUrgent = false): Promise<number> {
    const message = { chat: chatOf(target), target, waId: crypto.randomUUID(), content, context: bareContext };
    const bare = { raw: new Uint8Array([1]), secret: null, file: null, idempotency: null, expiresAt: null };
    const { id } = await store.write("outbox.enqueue", { sessionId, ...message, ...bare, isUrgent, createdAt: at });
    return id;
  }
  async function sent(target: string): Promise<void> {
    await store.write("outbox.settle", { id: await queue(target), at, state: "sent" });
  }
  async function hear(chat: ChatRef, waId = "theirs"): Promise<void> {
    const sender = chat.kind === "person" ? chat.face : { phone: "15551000009", lid: null };
    const value = {
      type: "message",
      key: { chat, waId, sender, isFromMe: false },
      at,
      pushName: null,
      verifiedName: null,
      content,
      context: bareContext,
      locator: null,
      secret: null,
      raw: new Uint8Array(),
      isLate: false,
      address: { chat: "15551000001@s.whatsapp.net", participant: null },
    } as const;
    await store.write("intake.take", { sessionId, arrived: [{ inboxId: null, values: [value] }], at });
  }
  const find = async (id: number) => {
    const { isCold, isNew, isFirst } = (await store.pacing.find(id))!;
    return { isCold, isNew, isFirst };
  };
  const reach = (messageId: number, allowed: number, when = at) =>
    store.write("pacing.reach", { messageId, at: when, allowed });
  return { store, sessionId, queue, sent, hear, find, reach };
}

const person = (n: number) => `1555100000${n}@s.whatsapp.net`;
const stranger = { isCold: true, isNew: true, isFirst: true };

test("a stranger is a person who never wrote, new is one to whom nothing went out before either", async () => {
  using folder = createFolder();
  const shop = await openShop(folder.path);
  await using _store = shop.store;
  expect(await shop.find(await shop.queue(person(1)))).toEqual(stranger);
  expect(await shop.find(await shop.queue(person(1)))).toEqual({ ...stranger, isFirst: false });
  await shop.sent(person(2));
  expect(await shop.find(await shop.queue(person(2)))).toEqual({ ...stranger, isNew: false });
  await shop.hear(chatOf(person(3)));
  expect(await shop.find(await shop.queue(person(3)))).toEqual({ isCold: false, isNew: false, isFirst: true });
  const group = await shop.queue("120363000000000001@g.us");
  expect(await shop.find(group)).toEqual({ isCold: false, isNew: false, isFirst: true });
});

test("they stay what they are when the messages are kept no longer", async () => {
  using folder = createFolder();
  const shop = await openShop(folder.path);
  await using _store = shop.store;
  await shop.sent(person(2));
  await shop.hear(chatOf(person(3)));
  const before = at + minute;
  expect(await shop.store.write("messages.prune", { sessionId: shop.sessionId, before, most: 100 })).toBe(2);
  expect(await shop.find(await shop.queue(person(2)))).toEqual({ ...stranger, isNew: false });
  expect(await shop.find(await shop.queue(person(3)))).toEqual({ isCold: false, isNew: false, isFirst: true });
});

test("each is counted once, and none beyond what is allowed within a day but what is urgent", async () => {
  using folder = createFolder();
  const shop = await openShop(folder.path);
  await using _store = shop.store;
  const [one, two, three] = [await shop.queue(person(1)), await shop.queue(person(2)), await shop.queue(person(3))];
  expect(await Promise.all([one, one, two, three].map((id) => shop.reach(id, 2)))).toEqual([true, true, true, false]);
  expect(await shop.store.pacing.reached(shop.sessionId, at - day)).toEqual([at, at]);
  expect(await shop.reach(await shop.queue(person(4), true), 2, at + minute)).toBe(true);
  expect(await shop.store.pacing.reached(shop.sessionId, at - day)).toEqual([at, at, at + minute]);
  expect(await shop.reach(three, 2, at + day)).toBe(true);
  expect(await shop.store.pacing.reached(shop.sessionId, at)).toEqual([at + minute, at + day]);
});

test("a number and a LID that turn out to be one person are one of the quota", async () => {
  using folder = createFolder();
  const shop = await openShop(folder.path);
  await using _store = shop.store;
  for (const target of [person(1), "111111111111111@lid"]) await shop.reach(await shop.queue(target), 5);
  expect(await shop.store.pacing.reached(shop.sessionId, at - day)).toHaveLength(2);
  await shop.hear({ kind: "person", face: { phone: "15551000001", lid: "111111111111111" } });
  expect(await shop.store.pacing.reached(shop.sessionId, at - day)).toEqual([at]);
});

test("what is held is not among those that may go; what is urgent gets past what is held in its chat", async () => {
  using folder = createFolder();
  const shop = await openShop(folder.path);
  await using _store = shop.store;
  await shop.hear(chatOf(person(3)));
  const [cold, warm] = [await shop.queue(person(1)), await shop.queue(person(3))];
  const urgent = await shop.queue(person(1), true);
  const kinds = { cold: false, fresh: false, quiet: false, heardSince: at - minute };
  const free = async (held: Partial<typeof kinds> | null) => {
    const which = held === null ? ("first" as const) : { ...kinds, ...held };
    return (await shop.store.outbox.queued(shop.sessionId, { which, limit: 10, now: at })).map(({ id }) => id);
  };
  expect(await free(null)).toEqual([cold, warm, urgent]);
  expect(await free({ cold: true })).toEqual([warm]);
  expect(await free({ fresh: true })).toEqual([warm, urgent]);
  expect(await free({ quiet: true })).toEqual([warm, urgent]);
  expect(await free({ quiet: true, heardSince: at + minute })).toEqual([urgent]);
});

test("brakes are as they were last written", async () => {
  using folder = createFolder();
  const { store, sessionId } = await openShop(folder.path);
  await using _store = store;
  expect(await store.pacing.brakes(sessionId)).toEqual(noBrakes);
  for (const pauses of [1, 2]) {
    const brakes = { coldUntil: at + pauses, allUntil: null, pauses };
    await store.write("pacing.brake", { sessionId, ...brakes });
    expect(await store.pacing.brakes(sessionId)).toEqual(brakes);
  }
});
