// One message to many people: each in their own words, as far as the number may send, once over restarts; paused, taken
// back, tried again, and stopped by itself.
import { expect, test } from "bun:test";
import { bytesOf } from "../engine/media/prepare/files.ts";
import {
  act,
  countUploads,
  createCampaign,
  inboxes,
  ofCampaign,
  reaches,
  shownOf,
  strangersOn,
} from "../support/campaigns.ts";
import { createRunningClock } from "../support/clock.ts";
import { filesOnDisk } from "../support/sent-media.ts";
import { holds, mine, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

test("everybody is written to in their own words, once, and the campaign says how it went", async () => {
  await using flow = await startFlow({ clock: createRunningClock() });
  await flow.link("shop", undefined, { pacing: "off" });
  const people = strangersOn(flow, 40);
  const recipients = people.map((phone, place) =>
    place % 2 === 0 ? { phone, Name: `P${place}`, city: "Köln" } : phone,
  );
  const { status, json } = await flow.call("/campaigns", {
    body: {
      session_id: "shop",
      name: "Sale",
      recipients: [...recipients, `+${people[0]}`],
      message: { text: "Hello {{name|there}} from {{ City | somewhere }}! {{phone}}" },
    },
  });
  expect([status, json.status, json.total, json.duplicates]).toEqual([201, "running", 40, 1]);
  const done = await reaches(flow, json.id, "completed");
  expect(done).toMatchObject({
    processed: 40,
    succeeded: 40,
    failed: 0,
    skipped: 0,
    queued: 0,
    waiting: 0,
    reason: null,
  });
  await flow.network.settled();
  const texts = await inboxes(flow, people);
  expect(texts).toEqual(
    people.map((phone, place) =>
      place % 2 === 0 ? [`Hello P${place} from Köln! ${phone}`] : [`Hello there from somewhere! ${phone}`],
    ),
  );
  const listed = await ofCampaign(flow, json.id);
  expect(listed.map(({ to }) => to.split("@")[0])).toEqual(people);
  expect(listed[0]).toMatchObject({ status: "sent", fields: { Name: "P0", city: "Köln" }, phone: `+${people[0]}` });
  const message = await flow.call(`/messages/${listed[0]?.message_id}`);
  expect(message.json).toMatchObject({ text: `Hello P0 from Köln! ${people[0]}`, session_id: listed[0]?.session_id });
  const events = (await flow.call("/events?cursor=earliest&events=campaign.*&limit=200")).json.data;
  const named = events.map(({ event }: { event: string }) => event);
  expect([named[0], named.at(-1)]).toEqual(["campaign.started", "campaign.completed"]);
  expect(events.at(-1).data).toMatchObject({ id: json.id, total: 40, succeeded: 40, status: "completed" });
}, 30_000);

test("a pause holds at once, over a restart too, and nobody is written to twice when it goes on", async () => {
  await using flow = await startFlow({ clock: createRunningClock() });
  await flow.link("shop", undefined, { pacing: "off" });
  const people = strangersOn(flow, 24);
  const { id } = await createCampaign(flow, { recipients: people, delay_min: 0.05, delay_max: 0.1 });
  await until("some to be sent", async () => (await shownOf(flow, id)).succeeded >= 5);
  const paused = await act(flow, id, "pause");
  expect(paused).toMatchObject({ status: "paused", reason: null });
  await until("what was handed on to be sent", async () => (await shownOf(flow, id)).queued === 0);
  const { succeeded } = await shownOf(flow, id);
  expect(succeeded).toBeLessThanOrEqual(paused.succeeded + 1);
  await flow.restart();
  await flow.line().letIn(2);
  await holds("it stays paused", 400, async () => (await shownOf(flow, id)).succeeded === succeeded);
  expect(await act(flow, id, "pause")).toMatchObject({ status: "paused" });
  await act(flow, id, "resume");
  await until("some more to be sent", async () => (await shownOf(flow, id)).succeeded >= succeeded + 4);
  // In the midst of it.
  await flow.restart();
  await reaches(flow, id, "completed");
  await flow.network.settled();
  expect(await inboxes(flow, people)).toEqual(people.map(() => ["Hello!"]));
}, 60_000);

test("between two messages of a session there is a gap, and a draft does nothing until it is started", async () => {
  await using flow = await startFlow({ clock: createRunningClock() });
  await flow.link("shop", undefined, { pacing: "off" });
  const people = strangersOn(flow, 4);
  const { id, status } = await createCampaign(flow, {
    recipients: people,
    delay_min: 0.4,
    delay_max: 0.5,
    draft: true,
  });
  expect(status).toBe("draft");
  await flow.call(`/campaigns/${id}`, {
    method: "PATCH",
    body: { message: { text: "Hi {{name|you}}" }, name: "Anew" },
  });
  await holds("nothing is sent", 300, async () => (await shownOf(flow, id)).processed === 0);
  const began = performance.now();
  await act(flow, id, "start");
  await until("it to wait for its gap", async () => (await shownOf(flow, id)).waits?.reason === "gap");
  const done = await reaches(flow, id, "completed");
  expect(performance.now() - began).toBeGreaterThan(3 * 400 - 100);
  expect(done.name).toBe("Anew");
  await flow.network.settled();
  expect(await inboxes(flow, people)).toEqual(people.map(() => ["Hi you"]));
  expect((await flow.call(`/campaigns/${id}/pause`, { method: "POST" })).status).toBe(409);
  expect((await flow.call(`/campaigns/${id}`, { method: "PATCH", body: { name: "x" } })).status).toBe(409);
  expect((await flow.call(`/campaigns/${id}`, { method: "DELETE" })).status).toBe(204);
  expect((await flow.call(`/campaigns/${id}`)).status).toBe(404);
}, 30_000);

test("cancelled while its session is away: nothing goes out any more", async () => {
  await using flow = await startFlow({ clock: createRunningClock() });
  const line = await flow.link("shop", undefined, { pacing: "off" });
  const people = strangersOn(flow, 5);
  await flow.call("/sessions/shop/stop", { method: "POST" });
  await line.reaches("stopped");
  const { id } = await createCampaign(flow, { recipients: people });
  await until("it to wait", async () => (await shownOf(flow, id)).waits?.reason === "offline");
  expect(await act(flow, id, "cancel")).toMatchObject({ status: "cancelled", processed: 0, waiting: 5 });
  expect((await ofCampaign(flow, id)).map(({ status }) => status)).toEqual(people.map(() => "cancelled"));
  expect(await ofCampaign(flow, id, "&status=waiting")).toEqual([]);
  await flow.call("/sessions/shop/start", { method: "POST" });
  await line.letIn(2);
  await holds("nothing is sent", 500, async () => (await shownOf(flow, id)).processed === 0);
  expect((await flow.call(`/campaigns/${id}/resume`, { method: "POST" })).status).toBe(409);
}, 30_000);

test("the failed ones are tried again, and it is completed once more", async () => {
  await using flow = await startFlow({ clock: createRunningClock() });
  await flow.link("shop", undefined, { pacing: "off" });
  const people = strangersOn(flow, 12);
  flow.strike("ack-error", { code: 479, count: 3 });
  const { id } = await createCampaign(flow, { recipients: people });
  expect(await reaches(flow, id, "completed")).toMatchObject({ succeeded: 9, failed: 3 });
  const failed = await ofCampaign(flow, id, "&status=failed");
  expect(failed.map(({ reason }) => reason.code)).toEqual(["479", "479", "479"]);
  expect(await act(flow, id, "retry")).toMatchObject({ status: "running", failed: 0 });
  expect(await reaches(flow, id, "completed")).toMatchObject({ succeeded: 12, failed: 0 });
  await flow.network.settled();
  expect(await inboxes(flow, people)).toEqual(people.map(() => ["Hello!"]));
}, 30_000);

test("too many failures stop it with a reason; resumed, it is judged anew", async () => {
  await using flow = await startFlow({ clock: createRunningClock() });
  await flow.link("shop", undefined, { pacing: "off" });
  const people = strangersOn(flow, 30);
  const end = flow.strike("ack-error", { code: 479, count: null });
  const rule = { stop_after_failures: { percent: 50, at_least: 4 }, delay_min: 0.01, delay_max: 0.02 };
  const { id } = await createCampaign(flow, { recipients: people, ...rule });
  const stopped = await reaches(flow, id, "paused");
  expect(stopped.reason.code).toBe("failures");
  expect(stopped.failed).toBeGreaterThanOrEqual(4);
  expect(stopped.failed).toBeLessThan(15);
  end();
  await act(flow, id, "resume");
  const done = await reaches(flow, id, "completed");
  expect(done.succeeded + done.failed).toBe(30);
  const events = (await flow.call("/events?cursor=earliest&events=campaign.paused")).json.data;
  expect(events).toMatchObject([{ data: { id, status: "paused", reason: { code: "failures" } } }]);
}, 30_000);

test("463 stops it, and what had been handed on is taken back with it", async () => {
  await using flow = await startFlow({ clock: createRunningClock() });
  await flow.link();
  const people = strangersOn(flow, 12);
  flow.strike("ack-error", { code: 463, count: 1 });
  const { id } = await createCampaign(flow, { recipients: people });
  const stopped = await reaches(flow, id, "paused");
  expect(stopped.reason.code).toBe("reach_out_limit");
  const shown = await shownOf(flow, id);
  const cancelled = await act(flow, id, "cancel");
  expect(cancelled).toMatchObject({ status: "cancelled", queued: 0, skipped: shown.queued });
  const skipped = await ofCampaign(flow, id, "&status=skipped");
  expect(skipped.map(({ reason }) => reason.code)).toEqual(skipped.map(() => "cancelled"));
}, 30_000);

test("several sessions take turns, and go on without one that WhatsApp has put a brake on", async () => {
  await using flow = await startFlow({ clock: createRunningClock() });
  const desk = "15550002222";
  flow.control.phones.add({ number: desk, name: "Desk" });
  await flow.link("shop", mine, { pacing: "off" });
  await flow.link("desk", desk, { pacing: "off" });
  const people = strangersOn(flow, 40);
  const body = { session_id: undefined, sessions: ["shop", "desk"], delay_min: 0.02, delay_max: 0.04 };
  const { id } = await createCampaign(flow, { recipients: people.slice(0, 20), ...body });
  await reaches(flow, id, "completed");
  const by = Map.groupBy(await ofCampaign(flow, id), ({ session_id }) => session_id);
  expect([...by.values()].map((own) => own.length >= 5)).toEqual([true, true]);
  flow.strike("ack-error", { code: 463, count: 1, phone: desk });
  const other = await createCampaign(flow, { recipients: people.slice(20), ...body });
  expect(await reaches(flow, other.id, "completed")).toMatchObject({ succeeded: 19, failed: 1 });
}, 40_000);

test("one picture for all: prepared once, brought to WhatsApp's hosts once, gone with the campaign", async () => {
  await using flow = await startFlow({ clock: createRunningClock() });
  await flow.link("shop", undefined, { pacing: "off" });
  const people = strangersOn(flow, 8);
  const asked = countUploads(flow);
  const media = { base64: bytesOf("photo.jpg").toString("base64") };
  const recipients = people.map((phone, place) => ({ phone, name: `P${place}` }));
  const { id, message } = await createCampaign(flow, { recipients, message: { text: "For {{name}}", media } });
  expect(message).toEqual({ type: "image", text: "For {{name}}" });
  await reaches(flow, id, "completed");
  await flow.network.settled();
  expect(await inboxes(flow, people)).toEqual(people.map((_phone, place) => [`For P${place}`]));
  for (const person of people) {
    const { data } = await flow.control.phones.inbox(person, { limit: 10 });
    expect(data[0]?.media).toMatchObject({ sha256: expect.any(String) });
  }
  expect([asked(), filesOnDisk(flow).length]).toEqual([1, 1]);
  const [first] = await ofCampaign(flow, id);
  expect((await flow.call(`/messages/${first.message_id}/media`)).status).toBe(200);
  await flow.call(`/campaigns/${id}`, { method: "DELETE" });
  // The messages have it still.
  await holds("it stays", 300, () => filesOnDisk(flow).length === 1);
}, 40_000);
