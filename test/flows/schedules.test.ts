// What is said later: at its time, again and again, called off, changed, asked for now; over restarts, and by a clock that
// stands still until it is moved.
import { expect, test } from "bun:test";
import { day, hour, isoTime, minute, second } from "../../src/core/clock.ts";
import type { Answer } from "../support/gateway.ts";
import { type Flow, holds, others, startFlow } from "../support/session-flow.ts";
import { checkedEvents } from "../support/told-events.ts";
import { until } from "../support/until.ts";

const textsAt = async ({ control }: Flow, phone = others) => {
  const { data } = await control.phones.inbox(phone, { limit: 10_000 });
  return data.filter(({ from_me }) => !from_me).map(({ text }) => text);
};
const inTime = (flow: Flow, ms: number) => isoTime(flow.clock.now() + ms);
const schedule = (flow: Flow, body: object, key?: string): Promise<Answer> =>
  flow.call("/schedules", {
    body: { session_id: "shop", to: others, text: "Hello!", ...body },
    headers: key === undefined ? {} : { "idempotency-key": key },
  });
const shown = async (flow: Flow, id: string) => (await flow.call(`/schedules/${id}`)).json;
const runsOf = async (flow: Flow, id: string) => (await flow.call(`/schedules/${id}/runs`)).json.data;
const reaches = (flow: Flow, id: string, status: string) =>
  until(`it to be ${status}`, async () => {
    const now = await shown(flow, id);
    return now.status === status ? now : null;
  });
const ran = (flow: Flow, id: string, times: number) =>
  until(`${times} runs`, async () => {
    const runs = await runsOf(flow, id);
    const isSettled = runs.every(({ status }: { status: string }) => status !== "queued");
    return runs.length === times && isSettled ? runs : null;
  });
/** Of schedules, in their order. */
const told = async (flow: Flow) =>
  (await checkedEvents(flow.call)).filter(({ event }) => event.startsWith("schedule.")) as unknown as {
    event: string;
    from: string | null;
    data: Record<string, unknown>;
  }[];
const everyDay = { cron: "0 9 * * *", time_zone: "UTC" };

test.concurrent("a text goes out at its time, once, and is told of with the message that it became", async () => {
  await using flow = await startFlow();
  await flow.link();
  const at = inTime(flow, 2 * hour);
  const made = await schedule(flow, {
    to: "+1 (555) 100-0003",
    text: "In two hours",
    send_at: at.replace("Z", "+00:00"),
  });
  expect(made.status).toBe(201);
  expect(made.json).toMatchObject({
    ...{ status: "pending", to: `${others}@s.whatsapp.net`, type: "text", text: "In two hours" },
    ...{ send_at: at, next_run_at: at, cron: null, last_run: null, runs: 0, error: null },
    if_missed: { policy: "run_once", within_seconds: day / second },
  });
  const { id } = made.json;
  flow.clock.advance(2 * hour - second);
  await holds("it waits", 1_500, async () => (await textsAt(flow)).length === 0);
  flow.clock.advance(second);
  const done = await reaches(flow, id, "sent");
  expect(done).toMatchObject({
    next_run_at: null,
    runs: 1,
    send_at: at,
    last_run: { status: "sent", scheduled_at: at },
  });
  const [run] = await runsOf(flow, id);
  expect(done.last_run).toEqual(run);
  expect((await flow.call(`/messages/${run.message_id}`)).json.text).toBe("In two hours");
  await flow.network.settled();
  expect(await textsAt(flow)).toEqual(["In two hours"]);
  const [event, ...more] = await told(flow);
  expect(more).toEqual([]);
  expect(event).toMatchObject({ event: "schedule.sent", data: { schedule_id: id, run_id: run.id, scheduled_at: at } });
  expect(event?.data.message).toMatchObject({ id: run.message_id, text: "In two hours" });
  for (const act of ["cancel", "run"])
    expect((await flow.call(`/schedules/${id}/${act}`, { method: "POST" })).status).toBe(409);
  expect((await flow.call(`/schedules/${id}`, { method: "PATCH", body: { text: "Too late" } })).status).toBe(409);
});

