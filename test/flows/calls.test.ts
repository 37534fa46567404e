// Calls, from somebody's phone to the lists and the events: rung, given up, taken, rejected, told twice, and by a group.
import { expect, test } from "bun:test";
import { ask, isoTime, link } from "../dialects/clients-calls.ts";
import { type Flow, holds, mine, others, startFlow } from "../support/session-flow.ts";
import { checkedEvents } from "../support/told-events.ts";
import { findTraces } from "../support/traces.ts";
import { until } from "../support/until.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
type Json = Record<string, any>;

const zoe = "15553000001";
const list = async (flow: Flow, query = ""): Promise<Json[]> => (await flow.call(`/calls${query}`)).json.data;
const call = (flow: Flow, more: object = {}, from = others) => flow.control.phones.call(from, { to: mine, ...more });
const turn = (flow: Flow, id: string, what: string, from = others) =>
  flow.control.phones.turnCall(from, id, { turn: what });

async function eventsOf(flow: Flow, id: string): Promise<Json[]> {
  const all = (await checkedEvents((path) => flow.call(path))) as unknown as Json[];
  return all.filter(({ event, data }) => event.startsWith("call.") && data.call_id === id);
}
const told = async (flow: Flow, id: string) => (await eventsOf(flow, id)).map(({ event }) => event);

async function comesTo(flow: Flow, id: string, outcome: string | null): Promise<Json> {
  return until(`${id} to be ${outcome}`, async () =>
    (await list(flow)).find((one) => one.wa_id === id && one.outcome === outcome),
  );
}

test("who called is listed and told of: given up, in vain, taken or rejected on the phone, told twice", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  const session_id = (await line.shown()).id;
  const caller = { phone: `+${others}` };

  const first = call(flow);
  const ringing = await comesTo(flow, first.id, null);
  expect(ringing).toMatchObject({
    ...{ session_id, wa_id: first.id, from: `+${others}`, caller, video: false, group: false, group_id: null },
    ...{ started_at: isoTime, answered_at: null, ended_at: null, duration_seconds: null },
  });
  turn(flow, first.id, "repeated");
  await flow.network.settled();
  flow.control.phones.hangUp(others, first.id);
  expect(await comesTo(flow, first.id, "missed")).toMatchObject({ ended_at: isoTime, duration_seconds: 0 });
  turn(flow, first.id, "repeated");
  await flow.network.settled();
  const [received, ended] = await eventsOf(flow, first.id);
  const common = { id: ringing.id, call_id: first.id, caller, video: false, group: false, started_at: isoTime };
  expect(received).toMatchObject({ event: "call.received", session_id, from: `+${others}`, data: common });
  expect(received?.data.late).toBe(false);
  expect(ended).toMatchObject({ event: "call.ended", data: { ...common, outcome: "missed", duration_seconds: 0 } });

  const second = call(flow, { video: true, by: "lid" });
  await comesTo(flow, second.id, null);
  turn(flow, second.id, "timed_out");
  expect(await comesTo(flow, second.id, "missed")).toMatchObject({
    video: true,
    caller: { ...caller, lid: expect.any(String) },
  });

  const third = call(flow);
  await comesTo(flow, third.id, null);
  turn(flow, third.id, "accepted");
  expect(await comesTo(flow, third.id, "answered")).toMatchObject({ answered_at: isoTime, ended_at: null });
  flow.network.clock.advance(61_000);
  flow.control.phones.hangUp(others, third.id);
  const spoken = await until("its end", async () =>
    (await list(flow)).find(({ ended_at: at, wa_id }) => wa_id === third.id && at),
  );
  expect(spoken.duration_seconds).toBeGreaterThanOrEqual(61);

  const fourth = call(flow);
  await comesTo(flow, fourth.id, null);
  turn(flow, fourth.id, "rejected");
  await comesTo(flow, fourth.id, "rejected");
  await flow.network.settled();
  for (const { id } of [first, second, third, fourth])
    expect(await told(flow, id)).toEqual(["call.received", "call.ended"]);
  expect((await list(flow)).map(({ wa_id }) => wa_id)).toEqual([fourth, third, second, first].map(({ id }) => id));
  expect((await list(flow, "?outcome=missed&session=shop&limit=1")).map(({ wa_id }) => wa_id)).toEqual([second.id]);
  const since = encodeURIComponent(spoken.ended_at);
  expect((await list(flow, `?since=${since}`)).map(({ wa_id }) => wa_id)).toEqual([fourth.id]);
  expect(await list(flow, "?until=2001-01-01T00:00:00Z")).toEqual([]);
  expect((await flow.call("/calls?session=nobody")).status).toBe(404);
  expect(flow.network.world.observer.readViolations()).toEqual([]);
});

