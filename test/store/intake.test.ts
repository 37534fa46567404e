// Who may change what is there: ids are made by whoever writes, and say nothing of who they are.
import { expect, test } from "bun:test";
import type { ChatRef } from "../../src/core/chat.ts";
import type { Content, Face } from "../../src/core/content.ts";
import type { TakenValue } from "../../src/store/intake.ts";
import { createFolder } from "../support/folder.ts";
import { alice, at, bob, edit, group, keyOf, openInbox, said, text, withAlice } from "../support/inbox.ts";

test("only whoever wrote a message edits it, and only where it was written", async () => {
  using folder = createFolder();
  await using inbox = await openInbox(folder.path);
  const hers = keyOf(group, "A1", alice);
  const ours = keyOf(group, "M1", null);
  await inbox.take(said(hers, text("hers")), said(ours, text("ours")));
  const forgedKey = { ...hers, waId: "X1", sender: bob };
  await inbox.take(edit(forgedKey, { ...hers, sender: bob }, text("forged")));
  await inbox.take(edit(forgedKey, ours, text("forged")));
  await inbox.take(edit(keyOf(withAlice, "X2", alice), keyOf(withAlice, "A1", alice), text("from elsewhere")));
  expect((await inbox.find("A1")).text).toBe("hers");
  expect((await inbox.find("M1")).text).toBe("ours");
  const byHer = keyOf(group, "X3", { phone: null, lid: alice.lid });
  await inbox.take(edit(byHer, hers, text("hers, mended")));
  await inbox.take(edit(keyOf(group, "X4", null), ours, text("ours, mended")));
  expect((await inbox.find("A1")).text).toBe("hers, mended");
  expect((await inbox.find("M1")).text).toBe("ours, mended");
});

test("between two nobody takes back what the other wrote; a placeholder is filled in only by its author", async () => {
  using folder = createFolder();
  await using inbox = await openInbox(folder.path);
  const ours = keyOf(withAlice, "M1", null);
  await inbox.take(said(ours, text("ours")));
  await inbox.take({ type: "deletion", key: keyOf(withAlice, "X1", alice), target: ours, at, isByAdmin: true });
  expect((await inbox.find("M1")).deletedAt).toBeNull();
  const hers = keyOf(group, "A1", alice);
  await inbox.take(said(hers, { kind: "placeholder", reason: "undecryptable" }));
  await inbox.take(said({ ...hers, sender: bob }, text("put into her mouth")));
  expect((await inbox.find("A1")).content.kind).toBe("placeholder");
  await inbox.take(said(hers, text("what she said")));
  expect((await inbox.find("A1")).text).toBe("what she said");
  expect(
    (await inbox.store.messages.list({ accountId: 1, sessionIds: null, text: "said" }, { before: null, limit: 9 }))
      .length,
  ).toBe(1);
});

test("an edited caption leaves its picture as it was", async () => {
  using folder = createFolder();
  await using inbox = await openInbox(folder.path);
  const facts = { mimeType: "image/jpeg", fileName: null, bytes: 9, sha256: "ab", width: 3, height: 4 };
  const rest = { seconds: null, pages: null, thumbnail: "AAAA", waveform: null, isAnimated: false };
  const picture = (caption: string, media: object): Content =>
    ({ kind: "image", caption, media: { ...facts, ...rest, ...media }, isViewOnce: false }) as Content;
  const key = keyOf(withAlice, "A1", alice);
  await inbox.take(said(key, picture("before", {})));
  await inbox.take(edit({ ...key, waId: "X1" }, key, picture("after", { bytes: null, sha256: null, thumbnail: null })));
  expect((await inbox.find("A1")).content).toEqual(picture("after", {}));
});

test("a receipt counts in its own chat alone, each state once", async () => {
  using folder = createFolder();
  await using inbox = await openInbox(folder.path);
  const { store, sessionId } = inbox;
  await inbox.take(said(keyOf(withAlice, "M1", null), text("ours")));
  const heard = (chat: ChatRef, by: Face, kind: "delivered" | "read") =>
    store.write("intake.receipts", { all: [{ sessionId, at, receipt: { chat, waIds: ["M1"], by, kind, at } }] });
  await heard({ kind: "person", face: bob }, bob, "read");
  expect((await inbox.find("M1")).state).toBe("sent");
  await heard(withAlice, alice, "read");
  await heard(withAlice, alice, "delivered");
  expect((await inbox.find("M1")).state).toBe("read");
});

test("an answer within the same second stands after what it answers", async () => {
  using folder = createFolder();
  await using inbox = await openInbox(folder.path);
  const { store, sessionId } = inbox;
  const question = { ...said(keyOf(withAlice, "A1", alice), text("?")), at: at - 400 } as TakenValue;
  await store.write("intake.take", { sessionId, arrived: [{ inboxId: null, values: [question] }], at });
  const told = at - 700;
  const answer = { ...said(keyOf(withAlice, "A2", alice), text("!")), at: told } as TakenValue;
  await store.write("intake.take", { sessionId, arrived: [{ inboxId: null, values: [answer] }], at: at + 100 });
  const listed = await store.messages.list({ accountId: 1, sessionIds: null }, { before: null, limit: 9 });
  expect(listed.map(({ waId }) => waId)).toEqual(["A2", "A1"]);
  expect(listed[0]!.saidAt).toBe(told + 800);
});

test("whoever has read it has got it, and the states that were passed over are told of in their order", async () => {
  using folder = createFolder();
  await using inbox = await openInbox(folder.path);
  const { store, sessionId } = inbox;
  await inbox.take(said(keyOf(withAlice, "M1", null), text("ours")));
  const heard = (kind: "delivered" | "read" | "played", when: number) =>
    store.write("intake.receipts", {
      all: [
        {
          sessionId,
          at,
          receipt: { chat: withAlice, waIds: ["M1"], by: alice, kind, at: when },
        },
      ],
    });
  const { id } = await inbox.find("M1");
  expect(await heard("read", at + 20)).toEqual([id]);
  expect(await inbox.find("M1")).toMatchObject({ state: "read", deliveredAt: at + 20, readAt: at + 20 });
  // Told late, and still when it was.
  await heard("delivered", at + 10);
  await heard("played", at + 30);
  expect(await inbox.find("M1")).toMatchObject({ state: "played", readAt: at + 20, playedAt: at + 30 });
  const receipts = (await store.responses.to([id]))[0]?.receipts;
  expect(receipts).toMatchObject([{ deliveredAt: at + 10, readAt: at + 20, playedAt: at + 30 }]);
  const events = (await store.journal.after(1, 0, 100)).filter(({ data }) => data.messageId === id);
  expect(events.map(({ type }) => type)).toEqual(["message.sent", "message.delivered", "message.read"]);
});
