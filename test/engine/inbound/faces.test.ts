// Who is meant: one face for a person, by whatever address, with both where they are known.
import { expect, test } from "bun:test";
import { createFaces } from "../../../src/engine/inbound/faces.ts";
import { alice, bob, everybody, group, lid, me, pn, viewOf } from "./stanzas.ts";

const faces = createFaces(me, viewOf(everybody));
const strangers = createFaces(me, viewOf({}));

test.each([
  "15551000001@s.whatsapp.net",
  "15551000001:7@s.whatsapp.net",
  "15551000001_1:7@s.whatsapp.net",
  "15551000001@c.us",
  "15551000001:99@hosted",
  "603168028046026@lid",
  "603168028046026:12@lid",
  "603168028046026:99@hosted.lid",
])("%s is Alice, where it is known that she is both", (jid) => expect(faces.of(jid)).toEqual(alice));

test("what nobody knows is left open, and is completed by another address of the same person", () => {
  expect(strangers.of(pn(alice))).toEqual({ phone: alice.phone, lid: null });
  expect(strangers.of(lid(alice))).toEqual({ phone: null, lid: alice.lid });
  expect(strangers.of(lid(alice), pn(alice))).toEqual(alice);
  expect(strangers.of(pn(alice), undefined, lid(alice))).toEqual(alice);
});

test("the first address names the person: a second one of the same kind changes nothing", () => {
  expect(strangers.of(pn(alice), pn(bob), lid(alice))).toEqual(alice);
});

test("what a stanza says of somebody counts before what was known", () => {
  expect(faces.of(pn(alice), "999000@lid")).toEqual({ phone: alice.phone, lid: "999000" });
});

test("we are ourselves by either address, and before our LID is known by the number that belongs to one", () => {
  expect(strangers.of(`${me.phone}:3@s.whatsapp.net`)).toEqual(me);
  expect(strangers.of(lid(me))).toEqual(me);
  const young = createFaces({ phone: me.phone, lid: null }, viewOf({ [me.phone ?? ""]: me.lid ?? "" }));
  expect(young.isMe(young.of(lid(me)))).toBe(true);
  expect(faces.isMe(faces.of(pn(alice)))).toBe(false);
  expect(faces.isMe(null)).toBe(false);
  expect(createFaces({ phone: me.phone, lid: null }, viewOf({})).isMe({ phone: null, lid: null })).toBe(false);
});

test.each([undefined, null, "", "15551000001", "@s.whatsapp.net", "abc@lid", "1@bot", group, "status@broadcast"])(
  "%p is nobody",
  (jid) => expect(faces.of(jid)).toBeNull(),
);

test("a chat is a person by their faces, everything else by its JID, and nothing where nobody can be written to", () => {
  expect(strangers.chatOf(lid(alice), pn(alice))).toEqual({ kind: "person", face: alice });
  expect(faces.chatOf(group)).toEqual({ kind: "group", jid: group });
  expect(faces.chatOf("status@broadcast")).toEqual({ kind: "status", jid: "status@broadcast" });
  expect(faces.chatOf("1700@broadcast")).toEqual({ kind: "broadcast", jid: "1700@broadcast" });
  expect(faces.chatOf("1@newsletter")).toEqual({ kind: "channel", jid: "1@newsletter" });
  expect(faces.chatOf("1@bot", pn(alice))).toBeNull();
  expect(faces.chatOf(undefined, pn(alice))).toBeNull();
});
