// What is done to messages, in the store: in which order it may go, what it becomes, and that it is there after an end
// that nobody foresaw.
import { expect, test } from "bun:test";
import { cpSync } from "node:fs";
import type { ActionKind } from "../../src/core/action.ts";
import { commandLine } from "../../src/core/audit.ts";
import { hour, minute } from "../../src/core/clock.ts";
import { bareContext, type Content, type Face } from "../../src/core/content.ts";
import { silentLog } from "../../src/core/log.ts";
import { usualSettings } from "../../src/core/session.ts";
import type { NewAction } from "../../src/store/actions.ts";
import { openStore } from "../../src/store/store.ts";
import { createTestClock } from "../support/clock.ts";
import { createFolder } from "../support/folder.ts";

const clock = createTestClock();
const at = clock.now();
const alice: Face = { phone: "15551000001", lid: null };
const bob: Face = { phone: "15551000002", lid: null };
const text = (said: string): Content => ({ kind: "text", text: said, preview: null });

async function open(dataDir: string, isNew = true) {
  const runner = { pid: process.pid, doing: "test" };
  const store = await openStore({ dataDir, masterKeys: [], runner, clock, log: silentLog });
  const sessionId = isNew ? await makeSession() : 1;

  async function makeSession() {
    const entry = { actor: commandLine, accountId: 0, target: null, detail: {}, at } as const;
    const planId = (await store.plans.findByName("unlimited"))!.id;
    const account = { username: "ada", email: null, passwordHash: null, role: "user", planId, createdAt: at } as const;
    const accountId = await store.write("accounts.create", { account, event: { ...entry, action: "account.created" } });
    const names = { name: "shop", label: null, settings: usualSettings, proxy: null, isWanted: true, createdAt: at };
    return store.write("sessions.create", {
      session: { accountId, ...names },
      event: { ...entry, action: "session.created" },
    });
  }
  let last = 0;
  const waId = () => `3EB0${++last}`;
  return {
    store,
    async say(said: string, face = alice) {
      const form = { waId: waId(), raw: Buffer.from(said), secret: null };
      const { id } = await store.write("outbox.enqueue", {
        sessionId,
        chat: { kind: "person", face },
        target: `${face.phone ?? face.lid}@${face.phone === null ? "lid" : "s.whatsapp.net"}`,
        ...form,
        content: text(said),
        context: bareContext,
        createdAt: at,
        expiresAt: null,
        isUrgent: false,
        file: null,
        idempotency: null,
      });
      return id;
    },
    async act(messageId: number, kind: ActionKind, more: Partial<NewAction> = {}) {
      const nothing = { emoji: null, content: null, context: null, edited: null, idempotency: null };
      const rest = { ...nothing, createdAt: at, expiresAt: at + hour };
      const target = "15551000001@s.whatsapp.net";
      return store.write("actions.enqueue", {
        messageId,
        kind,
        target,
        waId: `A${waId()}`,
        raw: Buffer.from(kind),
        ...rest,
        ...more,
      });
    },
    sent: (of: "message" | "action", id: number) =>
      store.write(of === "message" ? "outbox.settle" : "actions.settle", { id, at: at + 5, state: "sent" }),
    failed: (of: "message" | "action", id: number) =>
      store.write(of === "message" ? "outbox.settle" : "actions.settle", {
        id,
        at: at + 5,
        state: "failed",
        code: "479",
        sentence: "No.",
      }),
    /** What may go next, as the sender asks. */
    async next() {
      const [actions, messages] = [
        await store.actions.queued(sessionId, { which: "any", limit: 10 }),
        await store.outbox.queued(sessionId, { which: "first", limit: 10, now: at }),
      ];
      return [...actions, ...messages].map(({ of, id }) => `${of} ${id}`);
    },
    told: async () => (await store.journal.after(1, 0, 1_000)).map(({ type }) => type),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** Bun's own `rejects` stands still until the writer's thread has answered, and so for ever. */
const refusalOf = (work: Promise<unknown>) =>
  work.then(
    () => "",
    (error: Error) => error.message,
  );

test("within a chat all goes in the order in which it was asked for, whatever it is; other chats do not wait", async () => {
  using folder = createFolder();
  await using box = await open(folder.path);
  const first = await box.say("first");
  const { id: reaction } = await box.act(first, "reaction", { emoji: "👍" });
  const second = await box.say("second");
  const { id: edit } = await box.act(first, "edit", { content: text("first, mended") });
  const { id: again } = await box.act(second, "reaction", { emoji: "🎉" });
  const elsewhere = await box.say("elsewhere", bob);
  const chat = [
    `message ${first}`,
    `action ${reaction}`,
    `message ${second}`,
    `action ${edit}`,
    `action ${again}`,
  ] as const;
  for (const one of chat) {
    expect((await box.next()).toSorted()).toEqual([one, `message ${elsewhere}`].toSorted());
    const [of, id] = one.split(" ") as ["message" | "action", string];
    expect(await box.sent(of, Number(id))).toBe(true);
    expect(await box.sent(of, Number(id))).toBe(false);
  }
  expect(await box.next()).toEqual([`message ${elsewhere}`]);
});

test("what was kept is there after an end that nobody foresaw, with the same id and content, and holds only once it has gone", async () => {
  using folder = createFolder();
  using left = createFolder();
  await using before = await open(folder.path);
  const message = await before.say("as it was");
  await before.sent("message", message);
  const kept = await before.act(message, "edit", {
    waId: "3EB0EDIT",
    raw: Buffer.from("the edit"),
    edited: Buffer.from("the message with it"),
    content: text("as it is"),
  });
  expect(await before.store.messages.find(message)).toMatchObject({ text: "as it was", editedAt: null });
  // As a killed process leaves it: nothing has been closed.
  cpSync(folder.path, left.path, { recursive: true });
  await using box = await open(left.path, false);
  const [head] = await box.store.actions.queued(1, { which: "any", limit: 1 });
  expect(head).toMatchObject({ of: "action", id: kept.id, waId: "3EB0EDIT", isMoot: false });
  expect(Buffer.from(head!.raw).toString()).toBe("the edit");
  expect(Buffer.from(box.store.actions.contentOf(1, "3EB0EDIT")!).toString()).toBe("the edit");
  await box.sent("action", kept.id);
  expect(await box.store.messages.find(message)).toMatchObject({ text: "as it is", editedAt: at + 5 });
  expect(Buffer.from((await box.store.messages.rawOf(message))!).toString()).toBe("the message with it");
  expect((await box.told()).filter((type) => type === "message.edited")).toHaveLength(1);
  expect(await box.store.actions.find(kept.id)).toMatchObject({ state: "sent", sentAt: at + 5, text: "as it is" });
});

test("what WhatsApp refuses holds nowhere, and what its message has taken along fails with it", async () => {
  using folder = createFolder();
  await using box = await open(folder.path);
  const message = await box.say("as it was");
  const { id: reaction } = await box.act(message, "reaction", { emoji: "👍" });
  await box.failed("message", message);
  expect(await box.store.actions.overdue(at, 10)).toEqual([{ id: reaction, isMoot: true }]);
  expect(await box.store.actions.queued(1, { which: "any", limit: 1 })).toMatchObject([{ isMoot: true }]);
  expect(await box.store.messages.find(message)).toMatchObject({ state: "failed", failedAt: at + 5, sentAt: null });

  const other = await box.say("as it is");
  await box.failed("action", reaction);
  await box.sent("message", other);
  const { id: deletion } = await box.act(other, "deletion");
  await box.failed("action", deletion);
  expect(await box.store.messages.find(other)).toMatchObject({ deletedAt: null });
  expect(await box.store.actions.find(deletion)).toMatchObject({ state: "failed", fault: { code: "479" } });
  expect(await box.told()).not.toContain("message.deleted");
});

test("a message that is to be deleted is deleted once, and nothing else is done to it", async () => {
  using folder = createFolder();
  await using box = await open(folder.path);
  const message = await box.say("gone soon");
  await box.sent("message", message);
  const first = await box.act(message, "deletion");
  expect(await box.act(message, "deletion")).toEqual(first);
  expect(await refusalOf(box.act(message, "reaction", { emoji: "👍" }))).toContain("being deleted");
  await box.sent("action", first.id);
  expect(await refusalOf(box.act(message, "edit", { content: text("x") }))).toContain("was deleted");
  expect((await box.told()).filter((type) => type === "message.deleted")).toHaveLength(1);
});

test("an edit that waited for its message has the time that begins when that has gone", async () => {
  using folder = createFolder();
  await using box = await open(folder.path);
  const message = await box.say("frist");
  await box.act(message, "edit", { content: text("first"), expiresAt: at + 24 * hour });
  await box.sent("message", message);
  const [head] = await box.store.actions.queued(1, { which: "any", limit: 1 });
  expect(head?.expiresAt).toBe(at + 5 + 15 * minute);
});

test("two contacts turn out to be one: what waits in either chat goes on in its order", async () => {
  using folder = createFolder();
  await using box = await open(folder.path);
  const lid: Face = { phone: null, lid: "111111111111111" };
  const byPhone = await box.say("by phone");
  const byLid = await box.say("by lid", lid);
  const { id } = await box.act(byLid, "reaction", { emoji: "👍" });
  const both = { phone: alice.phone, lid: lid.lid };
  await box.store.write("intake.name", { sessionId: 1, face: both, pushName: "Alice", at });
  expect(await box.next()).toEqual([`message ${byPhone}`]);
  await box.sent("message", byPhone);
  expect(await box.next()).toEqual([`message ${byLid}`]);
  await box.sent("message", byLid);
  expect(await box.next()).toEqual([`action ${id}`]);
});

test("what waits says something else before anybody reads it; what has gone does not", async () => {
  using folder = createFolder();
  await using box = await open(folder.path);
  const id = await box.say("frist");
  const reworded = {
    id,
    content: text("first"),
    context: bareContext,
    raw: Buffer.from("first"),
    at,
    idempotency: null,
  };
  expect(await box.store.write("outbox.reword", reworded)).toBe(true);
  expect(await box.store.messages.find(id)).toMatchObject({ text: "first", state: "queued", editedAt: at });
  const [head] = await box.store.outbox.queued(1, { which: "first", limit: 1, now: at });
  expect([head?.waId, Buffer.from(head!.raw).toString()]).toEqual(["3EB01", "first"]);
  await box.sent("message", id);
  expect(await box.store.write("outbox.reword", { ...reworded, content: text("late") })).toBe(false);
  expect(await box.store.messages.find(id)).toMatchObject({ text: "first", state: "sent" });
  expect(await box.told()).toEqual(["contact.created", "message.queued", "message.edited", "message.sent"]);
});

test("messages that are too old stay as long as something waits to be done to them", async () => {
  using folder = createFolder();
  await using box = await open(folder.path);
  const [one, other] = [await box.say("one"), await box.say("other")];
  for (const id of [one, other]) await box.sent("message", id);
  const { id } = await box.act(one, "reaction", { emoji: "👍" });
  const tooOld = { sessionId: 1, before: at + hour, most: 10 };
  expect(await box.store.write("messages.prune", tooOld)).toBe(1);
  expect(await box.store.messages.find(other)).toBeNull();
  await box.sent("action", id);
  expect(await box.store.write("messages.prune", tooOld)).toBe(1);
  expect(await box.store.actions.find(id)).toBeNull();
});

test("a key stands for what it did, and for nothing else", async () => {
  using folder = createFolder();
  await using box = await open(folder.path);
  const message = await box.say("hello");
  const key = (fingerprint: string) => ({ idempotency: { key: "k", fingerprint: Buffer.from(fingerprint) } });
  const first = await box.act(message, "reaction", { emoji: "👍", ...key("one") });
  expect(await box.act(message, "reaction", { emoji: "👍", ...key("one") })).toEqual({
    id: first.id,
    isReplayed: true,
  });
  expect(await refusalOf(box.act(message, "reaction", { emoji: "👎", ...key("other") }))).toContain("another request");
  expect(await box.store.actions.listOf(message, 10)).toHaveLength(1);
});
