import { expect, test } from "bun:test";
import { day, hour, minute } from "../../src/core/clock.ts";
import { adminPassword, startGateway, type TestGateway } from "../support/gateway.ts";

const make = (gateway: TestGateway, body: object, key?: string) =>
  gateway.call("/api/v1/keys", { body, ...(key === undefined ? {} : { key }) });

test("a key is shown once, works in every documented place, and nothing of it is listed", async () => {
  await using gateway = await startGateway();
  const { json, status } = await make(gateway, { name: "shop", scopes: ["read"] });
  expect(status).toBe(201);
  expect(json).toMatchObject({
    name: "shop",
    scopes: ["read"],
    sessions: null,
    expires_at: null,
    revoked_at: null,
    uses: 0,
  });
  for (const headers of [
    { authorization: `Bearer ${json.key}` },
    { authorization: `bearer   ${json.key}` },
    { authorization: json.key },
    { "X-API-KEY": json.key },
    { "x-api-key": json.key, authorization: "Basic cHJveHk6cHJveHk=" },
  ] as Record<string, string>[]) {
    expect((await gateway.call("/api/v1/me", { headers, key: null })).status).toBe(200);
  }
  const list = await gateway.call("/api/v1/keys");
  expect(list.text).not.toContain(json.key);
  expect(list.json.data[0]).toMatchObject({ id: json.id, prefix: json.key.slice(0, 12) });
  expect((await gateway.call(`/api/v1/me?api_key=${json.key}`, { key: null })).status).toBe(401);
});

test("scopes hold: a key does what it may and no more, and makes no key that may more", async () => {
  await using gateway = await startGateway();
  const { json: reader } = await make(gateway, { name: "reader", scopes: ["read"] });
  const { json: manager } = await make(gateway, { name: "manager", scopes: ["read", "manage"] });
  expect((await make(gateway, { name: "x" }, reader.key)).json).toMatchObject({ status: 403, code: "forbidden" });
  expect((await gateway.call("/api/v1/accounts", { key: manager.key })).status).toBe(403);
  expect((await make(gateway, { name: "x" }, manager.key)).json.scopes).toEqual(["read", "manage"]);
  expect((await make(gateway, { name: "x", scopes: ["admin"] }, manager.key)).status).toBe(403);
  const { json: list } = await gateway.call("/api/v1/keys?limit=200");
  const strong = list.data.find((key: { scopes: string[] }) => key.scopes.includes("admin"));
  for (const [path, method] of [
    [`/api/v1/keys/${strong.id}/rotate`, "POST"],
    [`/api/v1/keys/${strong.id}`, "DELETE"],
  ] as const) {
    expect((await gateway.call(path, { method, key: manager.key })).status).toBe(403);
  }
});

test("a key bound to sessions makes keys for those alone", async () => {
  await using gateway = await startGateway();
  const { json: bound } = await make(gateway, { name: "bound", sessions: ["shop", "desk"] });
  expect((await make(gateway, { name: "x", sessions: ["shop"] }, bound.key)).json.sessions).toEqual(["shop"]);
  expect((await make(gateway, { name: "x" }, bound.key)).json.sessions).toEqual(["shop", "desk"]);
  expect((await make(gateway, { name: "x", sessions: ["other"] }, bound.key)).status).toBe(403);
  const { json: free } = await make(gateway, { name: "good for all" });
  const as = { method: "POST", key: bound.key };
  expect((await gateway.call(`/api/v1/keys/${free.id}/rotate`, as)).status).toBe(403);
  expect((await gateway.call(`/api/v1/keys/${free.id}`, { ...as, method: "DELETE" })).status).toBe(403);
  expect((await gateway.call(`/api/v1/keys/${bound.id}/rotate`, as)).status).toBe(201);
});

test("a revoked key fails from the very next request on", async () => {
  await using gateway = await startGateway();
  const { json } = await make(gateway, { name: "short" });
  const as = { key: json.key };
  expect((await gateway.call("/api/v1/me", as)).status).toBe(200);
  expect((await gateway.call(`/api/v1/keys/${json.id}`, { method: "DELETE" })).status).toBe(204);
  const answers = await Promise.all(Array.from({ length: 100 }, () => gateway.call("/api/v1/me", as)));
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([401]));
  expect((await gateway.call(`/api/v1/keys/${json.id}`, { method: "DELETE" })).status).toBe(204);
});

test("a rotated key's predecessor works for the grace period and not a moment longer", async () => {
  await using gateway = await startGateway();
  const { json: old } = await make(gateway, { name: "shop", scopes: ["read", "manage"] });
  const rotated = await gateway.call(`/api/v1/keys/${old.id}/rotate`, { body: { grace_seconds: 3600 } });
  expect(rotated.status).toBe(201);
  expect(rotated.json).toMatchObject({ name: "shop", scopes: ["read", "manage"] });
  expect((await gateway.call("/api/v1/me", { key: old.key })).status).toBe(200);
  gateway.clock.advance(hour);
  expect((await gateway.call("/api/v1/me", { key: old.key })).status).toBe(401);
  expect((await gateway.call("/api/v1/me", { key: rotated.json.key })).status).toBe(200);
  const again = await gateway.call(`/api/v1/keys/${rotated.json.id}/rotate`, { method: "POST" });
  expect(again.status).toBe(201);
  expect((await gateway.call("/api/v1/me", { key: rotated.json.key })).status).toBe(401);
  expect((await gateway.call(`/api/v1/keys/${rotated.json.id}/rotate`, { method: "POST" })).status).toBe(409);
});

