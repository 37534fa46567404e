// Sending at the pace that a session is set to, and with the brakes that WhatsApp puts on: what waits says why and until
// when, goes when that is over, and what must not wait does not.
import { expect, test } from "bun:test";
import { day, hour, isoTime, minute, second } from "../../src/core/clock.ts";
import { bytesOf } from "../engine/media/prepare/files.ts";
import { createTestClock, type TestClock } from "../support/clock.ts";
import { type Flow, mine, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

type Kept = { id: string };

/** Beside WhatsApp's clock, which is the machine's: who wrote within the hour is a matter of both. */
const startPaced = () => startFlow({ clock: createTestClock(Date.now()) });
/** Longer than any of these stories: what expires is told elsewhere. */
const patient = { expires_in_seconds: (20 * day) / second };

const bodyFor = (to: string, more: object) => ({ session_id: "shop", to, text: "Hello!", ...patient, ...more });
const send = (flow: Flow, to: string, more: object = {}) => flow.call("/messages", { body: bodyFor(to, more) });
/** One that is not expected to go. */
const queue = async (flow: Flow, to: string, more: object = {}): Promise<Kept> =>
  (await flow.call("/messages?wait=none", { body: bodyFor(to, more) })).json;
const shown = async (flow: Flow, { id }: Kept) => (await flow.call(`/messages/${id}`)).json;
const waits = async (flow: Flow, message: Kept) => (await shown(flow, message)).waits;
const isGone = async (flow: Flow, message: Kept) => (await shown(flow, message)).sent_at !== null;
/** The sender looks every few seconds for what is held no longer. */
const goes = (flow: Flow, message: Kept, withinMs = 15_000) => until("it to go", () => isGone(flow, message), withinMs);
const change = (flow: Flow, body: object) => flow.call("/sessions/shop", { method: "PATCH", body });

/** People whom the number has never had to do with. */
function strangers({ control }: Flow, count: number): string[] {
  const numbers = Array.from({ length: count }, (_, place) => `1555200${String(place).padStart(4, "0")}`);
  for (const number of numbers) control.phones.add({ number, name: `Stranger ${number}` });
  return numbers;
}

async function writes(flow: Flow, person: string): Promise<void> {
  flow.control.phones.send(person, { to: mine, text: "Are you there?" });
  const isThere = async () =>
    (await flow.call("/messages?direction=in")).json.data.some(({ from }: { from: string }) => from === `+${person}`);
  await until("what they wrote to be here", isThere);
}

/** Since half an hour ago and for two hours more, wherever the clock stands. */
function quietNow(clock: TestClock) {
  const wall = (at: number) => new Date(at).toISOString().slice(11, 16);
  const ends = Math.floor((clock.now() + 2 * hour) / minute) * minute;
  return { ends, settings: { from: wall(clock.now() - hour / 2), to: wall(ends), time_zone: "UTC" } };
}

test.concurrent("in quiet hours only answers and what is urgent go out; the rest goes when they end", async () => {
  await using flow = await startPaced();
  await flow.link();
  const [stranger = ""] = strangers(flow, 1);
  const { ends, settings } = quietNow(flow.clock);
  expect((await change(flow, { quiet_hours: settings })).json.quiet_hours).toEqual(settings);
  const held = await queue(flow, stranger, { text: "An offer" });
  const wait = { reason: "quiet_hours", until: isoTime(ends) };
  expect(await waits(flow, held)).toEqual(wait);
  const behind = await queue(flow, stranger, { text: "Another offer" });
  expect(await waits(flow, behind)).toEqual({ reason: "order", until: null });
  const code = await send(flow, stranger, { text: "Your code is 1234", urgent: true });
  expect([code.status, await isGone(flow, code.json)]).toEqual([201, true]);
  await writes(flow, others);
  expect((await send(flow, others)).status).toBe(201);
  expect(await waits(flow, held)).toEqual(wait);
  flow.clock.advance(ends - flow.clock.now());
  await goes(flow, behind);
  await flow.network.settled();
  expect(await flow.line().delivered(stranger)).toEqual(["Your code is 1234", "An offer", "Another offer"]);
}, 40_000);

test.concurrent("what quiet hours hold goes when the one it is for writes, or at once when they are set no longer", async () => {
  await using flow = await startPaced();
  await flow.link("shop", mine, { quiet_hours: quietNow(flow.clock).settings });
  const [stranger = ""] = strangers(flow, 1);
  const [answer, offer] = [await queue(flow, others), await queue(flow, stranger)];
  for (const one of [answer, offer]) expect((await waits(flow, one)).reason).toBe("quiet_hours");
  await writes(flow, others);
  await goes(flow, answer);
  expect((await waits(flow, offer)).reason).toBe("quiet_hours");
  await change(flow, { quiet_hours: null });
  await goes(flow, offer, 4_000);
}, 40_000);

test.concurrent("whoever never wrote counts once; beyond the quota they wait for their turn, over restarts too", async () => {
  await using flow = await startPaced();
  await flow.link("shop", mine, { cold_contacts_per_day: 2 });
  const [first = "", second_ = "", third = "", fourth = "", fifth = ""] = strangers(flow, 5);
  const turns: object[] = [];
  for (const person of [first, second_]) {
    turns.push({ reason: "cold_quota", until: isoTime(flow.clock.now() + day) });
    expect((await send(flow, person)).status).toBe(201);
    flow.clock.advance(minute);
  }
  expect((await send(flow, first, { text: "Once more" })).status).toBe(201);
  const held = [await queue(flow, third), await queue(flow, fourth)] as const;
  const heldFor = () => Promise.all(held.map((one) => waits(flow, one)));
  expect(await heldFor()).toEqual(turns);
  const group = flow.control.createGroup({ subject: "Neighbours", creator: others, members: [mine] });
  expect((await send(flow, group.id)).status).toBe(201);
  await writes(flow, others);
  expect((await send(flow, others)).status).toBe(201);
  await flow.restart();
  await flow.line().letIn(2);
  expect(await heldFor()).toEqual(turns);
  flow.clock.advance(day - 2 * minute);
  await goes(flow, held[0]);
  expect((await heldFor())[1]).toEqual(turns[1]);
  // Goes in spite of it, and takes the turn of the one that waits.
  expect((await send(flow, fifth, { urgent: true })).status).toBe(201);
  flow.clock.advance(minute);
  expect((await heldFor())[1].reason).toBe("cold_quota");
  flow.clock.advance(day - minute);
  await goes(flow, held[1]);
}, 60_000);

test.concurrent("a number that warms up writes to ten new people on its first day, and to fifteen on the second", async () => {
  await using flow = await startPaced();
  await flow.link("shop", mine, { warm_up: "on" });
  const { linked_at } = (await flow.call("/sessions/shop")).json;
  const people = strangers(flow, 16);
  const kept: Kept[] = [];
  for (const person of people) kept.push(await queue(flow, person));
  await Promise.all(kept.slice(0, 10).map((one) => goes(flow, one)));
  const grown = isoTime(Date.parse(linked_at) + day);
  expect(await waits(flow, kept[10] as Kept)).toEqual({ reason: "cold_quota", until: grown });
  expect(await waits(flow, kept[15] as Kept)).toEqual({ reason: "cold_quota", until: expect.any(String) });
  const { services } = flow.gateway().gateway;
  const session = await services.sessions.get({ accountId: 1, sessions: null }, "shop");
  const estimate = await services.sendEstimates.estimate(session, { cold: 5, warm: 0 });
  expect(isoTime(estimate.endsAt)).toBe(grown);
  flow.clock.advance(Date.parse(grown) - flow.clock.now());
  await Promise.all(kept.slice(10).map((one) => goes(flow, one)));
}, 60_000);

test.concurrent("after 463 strangers wait, urgent or not, over a restart; whoever wrote is answered; then it goes on", async () => {
  await using flow = await startPaced();
  await flow.link();
  const [first = "", next = "", last = ""] = strangers(flow, 3);
  flow.strike("ack-error", { code: 463, count: 1 });
  expect((await send(flow, first)).json).toMatchObject({ status: "failed", error: { code: "463" } });
  const held = [await queue(flow, next), await queue(flow, last, { urgent: true })];
  const wait = { reason: "reach_out_limit", until: isoTime(flow.clock.now() + hour) };
  const heldFor = () => Promise.all(held.map((one) => waits(flow, one)));
  expect(await heldFor()).toEqual([wait, wait]);
  await writes(flow, others);
  expect((await send(flow, others)).status).toBe(201);
  flow.clock.advance(minute);
  await flow.restart();
  await flow.line().letIn(2);
  expect(await heldFor()).toEqual([wait, wait]);
  expect((await send(flow, others)).status).toBe(201);
  flow.clock.advance(hour - minute);
  await Promise.all(held.map((one) => goes(flow, one)));
}, 60_000);

test.concurrent("what is being typed when 463 comes stays where it is", async () => {
  await using flow = await startPaced();
  await flow.link("shop", mine, { typing: "on" });
  const [quick = "", slow = ""] = strangers(flow, 2);
  flow.strike("ack-error", { code: 463, count: 1 });
  const held = await queue(flow, slow, { text: "x".repeat(60) });
  await until("it to be typed", () => flow.control.phones.typing(slow).length === 1);
  const refused = await send(flow, quick, { text: "x" });
  expect(refused.json.error.code).toBe("463");
  await until("it to wait", async () => (await waits(flow, held))?.reason === "reach_out_limit");
  await flow.network.settled();
  expect(await flow.line().delivered(slow)).toEqual([]);
}, 40_000);

test.concurrent("after 429 nothing goes for a while, over a restart either", async () => {
  await using flow = await startPaced();
  await flow.link();
  await writes(flow, others);
  flow.strike("ack-error", { code: 429, count: 1 });
  expect((await send(flow, others)).json.error.code).toBe("429");
  const held = await queue(flow, others, { urgent: true });
  const wait = { reason: "rate_limited", until: isoTime(flow.clock.now() + 30 * second) };
  expect(await waits(flow, held)).toEqual(wait);
  await flow.restart();
  await flow.line().letIn(2);
  expect(await waits(flow, held)).toEqual(wait);
  flow.clock.advance(30 * second);
  await send(flow, mine, { text: "Anything that wakes it" });
  await goes(flow, held);
}, 60_000);

test.concurrent("typing is shown before a message, recording before a voice note, nothing before what is urgent", async () => {
  await using flow = await startPaced();
  await flow.link("shop", mine, { typing: "on" });
  const [stranger = ""] = strangers(flow, 1);
  const seen = (phone: string) => flow.control.phones.typing(phone).map(({ typing }) => typing);
  const long = await queue(flow, others, { text: "Two seconds or more, for forty characters." });
  await until("it to be typed", () => seen(others).length === 1);
  expect(await shown(flow, long)).toMatchObject({ status: "sending", sent_at: null });
  const began = performance.now();
  expect((await send(flow, stranger, { urgent: true })).status).toBe(201);
  expect([seen(stranger), await isGone(flow, long)]).toEqual([[], false]);
  await goes(flow, long);
  expect(performance.now() - began).toBeGreaterThan(second);
  const voice = { type: "voice", media: { base64: bytesOf("voice.ogg").toString("base64") }, text: undefined };
  expect((await send(flow, stranger, voice)).status).toBe(201);
  expect([seen(others), seen(stranger)]).toEqual([["text"], ["audio"]]);
}, 40_000);

test.concurrent("while it types it can be stopped, and sends afterwards what it was about to", async () => {
  await using flow = await startPaced();
  await flow.link("shop", mine, { typing: "on" });
  const kept = await queue(flow, others, { text: "x".repeat(200) });
  await until("it to be typed", () => flow.control.phones.typing(others).length === 1);
  const began = performance.now();
  await flow.restart();
  expect(performance.now() - began).toBeLessThan(4_000);
  await goes(flow, kept);
  await flow.network.settled();
  expect(await flow.line().delivered(others)).toEqual(["x".repeat(200)]);
}, 40_000);
