// When a campaign sends: at its time, in its hours of the day, within what the plan allows; and to whom it does not.
import { expect, test } from "bun:test";
import { day, hour, isoTime, minute } from "../../src/core/clock.ts";
import { act, createCampaign, inboxes, ofCampaign, reaches, shownOf, strangersOn } from "../support/campaigns.ts";
import { createRunningClock, createTestClock } from "../support/clock.ts";
import { type Flow, holds, mine, startFlow } from "../support/session-flow.ts";
import { findTraces } from "../support/traces.ts";
import { until } from "../support/until.ts";

const waitsFor = (flow: Flow, id: string, reason: string) =>
  until(`it to wait for ${reason}`, async () => {
    const { waits } = await shownOf(flow, id);
    return waits?.reason === reason ? waits : null;
  });

/** In which it is closed for two hours more. */
function closedNow(at: number) {
  const wall = (time: number) => isoTime(time).slice(11, 16);
  const opens = Math.ceil((at + 2 * hour) / minute) * minute;
  return { opens, window: { from: wall(opens), to: wall(at - hour), time_zone: "UTC" } };
}

test("outside of its hours it waits until they begin, over a restart too", async () => {
  await using flow = await startFlow({ clock: createTestClock(Date.UTC(2026, 10, 20, 12)) });
  await flow.link("shop", undefined, { pacing: "off" });
  const people = strangersOn(flow, 3);
  const { opens, window } = closedNow(flow.clock.now());
  const { id } = await createCampaign(flow, { recipients: people, window });
  expect((await waitsFor(flow, id, "window")).until).toBe(isoTime(opens));
  const { json } = await flow.call(`/campaigns/${id}/estimate`, { method: "POST" });
  expect(json).toMatchObject({ valid: 3, cold: 3, suppressed: 0, starts_at: isoTime(opens) });
  await flow.restart();
  await flow.line().letIn(2);
  expect((await shownOf(flow, id)).processed).toBe(0);
  flow.clock.advance(opens - flow.clock.now() + minute);
  await reaches(flow, id, "completed");
}, 40_000);

test("one that is scheduled starts at its time; a time that passed while the gateway was off is now", async () => {
  await using flow = await startFlow();
  await flow.link("shop", undefined, { pacing: "off" });
  const people = strangersOn(flow, 4);
  const at = (ms: number) => isoTime(flow.clock.now() + ms);
  const first = await createCampaign(flow, { recipients: people.slice(0, 2), start_at: at(hour) });
  const second = await createCampaign(flow, { recipients: people.slice(2), start_at: at(2 * hour) });
  expect([first.status, second.status]).toEqual(["scheduled", "scheduled"]);
  await holds("nothing is sent", 300, async () => (await shownOf(flow, first.id)).status === "scheduled");
  flow.clock.advance(hour + minute);
  await reaches(flow, first.id, "completed");
  expect((await shownOf(flow, second.id)).status).toBe("scheduled");
  await flow.restart(() => flow.clock.advance(3 * hour));
  await reaches(flow, second.id, "completed");
}, 40_000);

test("what the plan allows a day is all that goes out on it; the rest goes on the next", async () => {
  await using flow = await startFlow();
  await flow.link("shop", undefined, { pacing: "off" });
  const limits = { requests_per_minute: null, webhook_events_per_minute: null, sessions: null };
  await flow.call("/plans", { body: { name: "five", ...limits, messages_per_day: 5 } });
  const [{ id: me }] = (await flow.call("/accounts")).json.data;
  expect((await flow.call(`/accounts/${me}`, { method: "PATCH", body: { plan: "five" } })).status).toBe(200);
  const people = strangersOn(flow, 8);
  const { id } = await createCampaign(flow, { recipients: people });
  await waitsFor(flow, id, "daily_limit");
  await until("five to be sent", async () => (await shownOf(flow, id)).succeeded === 5);
  await flow.restart();
  await flow.line().letIn(2);
  await waitsFor(flow, id, "daily_limit");
  expect(await shownOf(flow, id)).toMatchObject({ status: "running", succeeded: 5, failed: 0 });
  flow.clock.advance(day);
  await reaches(flow, id, "completed");
}, 40_000);