test.concurrent("what recurs goes on until its end, and shows what came of it last", async () => {
  await using flow = await startFlow();
  await flow.link();
  flow.clock.advance(minute);
  const { json: made } = await schedule(flow, { ...everyDay, max_runs: 3, text: "Good morning" });
  expect(made).toMatchObject({ next_run_at: "2026-11-21T09:00:00.000Z", max_runs: 3, time_zone: "UTC" });
  expect(made.if_missed).toEqual({ policy: "run_once", within_seconds: hour / second });
  for (let times = 1; times <= 3; times++) {
    flow.clock.advance(Date.parse((await shown(flow, made.id)).next_run_at) - flow.clock.now());
    await ran(flow, made.id, times);
    const now = await shown(flow, made.id);
    expect(now).toMatchObject({ status: times < 3 ? "pending" : "sent", runs: times, last_run: { status: "sent" } });
  }
  expect((await shown(flow, made.id)).next_run_at).toBeNull();
  const { json: ends } = await schedule(flow, { ...everyDay, ends_at: inTime(flow, day), text: "Once more" });
  flow.clock.advance(day);
  expect(await reaches(flow, ends.id, "sent")).toMatchObject({ runs: 1 });
  await flow.network.settled();
  expect(await textsAt(flow)).toEqual([...Array(3).fill("Good morning"), "Once more"]);
  expect((await told(flow)).map(({ event }) => event)).toEqual(Array(4).fill("schedule.sent"));
});

test.concurrent("what was missed goes once within its lateness, or is told of, as its rule says", async () => {
  await using flow = await startFlow();
  await flow.link();
  const soon = inTime(flow, hour);
  const make = async (text: string, more: object) => (await schedule(flow, { text, ...more })).json.id;
  const skip = { policy: "skip" };
  const ids = {
    late: await make("late", { send_at: soon }),
    tooLate: await make("too late", { send_at: soon, if_missed: { policy: "run_once", within_seconds: 3_600 } }),
    skipped: await make("skipped", { send_at: soon, if_missed: skip }),
    hourly: await make("hourly", { cron: "30 * * * *", time_zone: "UTC" }),
    hourlySkipped: await make("hourly skipped", { cron: "0 * * * *", time_zone: "UTC", if_missed: skip }),
    daily: await make("daily", { cron: "0 10 * * *", time_zone: "UTC" }),
  };
  await flow.restart(() => flow.clock.advance(4 * hour + 10 * minute));
  await reaches(flow, ids.late, "sent");
  expect(await reaches(flow, ids.tooLate, "missed")).toMatchObject({
    last_run: { status: "missed", message_id: null },
  });
  await reaches(flow, ids.skipped, "missed");
  const seen = (runs: Record<string, string>[]) =>
    runs.map(({ status, scheduled_at, missed_until }) => [
      status,
      scheduled_at?.slice(11, 16),
      missed_until?.slice(11, 16),
    ]);
  expect(seen(await ran(flow, ids.hourly, 2))).toEqual([
    ["sent", "12:30", undefined],
    ["missed", "09:30", "11:30"],
  ]);
  expect(seen(await ran(flow, ids.hourlySkipped, 1))).toEqual([["missed", "10:00", "13:00"]]);
  expect(await shown(flow, ids.hourlySkipped)).toMatchObject({
    status: "pending",
    next_run_at: "2026-11-20T14:00:00.000Z",
  });
  expect(seen(await ran(flow, ids.daily, 1))).toEqual([["missed", "10:00", "10:00"]]);
  await flow.network.settled();
  expect((await textsAt(flow)).sort()).toEqual(["hourly", "late"]);
  const events = (await told(flow)).map(({ event, data }) => [event, data.schedule_id]);
  const missed = [ids.tooLate, ids.skipped, ids.hourly, ids.hourlySkipped, ids.daily];
  expect(
    events
      .filter(([event]) => event === "schedule.missed")
      .map(([, id]) => id)
      .sort(),
  ).toEqual(missed.sort());
  expect(events).toHaveLength(7);
}, 30_000);