test("keys expire, and are good only from where they may be used", async () => {
  await using gateway = await startGateway();
  const { json: short } = await make(gateway, { name: "short", expires_at: "2026-11-20T12:00:00+02:00" });
  expect(short.expires_at).toBe("2026-11-20T10:00:00.000Z");
  expect((await gateway.call("/api/v1/me", { key: short.key })).status).toBe(200);
  gateway.clock.advance(hour);
  expect((await gateway.call("/api/v1/me", { key: short.key })).json.detail).toBe("This API key has expired.");
  const { json: elsewhere } = await make(gateway, { name: "elsewhere", addresses: ["203.0.113.0/24"] });
  expect((await gateway.call("/api/v1/me", { key: elsewhere.key })).status).toBe(403);
  const { json: here } = await make(gateway, { name: "here", addresses: ["127.0.0.0/8", "::1"] });
  expect((await gateway.call("/api/v1/me", { key: here.key })).status).toBe(200);
  for (const body of [
    { name: "x", expires_at: "2026-11-20T09:00:00Z" },
    { name: "x", addresses: ["home"] },
  ]) {
    expect((await make(gateway, body)).status).toBe(422);
  }
});

test("uses are counted, in all and by day, and survive a stop", async () => {
  await using gateway = await startGateway();
  const { json } = await make(gateway, { name: "counted" });
  for (let n = 0; n < 3; n++) await gateway.call("/api/v1/me", { key: json.key });
  gateway.clock.advance(day);
  await gateway.call("/api/v1/me", { key: json.key });
  await gateway.gateway.services[Symbol.asyncDispose]();
  const counted = await gateway.call(`/api/v1/keys/${json.id}`);
  expect(counted.json).toMatchObject({ uses: 4, last_used_at: "2026-11-21T09:00:00.000Z" });
  expect(counted.json.uses_by_day).toEqual([
    { day: "2026-11-21", uses: 1 },
    { day: "2026-11-20", uses: 3 },
  ]);
});

test("somebody else's key is not there", async () => {
  await using gateway = await startGateway();
  const ada = { username: "ada", password: "a long and lovely phrase" };
  await gateway.call("/api/v1/accounts", { body: ada });
  const login = await gateway.call("/api/v1/login", { body: ada, key: null });
  const as = { headers: { authorization: `Bearer ${login.json.token}` }, key: null };
  const { json } = await make(gateway, { name: "the admin's" });
  for (const [path, method] of [
    [`/api/v1/keys/${json.id}`, "GET"],
    [`/api/v1/keys/${json.id}`, "DELETE"],
    [`/api/v1/keys/${json.id}/rotate`, "POST"],
  ] as const) {
    expect((await gateway.call(path, { method, ...as })).json.code).toBe("not_found");
  }
});

test("an account on a plan gets its requests per minute, exactly, and is told where it stands", async () => {
  await using gateway = await startGateway();
  const ada = { username: "ada", password: "a long and lovely phrase" };
  await gateway.call("/api/v1/accounts", { body: { ...ada, plan: "free" } });
  const login = await gateway.call("/api/v1/login", { body: ada, key: null });
  const as = { headers: { authorization: `Bearer ${login.json.token}` }, key: null };
  for (let n = 1; n <= 60; n++) {
    const answer = await gateway.call("/api/v1/me", as);
    expect([answer.status, answer.headers.get("ratelimit")]).toEqual([200, `"account";r=${60 - n};t=60`]);
  }
  gateway.clock.advance(20_000);
  const over = await gateway.call("/api/v1/me", as);
  expect(over.status).toBe(429);
  expect(over.headers.get("retry-after")).toBe("40");
  expect(over.headers.get("ratelimit-policy")).toBe('"account";q=60;w=60');
  expect((await gateway.call("/api/v1/me", { key: "no-such-key-here-0000" })).status).toBe(401);
  gateway.clock.advance(40_000);
  expect((await gateway.call("/api/v1/me", as)).status).toBe(200);
  expect((await gateway.call("/api/v1/me")).headers.get("ratelimit")).toBeNull();
});

test("an address without a valid credential is slowed down, whoever it says it is", async () => {
  await using gateway = await startGateway({ addressRequestsPerMinute: 20 });
  const guess = (headers: Record<string, string> = {}) =>
    gateway.call("/api/v1/me", { key: "no-such-key-here-0000", headers });
  for (let n = 0; n < 20; n++) expect((await guess({ "x-forwarded-for": `203.0.113.${n}` })).status).toBe(401);
  expect((await guess({ "x-forwarded-for": "203.0.113.99" })).status).toBe(429);
  expect(
    (await gateway.call("/api/v1/login", { body: { username: "admin", password: adminPassword }, key: null })).status,
  ).toBe(429);
  expect((await gateway.call("/api/v1/me")).status).toBe(200);
  gateway.clock.advance(minute);
  expect((await guess()).status).toBe(401);
});
