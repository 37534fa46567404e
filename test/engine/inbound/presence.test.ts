// Who is there and who types, read from the stanzas that tell of it.
import { expect, test } from "bun:test";
import type { BinaryNode } from "@whiskeysockets/baileys";
import { createFaces } from "../../../src/engine/inbound/faces.ts";
import { readPresence } from "../../../src/engine/inbound/presence.ts";
import { alice, everybody, group, lid, me, pn, viewOf } from "./stanzas.ts";

const faces = createFaces(me, viewOf(everybody));
const read = (tag: string, attrs: Record<string, string>, content: BinaryNode[] = []) =>
  readPresence({ tag, attrs, content }, faces);
const typing = (attrs: Record<string, string>, tag = "composing", more = {}) =>
  read("chatstate", attrs, [{ tag, attrs: more }]);
const alices = { type: "presence", chat: { kind: "person", face: alice }, who: alice, lastSeenAt: null } as const;

test("somebody is there, or was there last at some time, as far as they tell", () => {
  expect(read("presence", { from: pn(alice) })).toEqual({ ...alices, state: "available" });
  expect(read("presence", { from: lid(alice), type: "unavailable", last: "1795143895" })).toEqual({
    ...alices,
    state: "unavailable",
    lastSeenAt: 1_795_143_895_000,
  });
  expect(read("presence", { from: pn(alice), type: "unavailable", last: "deny" })?.lastSeenAt).toBeNull();
});

test("somebody types, records, or has stopped, to us or in a group", () => {
  expect(typing({ from: pn(alice) })).toEqual({ ...alices, state: "typing" });
  expect(typing({ from: pn(alice) }, "composing", { media: "audio" })?.state).toBe("recording");
  expect(typing({ from: pn(alice) }, "paused")?.state).toBe("paused");
  expect(typing({ from: group, participant: `${alice.lid}:2@lid` })).toEqual({
    ...{ ...alices, state: "typing" },
    chat: { kind: "group", jid: group },
  });
});

test("of oneself, of nobody, and in words that are not known it says nothing", () => {
  expect(read("presence", { from: group, count: "12" })).toBeNull();
  expect(read("presence", { from: pn(me) })).toBeNull();
  expect(typing({ from: group, participant: lid(me) })).toBeNull();
  expect(typing({ from: pn(alice) }, "dancing")).toBeNull();
  expect(read("chatstate", { from: pn(alice) })).toBeNull();
});