test.concurrent("a clock that goes back fires nothing twice, and one that leaps ahead fires at once", async () => {
  await using flow = await startFlow();
  await flow.link();
  const { json: made } = await schedule(flow, { cron: "*/10 * * * *", time_zone: "UTC" });
  flow.clock.advance(10 * minute);
  await ran(flow, made.id, 1);
  flow.clock.advance(-25 * minute);
  await flow.restart();
  flow.clock.advance(24 * minute);
  await holds("it waits for its next time", 1_500, async () => (await runsOf(flow, made.id)).length === 1);
  flow.clock.advance(11 * minute);
  const runs = await ran(flow, made.id, 2);
  expect(runs.map((run: { scheduled_at: string }) => run.scheduled_at.slice(11, 16))).toEqual(["09:20", "09:10"]);
  await flow.network.settled();
  expect(await textsAt(flow)).toHaveLength(2);
}, 30_000);

test.concurrent("run now: one for a single time has had it, one that recurs goes on; a key makes it safe to ask again", async () => {
  await using flow = await startFlow();
  await flow.link();
  const { json: once } = await schedule(flow, { send_at: inTime(flow, hour), text: "once" });
  const { json: daily } = await schedule(flow, { ...everyDay, text: "daily" });
  const run = (id: string, key: string) =>
    flow.call(`/schedules/${id}/run`, { method: "POST", headers: { "idempotency-key": key } });
  const first = await run(once.id, "a");
  expect([first.status, first.json.manual, first.json.schedule_id]).toEqual([201, true, once.id]);
  await reaches(flow, once.id, "sent");
  const again = await run(once.id, "a");
  expect([again.json.id, again.headers.get("idempotency-replayed")]).toEqual([first.json.id, "true"]);
  expect((await run(once.id, "b")).status).toBe(409);
  for (const key of ["c", "d", "d"]) expect((await run(daily.id, key)).status).toBe(201);
  await ran(flow, daily.id, 2);
  expect(await shown(flow, daily.id)).toMatchObject({ status: "pending", runs: 0, next_run_at: daily.next_run_at });
  flow.clock.advance(2 * hour);
  await flow.network.settled();
  await holds("nothing more goes", 1_500, async () => (await textsAt(flow)).length === 3);
  expect((await textsAt(flow)).sort()).toEqual(["daily", "daily", "once"]);
}, 30_000);

test.concurrent("a session that is away is waited for; called off meanwhile, what waits goes with it", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  await line.act("stop");
  const make = async (text: string, more: object = {}) =>
    (await schedule(flow, { text, send_at: inTime(flow, minute), ...more })).json.id as string;
  const [goes, cancelled, deleted] = [await make("goes"), await make("cancelled"), await make("deleted")];
  const hopeless = await make("not later", { if_offline: "fail" });
  const daily = (await schedule(flow, { cron: "1 * * * *", time_zone: "UTC", text: "hourly" })).json.id;
  flow.clock.advance(minute);
  for (const id of [goes, cancelled, deleted, daily])
    await until("it to be queued", async () => (await shown(flow, id)).last_run?.status === "queued");
  expect(await reaches(flow, hopeless, "failed")).toMatchObject({ error: { code: "unavailable" }, next_run_at: null });
  expect(await shown(flow, goes)).toMatchObject({ status: "pending", next_run_at: null });
  for (const id of [cancelled, daily]) {
    const { status, json } = await flow.call(`/schedules/${id}/cancel`, { method: "POST" });
    expect([status, json.status, json.last_run.status]).toEqual([200, "cancelled", "cancelled"]);
  }
  expect((await flow.call(`/schedules/${deleted}`, { method: "DELETE" })).status).toBe(204);
  expect((await flow.call(`/schedules/${deleted}`)).status).toBe(404);
  await line.act("start");
  await reaches(flow, goes, "sent");
  await flow.network.settled();
  expect(await textsAt(flow)).toEqual(["goes"]);
  expect((await flow.call(`/schedules/${cancelled}/cancel`, { method: "POST" })).status).toBe(409);
  expect((await told(flow)).map(({ event }) => event)).toEqual(["schedule.failed", "schedule.sent"]);
}, 30_000);