test("a call of a group is one, and rejected it is rejected for us alone", async () => {
  await using flow = await startFlow();
  const line = await flow.link("shop", mine, { reject_calls: true, reject_message: "Please write." });
  const group = flow.control.createGroup({ subject: "Neighbours", creator: others, members: [mine] });
  const { id } = call(flow, { to: group.id, video: true });
  expect(await comesTo(flow, id, "rejected")).toMatchObject({ group: true, group_id: group.id, video: true });
  await flow.network.settled();
  expect(await told(flow, id)).toEqual(["call.received", "call.rejected", "call.ended"]);
  for (const event of await eventsOf(flow, id))
    expect(event).toMatchObject({ group_id: group.id, data: { group: true } });
  await holds("nobody is written to", 300, async () => (await line.delivered()).length === 0);
});

test("told of twice, over a lost connection and a new start, it is rejected and answered once", async () => {
  await using flow = await startFlow();
  const line = await flow.link("shop", mine, { reject_calls: true, reject_message: "Please write." });
  const { id } = call(flow);
  await comesTo(flow, id, "rejected");
  turn(flow, id, "repeated");
  await until("the word", async () => (await line.delivered()).length > 0);
  await flow.restart(() => turn(flow, id, "repeated"));
  await line.letIn(2);
  await line.settled();
  turn(flow, id, "repeated");
  await holds("there is one word", 500, async () => (await line.delivered()).length === 1);
  expect(await told(flow, id)).toEqual(["call.received", "call.rejected", "call.ended"]);
  expect(await list(flow)).toHaveLength(1);
});

test("what rang while the gateway was off is there afterwards, late, and is not rejected any more", async () => {
  await using flow = await startFlow();
  const line = await flow.link("shop", mine, { reject_calls: true });
  let id = "";
  await flow.restart(() => {
    id = call(flow).id;
    turn(flow, id, "timed_out");
  });
  await line.reaches("connected");
  await comesTo(flow, id, "missed");
  expect(await eventsOf(flow, id)).toMatchObject([
    { event: "call.received", data: { late: true } },
    { event: "call.ended", data: { outcome: "missed" } },
  ]);
});

test("programs of the clients document see calls as it prints them", async () => {
  await using flow = await startFlow();
  await link(flow);
  await flow.call("/sessions/client-id", { method: "PATCH", body: { reject_calls: false } });
  flow.control.phones.add({ number: "15550002222" });
  await flow.link("other", "15550002222");
  const { id } = call(flow);
  await comesTo(flow, id, null);
  const row = {
    ...{ id: expect.any(Number), client_id: "client-id", call_from: `${others}@c.us`, is_video: false },
    ...{ start_time: isoTime, end_time: null, duration: null, created_at: isoTime },
  };
  const incoming = () => ask(flow, "/api/incoming-calls/client-id");
  expect([(await incoming()).status, (await incoming()).json]).toEqual([200, { status: "success", calls: [row] }]);
  flow.control.phones.hangUp(others, id);
  await comesTo(flow, id, "missed");
  expect((await incoming()).json.calls).toEqual([{ ...row, end_time: isoTime, duration: 0 }]);
  const there = call(flow, { to: "15550002222", video: true });
  await comesTo(flow, there.id, null);
  const { json: all } = await ask(flow, "/api/call-logs");
  expect(all).toMatchObject({
    status: "success",
    calls: [{ client_id: "other", is_video: true }, { client_id: "client-id" }],
  });
  expect((await incoming()).json.calls).toHaveLength(1);
  const missing = await ask(flow, "/api/incoming-calls/nobody");
  expect([missing.status, missing.json]).toEqual([404, { error: "Client not found", code: "CLIENT_NOT_FOUND" }]);
  const { json: key } = await flow.call("/keys", { body: { name: "k", scopes: ["read"], sessions: ["other"] } });
  const bound = await ask(flow, "/api/call-logs", { key: key.key });
  expect(bound.json.calls).toMatchObject([{ client_id: "other" }]);
  expect((await flow.call("/calls", { key: key.key })).json.data).toHaveLength(1);
  // A caller is somebody for the key of the session that was called, without a chat.
  const contact = (await flow.call("/calls", { key: key.key })).json.data[0].caller.contact_id;
  expect((await flow.call(`/contacts/${contact}`, { key: key.key })).status).toBe(200);
});

test("who is forgotten has never called, and what was told of it says nothing of them", async () => {
  await using flow = await startFlow();
  await flow.link();
  const { lid } = flow.control.phones.add({ number: zoe, name: "Zoe Quastenflosser" });
  for (let time = 0; time < 2; time++) await comesTo(flow, call(flow, {}, zoe).id, null);
  const { id } = call(flow);
  await comesTo(flow, id, null);
  const [caller] = (await list(flow)).filter(({ from }) => from === `+${zoe}`);
  const lines = (await flow.call("/export")).text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.filter(({ record }) => record === "call").map(({ data }) => data)).toEqual(
    (await list(flow)).toReversed(),
  );
  expect(lines.at(-1).data.calls).toBe(3);
  const answer = await flow.call(`/contacts/${caller?.caller.contact_id}`, { method: "DELETE" });
  expect(answer.json).toEqual({ status: "forgotten" });
  expect((await list(flow)).map(({ wa_id }) => wa_id)).toEqual([id]);
  expect(findTraces(String(flow.settings.dataDir), [zoe, String(lid), "Quastenflosser"])).toEqual([]);
});
