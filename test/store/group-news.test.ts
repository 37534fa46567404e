// What happened in groups, as it is told: once for each notice, and of people who may be nobody's contacts.
import { expect, test } from "bun:test";
import type { Face } from "../../src/core/content.ts";
import type { GroupNews } from "../../src/core/told.ts";
import { createFolder } from "../support/folder.ts";
import { alice, at, bob, group, keyOf, openInbox, said, text } from "../support/inbox.ts";

const jid = group.kind === "group" ? group.jid : "";
const somebody = (face: Face) => ({ ...face, isMe: false });
const news = (noticeId: string, more: Partial<GroupNews>): GroupNews => ({
  ...{ type: "group_news", jid, noticeId, by: somebody(alice), at, members: [], changes: {} },
  ...more,
});
const joined = (face: Face): GroupNews["members"] => [
  { change: "joined", people: [{ ...somebody(face), isByOther: true }] },
];

async function openGroup(folder: string) {
  const inbox = await openInbox(folder);
  const { store, sessionId, accountId } = inbox;
  return {
    inbox,
    [Symbol.asyncDispose]: () => inbox[Symbol.asyncDispose](),
    tell: (told: GroupNews) => store.write("groups.tell", { sessionId, news: told, at: at + 50 }),
    told: async () =>
      (await store.journal.after(accountId, 0, 999)).filter(({ type }) => /^(member|group)\./.test(type)),
    contacts: () => store.contacts.list(accountId, null, { before: null, limit: 9 }),
  };
}

test("a notice that is told again is told to nobody", async () => {
  using folder = createFolder();
  await using rig = await openGroup(folder.path);
  for (const id of ["N1", "N1", "N2", "N1"])
    await rig.tell(news(id, { members: joined(bob), changes: { locked: true } }));
  const all = (await rig.told()).map(({ type, data }) => [type, data.noticeId]);
  expect(all).toEqual(
    ["N1", "N2"].flatMap((id) => [
      ["member.joined", id],
      ["group.updated", id],
    ]),
  );
});

test("whoever comes and goes is no contact for that; who is one already is named as that", async () => {
  using folder = createFolder();
  await using rig = await openGroup(folder.path);
  await rig.tell(news("N1", { members: joined(bob) }));
  expect(await rig.contacts()).toEqual([]);
  await rig.inbox.take(said(keyOf(group, "A1", alice), text("hello")));
  await rig.tell(news("N2", { members: joined(bob), changes: { subject: "Neighbours" } }));
  const [first, second, changed] = await rig.told();
  const [contact] = await rig.contacts();
  expect(first?.data).toMatchObject({ groupJid: jid, chatId: null, face: bob, actorFace: alice, how: "added" });
  expect(second?.data).toMatchObject({ face: bob, actorId: contact!.id, happenedAt: at });
  expect([changed?.at, changed?.data.changes]).toEqual([at + 50, { subject: "Neighbours" }]);
  const [chat] = await rig.inbox.store.chats.list({ accountId: rig.inbox.accountId, sessionIds: null }, null, 9);
  expect(chat).toMatchObject({ id: second?.data.chatId, name: "Neighbours" });
});
