// The clients dialect's schedules, as its document prints them.
import { expect, test } from "bun:test";
import { isoTime as iso, minute } from "../../src/core/clock.ts";
import { adminPassword } from "../support/gateway.ts";
import { type Flow, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";
import { add, ask, link, signedIn, told } from "./clients-calls.ts";

const inMinutes = (flow: Flow, minutes: number) => iso(flow.clock.now() + minutes * minute).replace(".000Z", "Z");
const body = (flow: Flow, more: object = {}) => ({
  clientId: "client-id",
  number: others,
  message: "Scheduled hello",
  scheduleTime: inMinutes(flow, 60),
  ...more,
});
const list = async (flow: Flow) => (await ask(flow, "/scheduled-messages")).json;

test("a message is scheduled with a key, listed, and sent at its time", async () => {
  await using flow = await startFlow();
  const { apiKey } = await link(flow);
  const made = await ask(flow, "/schedule-message", { body: body(flow), key: apiKey });
  const row = {
    ...{ id: expect.any(Number), clientId: "client-id", recipient: `+${others}`, message: "Scheduled hello" },
    ...{ scheduleTime: inMinutes(flow, 60), status: "pending", createdAt: inMinutes(flow, 0), sentTime: null },
  };
  expect(told(made)).toEqual([201, row]);
  expect(await list(flow)).toEqual([made.json]);
  flow.clock.advance(60 * minute);
  await until("it to be sent", async () => (await list(flow))[0].status === "sent");
  expect(await list(flow)).toEqual([{ ...made.json, status: "sent", sentTime: made.json.scheduleTime }]);
  await flow.network.settled();
  expect(await flow.line("client-id").delivered()).toEqual(["Scheduled hello"]);
}, 20_000);

test("what is no time, or a past one, is refused; a time without an offset is UTC", async () => {
  await using flow = await startFlow();
  await add(flow);
  const schedule = (more: object) => ask(flow, "/schedule-message", { body: body(flow, more) });
  expect(told(await schedule({}))).toMatchObject([400, { code: "SESSION_NOT_READY" }]);
  await flow.line("client-id").link();
  for (const scheduleTime of ["tomorrow", "2025-10-06 18:30", "2025-10-06T18:30:00Z", inMinutes(flow, 0), ""]) {
    expect([scheduleTime, (await schedule({ scheduleTime })).status]).toEqual([scheduleTime, 400]);
  }
  expect(told(await schedule({ message: "" }))).toMatchObject([400, { code: "INVALID_REQUEST" }]);
  expect(told(await schedule({ number: "12" }))).toMatchObject([400, { code: "INVALID_REQUEST" }]);
  expect(told(await schedule({ clientId: "nobody" }))).toMatchObject([404, { code: "CLIENT_NOT_FOUND" }]);
  const bare = await schedule({ scheduleTime: inMinutes(flow, 5).replace("Z", "") });
  expect([bare.status, bare.json.scheduleTime]).toEqual([201, inMinutes(flow, 5)]);
  expect((await ask(flow, "/schedule-message", { body: body(flow), key: null })).status).toBe(401);
});

test("a pending one is cancelled by somebody who is signed in, ten times in a quarter of an hour", async () => {
  await using flow = await startFlow({ adminPassword });
  const { apiKey } = await link(flow);
  const { json: made } = await ask(flow, "/schedule-message", { body: body(flow) });
  const as = await signedIn(flow);
  const cancel = (id: unknown) => ask(flow, `/scheduled-messages/${id}`, { ...as, method: "DELETE" });
  const withKey = await ask(flow, `/scheduled-messages/${made.id}`, { method: "DELETE", key: apiKey });
  expect(told(withKey)).toMatchObject([403, { code: "SESSION_REQUIRED" }]);
  expect((await ask(flow, `/scheduled-messages/${made.id}`, { method: "DELETE", key: null })).status).toBe(401);
  expect(told(await cancel(made.id))).toEqual([200, { message: "Schedule cancelled." }]);
  expect((await ask(flow, "/scheduled-messages", as)).json).toEqual([{ ...made, status: "cancelled" }]);
  expect(told(await cancel(made.id))).toMatchObject([400, { code: "SCHEDULE_NOT_PENDING" }]);
  for (const id of [made.id + 1, "x", "-1"]) {
    expect(told(await cancel(id))).toMatchObject([404, { code: "SCHEDULE_NOT_FOUND" }]);
  }
  for (let n = 0; n < 5; n++) await cancel(made.id);
  expect(told(await cancel(made.id))).toMatchObject([429, { code: "RATE_LIMIT_EXCEEDED" }]);
  flow.clock.advance(15 * minute);
  expect((await cancel(made.id)).status).toBe(400);
});

test("what any surface has scheduled is listed; other accounts' and other clients' is not", async () => {
  await using flow = await startFlow();
  const { apiKey } = await link(flow);
  const native = { session_id: "client-id", to: "120363000000000001@g.us", cron: "0 9 * * *", time_zone: "UTC" };
  const { json: daily } = await flow.call("/schedules", { body: { ...native, text: "To all" } });
  expect(await list(flow)).toMatchObject([
    {
      recipient: native.to,
      message: "To all",
      scheduleTime: daily.next_run_at.replace(".000Z", "Z"),
      status: "pending",
    },
  ]);
  expect((await ask(flow, "/scheduled-messages", { key: apiKey })).json).toHaveLength(1);
  const { json: other } = await flow.call("/keys", { body: { name: "other", sessions: ["another"] } });
  expect((await ask(flow, "/scheduled-messages", { key: other.key })).json).toEqual([]);
});