test.concurrent("a schedule that is changed says the other thing, to the other person, at the other time", async () => {
  await using flow = await startFlow();
  await flow.link();
  const someone = "15551000004";
  flow.control.phones.add({ number: someone, name: "Somebody" });
  const change = (id: string, body: object) => flow.call(`/schedules/${id}`, { method: "PATCH", body });
  const { json: once } = await schedule(flow, { send_at: inTime(flow, minute), urgent: true, mentions: [others] });
  const later = inTime(flow, 3 * hour);
  const { json: changed } = await change(once.id, { to: someone, text: "Another", send_at: later });
  const what = { to: `${someone}@s.whatsapp.net`, text: "Another", mentions: [], urgent: true };
  expect(changed).toMatchObject({ ...what, send_at: later, next_run_at: later });
  expect((await change(once.id, { if_missed: { policy: "skip" } })).json).toMatchObject({
    ...what,
    next_run_at: later,
    if_missed: { policy: "skip", within_seconds: null },
  });
  expect((await change(once.id, { ...everyDay })).json.errors).toMatchObject([{ path: "/cron" }]);
  const { json: daily } = await schedule(flow, { ...everyDay, text: "daily", ends_at: inTime(flow, 9 * day) });
  const moved = await change(daily.id, { cron: "30 10 * * *", time_zone: "Europe/Berlin", ends_at: null });
  expect(moved.json).toMatchObject({ text: "daily", next_run_at: "2026-11-20T09:30:00.000Z", ends_at: null });
  flow.clock.advance(minute);
  await holds("nothing goes at the former time", 1_500, async () => (await textsAt(flow)).length === 0);
  flow.clock.advance(3 * hour - minute);
  await reaches(flow, once.id, "sent");
  await flow.network.settled();
  expect([await textsAt(flow), await textsAt(flow, someone)]).toEqual([[], ["Another"]]);
}, 30_000);

test.concurrent("a thousand at the same instant go, each once, and a restart in the midst of them changes nothing", async () => {
  await using flow = await startFlow();
  await flow.link("shop", undefined, { pacing: "off" });
  const send_at = inTime(flow, minute);
  const people = Array.from({ length: 20 }, (_, place) => `1555300${String(place).padStart(4, "0")}`);
  for (const number of people) flow.control.phones.add({ number });
  const texts = Array.from({ length: 1_000 }, (_, place) => `number ${place}`);
  const make = (text: string, place: number) => schedule(flow, { text, send_at, to: people[place % people.length] });
  for (let start = 0; start < texts.length; start += 100) await Promise.all(texts.slice(start, start + 100).map(make));
  flow.clock.advance(minute);
  const pending = async () => (await flow.call("/schedules?status=pending&limit=1")).json.data.length;
  await until(
    "some to have gone",
    async () => (await flow.call("/schedules?status=sent&limit=1")).json.data.length === 1,
  );
  await flow.restart();
  await until("all to have gone", async () => (await pending()) === 0, 60_000);
  await flow.network.settled(30_000);
  const all = (await Promise.all(people.map((person) => textsAt(flow, person)))).flat();
  expect(all.sort()).toEqual([...texts].sort());
}, 120_000);
