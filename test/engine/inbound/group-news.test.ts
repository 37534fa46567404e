// What happens in groups, read from the notices that tell of it.
import { expect, test } from "bun:test";
import type { BinaryNode } from "@whiskeysockets/baileys";
import { createFaces } from "../../../src/engine/inbound/faces.ts";
import { readGroupNews } from "../../../src/engine/inbound/group-news.ts";
import { alice, bob, everybody, group, lid, me, pn, viewOf } from "./stanzas.ts";

const faces = createFaces(me, viewOf(everybody));
const node = (tag: string, attrs: Record<string, string> = {}, content?: BinaryNode["content"]): BinaryNode => ({
  ...{ tag, attrs },
  ...(content === undefined ? {} : { content }),
});
const notice = (child: BinaryNode, attrs: Record<string, string> = {}): BinaryNode =>
  node("notification", { from: group, type: "w:gp2", id: "N1", t: "1795143895", participant: lid(alice), ...attrs }, [
    child,
  ]);
const read = (child: BinaryNode, attrs = {}) => readGroupNews(notice(child, attrs), faces);
const participant = (face: typeof bob) => node("participant", { jid: lid(face), phone_number: pn(face) });
const byAlice = { ...alice, isMe: false };
const head = { type: "group_news", jid: group, noticeId: "N1", by: byAlice, at: 1_795_143_895_000 } as const;

test.each([
  ["add", "joined"],
  ["remove", "left"],
  ["promote", "promoted"],
  ["demote", "demoted"],
] as const)("%s by another: %s, each of those who are named", (tag, change) => {
  const people = [
    { ...bob, isMe: false, isByOther: true },
    { ...me, isMe: true, isByOther: true },
  ];
  expect(read(node(tag, {}, [participant(bob), participant(me)]))).toEqual({
    ...head,
    members: [{ change, people }],
    changes: {},
  });
});

test("whoever is named as the one who does it goes or comes by themselves, also through a link", () => {
  const own = (tag: string, attrs = {}, by: object = { participant: lid(bob) }) =>
    read(node(tag, attrs, [participant(bob)]), by)?.members;
  const bobs = (change: string) => [{ change, people: [{ ...bob, isMe: false, isByOther: false }] }];
  expect<unknown>(own("remove")).toEqual(bobs("left"));
  expect<unknown>(own("leave")).toEqual(bobs("left"));
  expect<unknown>(own("add")).toEqual(bobs("joined"));
  expect<unknown>(own("add", { reason: "invite" }, {})).toEqual(bobs("joined"));
});

test("of a new group the news is that one is in it, by whoever has made it", () => {
  const made = (by: string) => read(node("create", { type: "new" }, [node("group")]), { participant: by })?.members;
  const ours = (isByOther: boolean) => [{ change: "joined" as const, people: [{ ...me, isMe: true, isByOther }] }];
  expect(made(lid(alice))).toEqual(ours(true));
  expect(made(lid(me))).toEqual(ours(false));
});

test.each([
  [node("subject", { subject: "Neighbours" }), { subject: "Neighbours" }],
  [node("description", { id: "D" }, [node("body", {}, Buffer.from("Für alle"))]), { description: "Für alle" }],
  [node("description", { id: "D" }, [node("delete")]), { description: null }],
  [node("announcement"), { announce: true }],
  [node("not_announcement"), { announce: false }],
  [node("locked"), { locked: true }],
  [node("unlocked"), { locked: false }],
  [node("ephemeral", { expiration: "604800" }), { disappearingSeconds: 604_800 }],
  [node("not_ephemeral"), { disappearingSeconds: 0 }],
  [node("member_add_mode", {}, Buffer.from("admin_add")), { membersMayAdd: false }],
  [node("membership_approval_mode", {}, [node("group_join", { state: "on" })]), { joinApproval: true }],
])("%p is %p", (child, changes) => {
  expect(read(child)).toEqual({ ...head, members: [], changes });
});

test("a picture's notice says itself who has taken it", () => {
  const ofPicture = (child: BinaryNode) =>
    readGroupNews(node("notification", { from: group, type: "picture", id: "N1", t: "1795143895" }, [child]), faces);
  const author = pn(alice);
  expect(ofPicture(node("set", { id: "77", author }))).toEqual({ ...head, members: [], changes: { pictureId: "77" } });
  expect(ofPicture(node("delete", { author }))?.changes).toEqual({ pictureId: null });
});

test("what is of no group, and what is no news, gives nothing", () => {
  expect(read(node("invite", { code: "x" }))).toBeNull();
  expect(read(node("add"), { from: pn(alice) })).toBeNull();
  expect(read(node("set", { id: "77", author: pn(alice) }), { from: pn(alice) })).toBeNull();
  expect(readGroupNews(node("notification", { from: group, id: "N1" }), faces)).toBeNull();
});
