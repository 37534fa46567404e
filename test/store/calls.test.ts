// Calls as they are written down: whatever is told twice is one row, and one event of each kind.
import { expect, test } from "bun:test";
import type { CallOutcome } from "../../src/core/call.ts";
import type { Face } from "../../src/core/content.ts";
import type { OfferedCall } from "../../src/core/told.ts";
import { createFolder } from "../support/folder.ts";
import { alice, at, openInbox } from "../support/inbox.ts";

const offer = (waId: string, caller: Face = alice): OfferedCall => ({
  ...{ type: "call_offered", waId, caller, address: "15551000001@s.whatsapp.net", isVideo: true, isGroup: false },
  ...{ group: null, at, isLate: false },
});

async function openCalls(folder: string) {
  const inbox = await openInbox(folder);
  const { store, sessionId, accountId } = inbox;
  const page = { before: null, limit: 99 };
  return {
    inbox,
    store,
    [Symbol.asyncDispose]: () => inbox[Symbol.asyncDispose](),
    ring: (call: OfferedCall) => store.write("calls.ring", { sessionId, call, at }),
    end: (waId: string, outcome: CallOutcome | null, when = at + 9_000) =>
      store.write("calls.end", { sessionId, call: { type: "call_ended", waId, outcome, at: when }, at: when }),
    reject: (call: OfferedCall) =>
      store.write("calls.rejected", {
        sessionId,
        call: { ...call, type: "call_rejected" },
        ...{ awaitsWord: false, word: null, at: at + 100 },
      }),
    list: (filter = {}) => store.calls.list({ accountId, sessionIds: null, ...filter }, page),
    told: async () =>
      (await store.journal.after(accountId, 0, 99)).map(({ type }) => type).filter((type) => type.startsWith("call.")),
  };
}

test("offered and ended again and again it is one call, told of once", async () => {
  using folder = createFolder();
  await using calls = await openCalls(folder.path);
  for (const call of [offer("A"), { ...offer("A"), isLate: true }]) await calls.ring(call);
  for (const outcome of ["missed", null, "missed"] as const) await calls.end("A", outcome);
  await calls.ring(offer("A"));
  expect(await calls.told()).toEqual(["call.received", "call.ended"]);
  expect(await calls.list()).toMatchObject([{ waId: "A", outcome: "missed", endedAt: at + 9_000, isVideo: true }]);
});

test("rejected here it is told once, and over with that; what comes after changes nothing", async () => {
  using folder = createFolder();
  await using calls = await openCalls(folder.path);
  await calls.ring(offer("A"));
  for (let time = 0; time < 2; time++) await calls.reject(offer("A"));
  await calls.end("A", "rejected");
  await calls.end("A", null);
  expect(await calls.told()).toEqual(["call.received", "call.rejected", "call.ended"]);
  expect(await calls.list()).toMatchObject([{ outcome: "rejected", rejectedAt: at + 100, endedAt: at + 100 }]);
});

test("given up by the caller before it could be rejected, it is rejected all the same, and ended once", async () => {
  using folder = createFolder();
  await using calls = await openCalls(folder.path);
  await calls.ring(offer("A"));
  await calls.end("A", null, at + 50);
  await calls.reject(offer("A"));
  expect(await calls.told()).toEqual(["call.received", "call.ended", "call.rejected"]);
  expect(await calls.list()).toMatchObject([{ outcome: "rejected", endedAt: at + 50 }]);
});

test("taken on another device, it goes on until WhatsApp says otherwise, later than at that moment", async () => {
  using folder = createFolder();
  await using calls = await openCalls(folder.path);
  await calls.ring(offer("A"));
  await calls.end("A", "answered", at + 5_000);
  await calls.end("A", "answered", at + 5_000);
  await calls.end("A", null, at + 5_000);
  expect(await calls.list()).toMatchObject([{ outcome: "answered", answeredAt: at + 5_000, endedAt: null }]);
  await calls.end("A", null, at + 65_000);
  expect(await calls.list()).toMatchObject([{ outcome: "answered", endedAt: at + 65_000 }]);
  expect(await calls.told()).toEqual(["call.received", "call.ended"]);
});

test("the end of a call that nobody heard ring is nothing", async () => {
  using folder = createFolder();
  await using calls = await openCalls(folder.path);
  await calls.end("A", "missed");
  expect([await calls.list(), await calls.told()]).toEqual([[], []]);
});

test("lists are narrowed; who turns out to be somebody else keeps their calls; the oldest go", async () => {
  using folder = createFolder();
  await using calls = await openCalls(folder.path);
  const byLid = { phone: null, lid: alice.lid };
  await calls.ring(offer("A", { ...alice, lid: null }));
  await calls.ring({ ...offer("B", byLid), at: at + 1_000 });
  await calls.end("B", "missed");
  const found = async (filter: object) => (await calls.list(filter)).map(({ waId }) => waId);
  expect(await found({})).toEqual(["B", "A"]);
  expect(await found({ outcome: "missed" })).toEqual(["B"]);
  expect(await found({ startedFrom: at + 1 })).toEqual(["B"]);
  expect(await found({ startedUntil: at + 1 })).toEqual(["A"]);
  expect(await found({ sessionIds: [] })).toEqual([]);
  expect(await found({ sessionIds: [calls.inbox.sessionId] })).toEqual(["B", "A"]);
  await calls.ring(offer("C", alice));
  const callers = (await calls.list()).map(({ caller }) => [caller.id, caller.phone, caller.lid]);
  expect(new Set(callers.map((caller) => JSON.stringify(caller))).size).toBe(1);
  expect(await calls.store.write("calls.prune", { before: at + 500, most: 10 })).toBe(2);
  expect(await found({})).toEqual(["B"]);
});