test("who is on the list is skipped, also when they came on it while it ran", async () => {
  await using flow = await startFlow({ clock: createRunningClock() });
  await flow.link("shop", undefined, { pacing: "off" });
  const people = strangersOn(flow, 6);
  const add = (phones: string[]) => flow.call("/suppressions", { body: { phones, note: "by phone" } });
  expect((await add([`+${people[0]}`, String(people[0])])).json).toEqual({ added: 1 });
  const body = { session_id: "shop", recipients: people, message: { text: "Hello!" } };
  const plan = await flow.call("/campaign-estimates", { body });
  expect(plan.json).toMatchObject({ valid: 6, suppressed: 1, cold: 5, invalid: 0, duplicates: 0 });
  const { id } = await createCampaign(flow, { recipients: people, delay_min: 0.3, delay_max: 0.3 });
  await until("the first to be sent", async () => (await shownOf(flow, id)).succeeded === 1);
  await add([String(people[5])]);
  expect(await reaches(flow, id, "completed")).toMatchObject({ succeeded: 4, skipped: 2, processed: 6 });
  const skipped = await ofCampaign(flow, id, "&status=skipped");
  expect(skipped.map(({ phone, reason }) => [phone, reason.code])).toEqual([
    [`+${people[0]}`, "suppressed"],
    [`+${people[5]}`, "suppressed"],
  ]);
  const [entry] = (await flow.call(`/suppressions?phone=${people[5]}`)).json.data;
  expect(entry).toMatchObject({ phone: `+${people[5]}`, source: "manual", note: "by phone" });
  expect((await flow.call(`/suppressions/${entry.id}`, { method: "DELETE" })).status).toBe(204);
  expect((await flow.call(`/suppressions/${entry.id}`, { method: "DELETE" })).status).toBe(404);
}, 40_000);

test("whoever answers with a word for it is written to by no campaign any more, and it is told", async () => {
  await using flow = await startFlow({ clock: createTestClock(Date.now()) });
  await flow.link("shop", undefined, { pacing: "off" });
  const people = strangersOn(flow, 3);
  const [asks = "", writes = "", never = ""] = people;
  const first = await createCampaign(flow, { recipients: [asks, writes] });
  await reaches(flow, first.id, "completed");
  await flow.network.settled();
  flow.control.phones.send(asks, { to: mine, text: "  Stop! " });
  flow.control.phones.send(writes, { to: mine, text: "Please stop calling it a sale" });
  flow.control.phones.send(never, { to: mine, text: "STOP" });
  const told = await until("it to be told", async () => {
    const { data } = (await flow.call("/events?cursor=earliest&events=contact.opted_out")).json;
    return data.length > 0 ? data : null;
  });
  await until("the others to be heard", async () => (await flow.call("/messages?direction=in")).json.data.length === 3);
  expect(told).toMatchObject([{ from: `+${asks}`, data: { phone: `+${asks}`, word: "STOP", campaign_id: first.id } }]);
  const list = (await flow.call("/suppressions")).json.data;
  expect(list).toMatchObject([{ phone: `+${asks}`, source: "opt_out", campaign_id: first.id }]);
  expect(list[0].lid).not.toBeNull();
  const second = await createCampaign(flow, { recipients: people });
  expect(await reaches(flow, second.id, "completed")).toMatchObject({ succeeded: 2, skipped: 1 });
  await flow.network.settled();
  expect(await inboxes(flow, people)).toEqual([["Hello!"], ["Hello!", "Hello!"], ["Hello!"]]);
  expect((await act(flow, second.id, "retry")).status).toBe("completed");
}, 40_000);

test("who is forgotten is in no campaign and on no list any more, nor where others are told of them", async () => {
  await using flow = await startFlow();
  await flow.link("shop", undefined, { pacing: "off" });
  const [zora = "", friend = ""] = strangersOn(flow, 2, 700);
  const name = "Zora Quastenflosser";
  const recipients = [
    { phone: zora, name },
    { phone: friend, referrer: `+${zora}` },
  ];
  const message = { text: `Hello {{name}}, ask +${zora}` };
  const sent = await createCampaign(flow, { recipients, message });
  await reaches(flow, sent.id, "completed");
  const draft = await createCampaign(flow, { recipients, message, draft: true });
  await flow.call("/suppressions", { body: { phones: [zora] } });
  await flow.network.settled();
  const contact = (await flow.call("/contacts")).json.data.find(({ phone }: { phone: string }) => phone === `+${zora}`);
  const dataDir = String(flow.settings.dataDir);
  expect(findTraces(dataDir, [zora, name])).not.toEqual([]);
  const answer = await flow.call(`/contacts/${contact.id}`, { method: "DELETE" });
  expect([answer.status, answer.json]).toEqual([200, { status: "forgotten" }]);
  expect(findTraces(dataDir, [zora, name])).toEqual([]);
  expect(await shownOf(flow, sent.id)).toMatchObject({ total: 2, succeeded: 2 });
  expect(await shownOf(flow, draft.id)).toMatchObject({
    total: 2,
    skipped: 1,
    message: { text: "Hello {{name}}, ask +…" },
  });
  const listed = await ofCampaign(flow, draft.id);
  expect(listed.map(({ phone, status }) => [phone, status])).toEqual([
    [null, "skipped"],
    [`+${friend}`, "waiting"],
  ]);
  expect((await flow.call("/suppressions")).json.data).toEqual([]);
}, 40_000);
