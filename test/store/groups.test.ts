// What is known of groups follows what is told of them; and people who were met under two names become one person.
import { expect, test } from "bun:test";
import type { Face } from "../../src/core/content.ts";
import type { SignalChanges } from "../../src/core/signal-memory.ts";
import type { GroupValue } from "../../src/core/told.ts";
import { createFolder } from "../support/folder.ts";
import { at, group, keyOf, openInbox, said, text } from "../support/inbox.ts";

const jid = group.kind === "group" ? group.jid : "";
const zoe: Face = { phone: "15553000001", lid: "777000000000001" };
const yan: Face = { phone: null, lid: "777000000000002" };
const nothing: SignalChanges = {
  credentials: null,
  ratchets: [],
  senderKeys: [],
  identities: [],
  preKeys: [],
  mappings: [],
  deviceLists: [],
  keys: [],
  opened: [],
};

test("those who are no admins any more stay known for what they did before", async () => {
  using folder = createFolder();
  await using inbox = await openInbox(folder.path);
  const { store, sessionId } = inbox;
  const take = (value: GroupValue, when = at) => store.write("groups.take", { sessionId, value, at: when });
  const admins = async () => (await store.groups.find(sessionId, jid))?.admins;
  await take({ type: "group_roles", jid, change: "promoted", people: [zoe], at });
  expect(await store.groups.find(sessionId, jid)).toBeNull();
  await take({ type: "group", jid, members: "phone", admins: [zoe] });
  await take({ type: "group_roles", jid, change: "promoted", people: [yan], at });
  await take({ type: "group_roles", jid, change: "demoted", people: [{ phone: zoe.phone, lid: null }], at: at + 5 });
  expect(await admins()).toEqual([
    { ...zoe, until: at + 5 },
    { ...yan, until: null },
  ]);
  await take({ type: "group", jid, members: "lid", admins: [] }, at + 9);
  expect(await admins()).toEqual([
    { ...zoe, until: at + 5 },
    { ...yan, until: at + 9 },
  ]);
  await take({ type: "group_closed", jid });
  expect(await store.groups.find(sessionId, jid)).toMatchObject({ members: "lid", admins: null });
});

const byNumber: Face = { phone: zoe.phone, lid: null };
const byLid: Face = { phone: null, lid: zoe.lid };
test.each([
  ["the number first", [byNumber, byLid]],
  ["the LID first", [byLid, byNumber]],
])("one person is one contact as soon as both names are known to be theirs, %s", async (_order, faces) => {
  using folder = createFolder();
  await using inbox = await openInbox(folder.path);
  for (const [index, face] of faces.entries()) {
    await inbox.take(said(keyOf(group, `A${index}`, face), text("hello")));
    await inbox.take(said(keyOf({ kind: "person", face }, `B${index}`, face), text("hello")));
  }
  const contacts = () => inbox.store.contacts.list(inbox.accountId, null, { before: null, limit: 9 });
  expect((await contacts()).length).toBe(2);
  const memory = await inbox.store.signal.open(inbox.sessionId);
  await memory.commit({ ...nothing, mappings: [[zoe.phone ?? "", zoe.lid ?? ""]] });
  expect(await contacts()).toMatchObject([zoe]);
  const chats = await inbox.store.chats.list(
    { accountId: inbox.accountId, sessionIds: null, kinds: ["person"] },
    null,
    9,
  );
  expect(chats.map(({ unread, contact }) => [unread, contact?.phone, contact?.lid])).toEqual([[2, zoe.phone, zoe.lid]]);
  const [one, other] = [await inbox.find("A0"), await inbox.find("A1")];
  expect(one.sender?.contactId).toBe(other.sender?.contactId as number);
  const events = await inbox.store.journal.after(inbox.accountId, 0, 99);
  expect(events.filter(({ type }) => type === "contact.merged").length).toBe(1);
});
