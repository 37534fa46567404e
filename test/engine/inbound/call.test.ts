// Calls, read from the stanzas that tell of them.
import { expect, test } from "bun:test";
import type { BinaryNode } from "@whiskeysockets/baileys";
import type { OfferedCall } from "../../../src/core/told.ts";
import { readCall } from "../../../src/engine/inbound/call.ts";
import { createFaces } from "../../../src/engine/inbound/faces.ts";
import { alice, bob, everybody, group, lid, me, pn, viewOf } from "./stanzas.ts";

const faces = createFaces(me, viewOf(everybody));
const at = 1_795_143_895_000;
const child = (tag: string, attrs: Record<string, string> = {}): BinaryNode => ({ tag, attrs });

function told(tag: string, attrs: Record<string, string>, content: BinaryNode[] = [], more = {}) {
  const what = { tag, attrs: { "call-id": "C1", "call-creator": lid(alice), ...attrs }, content };
  return readCall(
    { tag: "call", attrs: { id: "1", from: lid(alice), t: "1795143895", ...more }, content: [what] },
    faces,
  );
}

const offered: OfferedCall = {
  ...{ type: "call_offered" as const, waId: "C1", caller: alice, address: lid(alice), isVideo: false, isGroup: false },
  ...{ group: null, at, isLate: false },
};

test("an offer is a call, by number or LID, from whichever of the caller's devices", () => {
  expect(told("offer", {}, [child("audio")])).toEqual(offered);
  const device = `${alice.lid}:12@lid`;
  expect(told("offer", { "call-creator": device })).toEqual({ ...offered, address: device });
  expect(told("offer", { "call-creator": pn(bob) })).toEqual({ ...offered, caller: bob, address: pn(bob) });
  const stranger = { "call-creator": "777@lid", caller_pn: "15559990001@s.whatsapp.net" };
  expect(told("offer", stranger)).toMatchObject({ caller: { phone: "15559990001", lid: "777" } });
});

test("of a video call, of a group's and of one that rang meanwhile it is known what they are", () => {
  expect(told("offer", {}, [child("audio"), child("video")])).toEqual({ ...offered, isVideo: true });
  const ofGroup = { isGroup: true, group };
  expect(told("offer_notice", { media: "video", type: "group", "group-jid": group })).toEqual({
    ...{ ...offered, isVideo: true },
    ...ofGroup,
  });
  expect(told("offer_notice", { media: "audio", type: "group" })).toEqual({ ...offered, isGroup: true });
  expect(told("offer", {}, [], { offline: "3" })).toEqual({ ...offered, isLate: true });
});

test.each([
  ["terminate", "timeout", "missed"],
  ["terminate", "accepted_elsewhere", "answered"],
  ["terminate", "rejected_elsewhere", "rejected"],
  ["terminate", "something new", null],
  ["terminate", undefined, null],
  ["accept", undefined, "answered"],
  ["reject", undefined, "rejected"],
] as const)("a %s for %p ends it as %p", (tag, reason, outcome) => {
  const attrs: Record<string, string> = reason === undefined ? {} : { reason };
  expect(told(tag, attrs)).toEqual({ type: "call_ended", waId: "C1", outcome, at });
});

test("how it is carried, what names no call and nobody, and calls of one's own are no news", () => {
  for (const tag of ["preaccept", "transport", "relaylatency"]) expect(told(tag, {})).toBeNull();
  expect(told("offer", { "call-creator": lid(me) })).toBeNull();
  expect(told("offer", { "call-creator": group })).toBeNull();
  expect(readCall({ tag: "call", attrs: { from: lid(alice) } }, faces)).toBeNull();
  expect(readCall({ tag: "call", attrs: {}, content: [child("offer")] }, faces)).toBeNull();
});
