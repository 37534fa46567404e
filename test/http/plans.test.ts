import { expect, test } from "bun:test";
import { startGateway } from "../support/gateway.ts";

test("four plans are there from the start, and a change holds at once", async () => {
  await using gateway = await startGateway();
  const { json } = await gateway.call("/api/v1/plans");
  expect(
    json.data.map((plan: { name: string; requests_per_minute: number | null }) => [
      plan.name,
      plan.requests_per_minute,
    ]),
  ).toEqual([
    ["unlimited", null],
    ["free", 60],
    ["pro", 600],
    ["business", 6_000],
  ]);
  const free = `/api/v1/plans/${json.data[1].id}`;
  expect(
    (await gateway.call(free, { method: "PATCH", body: { requests_per_minute: 2 } })).json.requests_per_minute,
  ).toBe(2);
  const ada = { username: "ada", password: "a long and lovely phrase" };
  await gateway.call("/api/v1/accounts", { body: ada });
  const { json: login } = await gateway.call("/api/v1/login", { body: ada, key: null });
  const as = { headers: { authorization: `Bearer ${login.token}` }, key: null };
  const statuses = [];
  for (let n = 0; n < 3; n++) statuses.push((await gateway.call("/api/v1/me", as)).status);
  expect(statuses).toEqual([200, 200, 429]);
});

test("a plan of one's own, with a name of its own", async () => {
  await using gateway = await startGateway();
  const body = {
    name: "team",
    requests_per_minute: 1200,
    webhook_events_per_minute: null,
    sessions: 20,
    messages_per_day: 10_000,
  };
  const { json, status } = await gateway.call("/api/v1/plans", { body });
  expect([status, json.name, json.sessions]).toEqual([201, "team", 20]);
  expect((await gateway.call(`/api/v1/plans/${json.id}`)).json).toEqual(json);
  expect((await gateway.call("/api/v1/plans", { body: { ...body, name: "TEAM" } })).status).toBe(409);
  expect((await gateway.call(`/api/v1/plans/${json.id}`, { method: "PATCH", body: { name: "free" } })).status).toBe(
    409,
  );
  expect((await gateway.call("/api/v1/plans", { body: { name: "half" } })).status).toBe(422);
});
