// Limits as those meet them who ask: reached exactly, on all surfaces together, and not forgotten.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { day, hour, minute, second } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import { startHousekeeping } from "../../src/jobs/housekeeping.ts";
import { openStore } from "../../src/store/store.ts";
import { createFolder } from "../support/folder.ts";
import { adminPassword, call, startGateway, type TestGateway } from "../support/gateway.ts";

const ada = { username: "ada", password: "a long and lovely phrase" };
const unlimited = {
  requests_per_minute: null,
  webhook_events_per_minute: null,
  sessions: null,
  messages_per_day: null,
};

/** Somebody on a plan, with a key. */
async function newcomer({ call }: Pick<TestGateway, "call">, plan = "free"): Promise<{ key: string; id: string }> {
  const { id } = (await call("/api/v1/accounts", { body: { ...ada, plan } })).json;
  const { token } = (await call("/api/v1/login", { body: ada, key: null })).json;
  const as = { headers: { authorization: `Bearer ${token}` }, key: null };
  return { id, key: (await call("/api/v1/keys", { ...as, body: { name: "of the tests" } })).json.key };
}

const countOf = (statuses: number[], wanted: number) => statuses.filter((status) => status === wanted).length;

test("two hundred at once on every surface: exactly as many are let in as the plan has, and health is for all", async () => {
  await using gateway = await startGateway();
  const { key } = await newcomer(gateway);
  gateway.clock.advance(minute);
  const paths = ["/api/v1/me", "/api/whatsapp/sessions", "/api/clients", "/webhooks"];
  const asked = Array.from({ length: 200 }, (_, n) => gateway.call(paths[n % paths.length] ?? "", { key }));
  const answers = await Promise.all(asked);
  const statuses = answers.map(({ status }) => status);
  expect([countOf(statuses, 200), countOf(statuses, 429)]).toEqual([60, 140]);
  for (const { status, headers } of answers) {
    expect(headers.get("ratelimit-policy")).toBe('"account";q=60;w=60');
    expect(headers.get("retry-after")).toBe(status === 429 ? "60" : null);
  }
  expect((await gateway.call("/api/v1/me", { key: "wg_live_nobodys0000000000" })).status).toBe(401);
  const health = Array.from({ length: 200 }, () => gateway.call("/healthz", { key }));
  expect((await Promise.all(health)).every(({ status }) => status === 200)).toBe(true);
  gateway.clock.advance(minute);
  expect((await gateway.call("/api/v1/me", { key })).status).toBe(200);
});

test("what was asked before a restart counts after it", async () => {
  using folder = createFolder();
  const dataDir = join(folder.path, "data");
  const before = await startGateway({ dataDir });
  const { clock } = before;
  const { key } = await newcomer(before);
  clock.advance(minute);
  for (let n = 0; n < 40; n++) await before.call("/api/v1/me", { key });
  await before[Symbol.asyncDispose]();
  clock.advance(20 * second);
  await using after = await startGateway({ dataDir, clock });
  const answers = await Promise.all(Array.from({ length: 50 }, () => after.call("/api/v1/me", { key })));
  expect(
    countOf(
      answers.map(({ status }) => status),
      200,
    ),
  ).toBe(20);
  expect(answers.at(-1)?.headers.get("retry-after")).toBe("40");
});

test("killed without a word, the gateway has forgotten a second of it at most", async () => {
  using folder = createFolder();
  const dataDir = join(folder.path, "data");
  const key = await (async () => {
    await using gateway = await startGateway({ dataDir });
    await gateway.call("/api/v1/plans", { body: { ...unlimited, name: "few", requests_per_minute: 30 } });
    return (await newcomer(gateway, "few")).key;
  })();
  async function run(work: (url: string) => Promise<void>): Promise<void> {
    const program = join(import.meta.dir, "../support/gateway-process.ts");
    const child = Bun.spawn(["bun", program, dataDir], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
    const { value } = await child.stdout.getReader().read();
    await work(new TextDecoder().decode(value).trim());
    child.kill("SIGKILL");
    await child.exited;
  }
  const began = Date.now();
  await run(async (url) => {
    for (let n = 0; n < 25; n++) await call(`${url}/api/v1/me`, { key });
    // And as much again for a machine that is slow.
    await Bun.sleep(2.5 * second);
  });
  await run(async (url) => {
    const asked = Array.from({ length: 20 }, () => call(`${url}/api/v1/me`, { key }));
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    if (Date.now() - began < minute) expect([countOf(statuses, 200), countOf(statuses, 429)]).toEqual([5, 15]);
  });
}, 60_000);

test("usage tells of every limit how it stands, and of the last days; another's only to the admin", async () => {
  await using gateway = await startGateway();
  const { id, key } = await newcomer(gateway);
  const own = async (options: object = { key }) => (await gateway.call("/api/v1/usage", options)).json;
  for (let n = 0; n < 3; n++) await gateway.call("/api/v1/me", { key });
  await gateway.call("/api/v1/sessions", { key, body: { name: "shop", start: false } });
  gateway.clock.advance(10 * second);
  const usage = await own();
  const nothing = { limit: 30, used: 0, remaining: 30, resets_at: null };
  expect(usage).toEqual({
    ...{ account_id: id, plan: "free", time_zone: "UTC" },
    requests_per_minute: { limit: 60, used: 6, remaining: 54, resets_at: "2026-11-20T09:01:00.000Z" },
    webhook_events_per_minute: { ...nothing, waiting: 0 },
    messages_per_day: { limit: 100, used: 0, remaining: 100, resets_at: "2026-11-21T00:00:00.000Z" },
    sessions: { limit: 2, used: 1, remaining: 1, resets_at: null },
    days: expect.any(Array),
  });
  expect(usage.days).toHaveLength(30);
  expect(usage.days[0]).toEqual({ date: "2026-11-20", messages: 0, webhook_events: 0, requests: 6 });
  expect(usage.days[29]).toEqual({ date: "2026-10-22", messages: 0, webhook_events: 0, requests: 0 });
  gateway.clock.advance(day);
  expect((await own()).days.slice(0, 2).map(({ requests }: { requests: number }) => requests)).toEqual([1, 6]);

  const asAdmin = (await gateway.call(`/api/v1/usage?account=${id}`)).json;
  expect([asAdmin.account_id, asAdmin.requests_per_minute.used]).toEqual([id, 1]);
  const admins = (await gateway.call("/api/v1/usage")).json;
  const none = { limit: null, used: null, remaining: null, resets_at: null };
  expect(admins).toMatchObject({ plan: "unlimited", requests_per_minute: none, sessions: { ...none, used: 0 } });
  expect((await gateway.call(`/api/v1/usage?account=${admins.account_id}`, { key })).json.code).toBe("not_found");
  expect((await gateway.call(`/api/v1/usage?account=${id}`, { key })).status).toBe(200);
  expect((await gateway.call("/api/v1/usage", { key: null })).status).toBe(401);
});

test("days that nobody is told of any more are forgotten, and windows that are over", async () => {
  using folder = createFolder();
  const dataDir = join(folder.path, "data");
  const now = Date.parse("2026-11-20T09:00:00Z");
  {
    await using gateway = await startGateway({ dataDir });
    const { key } = await newcomer(gateway);
    for (let n = 0; n < 40; n++) {
      await gateway.call("/api/v1/me", { key });
      await gateway.gateway.services.usageCounts.flush();
      gateway.clock.advance(day);
    }
  }
  const clock = { now: () => now + 40 * day };
  const runner = { pid: process.pid, doing: "test" };
  await using store = await openStore({ dataDir, masterKeys: [], runner, clock, log: silentLog });
  expect((await store.usage.days(2, 0)).length).toBe(40);
  const keptDays = { events: 30, deliveries: 20, bodies: 10 };
  await using housekeeping = startHousekeeping({ store, clock, log: silentLog, keptDays });
  await housekeeping.tidy();
  expect((await store.usage.days(2, 0)).length).toBe(32);
  expect(await store.usage.windows(0)).toEqual([]);
});

test("an account's zone is one that there is, set by its owner or the admin", async () => {
  await using gateway = await startGateway();
  const { id } = await newcomer(gateway);
  const { token } = (await gateway.call("/api/v1/login", { body: ada, key: null })).json;
  const patch = (body: object) =>
    gateway.call("/api/v1/me", { method: "PATCH", body, key: null, headers: { authorization: `Bearer ${token}` } });
  expect((await patch({ time_zone: "asia/kathmandu" })).json.account.time_zone).toBe("Asia/Kathmandu");
  for (const zone of ["Kathmandu", "+05:45", "UTC+2", "Mars/Base", "Asia/Kathmandu'"]) {
    const { status, json } = await patch({ time_zone: zone });
    expect([status, json.errors]).toMatchObject([422, [{ path: "/time_zone" }]]);
  }
  const asAdmin = await gateway.call(`/api/v1/accounts/${id}`, {
    method: "PATCH",
    body: { time_zone: "America/Lima" },
  });
  expect(asAdmin.json).toMatchObject({ username: "ada", time_zone: "America/Lima" });
  expect(
    (await gateway.call("/api/v1/usage", { headers: { authorization: `Bearer ${token}` }, key: null })).json,
  ).toMatchObject({
    time_zone: "America/Lima",
    messages_per_day: { resets_at: "2026-11-21T05:00:00.000Z" },
  });
  const made = await gateway.call("/api/v1/accounts", { body: { ...ada, username: "bo", time_zone: "Europe/Berlin" } });
  expect(made.json.time_zone).toBe("Europe/Berlin");
  const { data } = (await gateway.call("/api/v1/audit?limit=10")).json;
  expect(data.find(({ action }: { action: string }) => action === "account.updated").detail).toEqual({
    changed: ["time_zone"],
  });
});

test("a plan made smaller leaves the sessions that are there, and says so to whoever wants another", async () => {
  await using gateway = await startGateway();
  await gateway.call("/api/v1/plans", { body: { ...unlimited, name: "some", sessions: 3 } });
  const { id, key } = await newcomer(gateway, "some");
  const make = (name: string) => gateway.call("/api/v1/sessions", { key, body: { name, start: false } });
  for (const name of ["one", "two", "three"]) expect((await make(name)).status).toBe(201);
  expect((await gateway.call(`/api/v1/accounts/${id}`, { method: "PATCH", body: { plan: "free" } })).status).toBe(200);
  const beyond = await make("four");
  expect([beyond.status, beyond.json]).toMatchObject([403, { code: "limit_reached", limit: 2, used: 3 }]);
  expect(beyond.json.detail).toBe(
    "The plan allows 2 sessions, and there are 3, which go on; delete one, or ask for a larger plan.",
  );
  expect((await gateway.call("/api/v1/sessions", { key })).json.data).toHaveLength(3);
  const { sessions } = (await gateway.call("/api/v1/usage", { key })).json;
  expect(sessions).toEqual({ limit: 2, used: 3, remaining: 0, resets_at: null });
  const twenty = await Promise.all(Array.from({ length: 20 }, (_, n) => make(`five-${n}`)));
  expect(twenty.every(({ status }) => status === 403)).toBe(true);
});

test("key resets are counted by address, whatever a caller writes into its headers, and over a restart", async () => {
  using folder = createFolder();
  const settings = { dataDir: join(folder.path, "data"), trustedProxies: ["127.0.0.1", "::1"] };
  const before = await startGateway(settings);
  const body = { username: "admin", currentApiKey: "wrong-key-0123456789" };
  const reset = async (gateway: TestGateway, forwarded: string) => {
    const headers = { "x-forwarded-for": forwarded };
    return (await gateway.call("/api/reset-api-key", { body, key: null, headers })).status;
  };
  // What stands left of the proxy's own entry is what the caller has made up.
  for (let n = 0; n < 5; n++) expect(await reset(before, `198.51.100.${n}, 203.0.113.9`)).toBe(401);
  expect(await reset(before, "198.51.100.77, ::ffff:203.0.113.9")).toBe(429);
  expect(await reset(before, "198.51.100.77")).toBe(401);
  for (let n = 0; n < 5; n++) expect(await reset(before, `2001:db8:1:2::${n}`)).toBe(401);
  expect(await reset(before, "2001:db8:1:2:ffff:ffff:ffff:ffff")).toBe(429);
  expect(await reset(before, "2001:db8:1:2:ffff:ffff:ffff:fffe")).toBe(429);
  expect(await reset(before, "2001:db8:1:3::1")).toBe(401);
  await before[Symbol.asyncDispose]();
  const { clock } = before;
  clock.advance(hour - second);
  await using after = await startGateway({ ...settings, clock });
  expect(await reset(after, "203.0.113.9")).toBe(429);
  clock.advance(second);
  expect(await reset(after, "203.0.113.9")).toBe(401);
  const { data } = (await after.call("/api/v1/audit?limit=50")).json;
  const told = data.filter(({ action }: { action: string }) => action === "limit.reached");
  expect(told.map(({ address }: { address: string }) => address)).toEqual([
    "2001:db8:1:2:ffff:ffff:ffff:ffff",
    "::ffff:203.0.113.9",
  ]);
  expect(told[0].detail).toEqual({ surface: "clients", limit: "sensitive", most: 5, seconds: 3_600 });
});

test("without a proxy that is trusted, nobody is whom they say they are", async () => {
  await using gateway = await startGateway({ clientsSensitivePerHour: 2 });
  const body = { username: "admin", currentApiKey: "wrong-key-0123456789" };
  const statuses: number[] = [];
  for (let n = 0; n < 4; n++) {
    const headers = { "x-forwarded-for": `198.51.100.${n}`, "x-real-ip": `198.51.100.${n}` };
    statuses.push((await gateway.call("/api/reset-api-key", { body, key: null, headers })).status);
  }
  expect(statuses).toEqual([401, 401, 429, 429]);
  const login = await gateway.call("/api/v1/login", {
    body: { username: "admin", password: adminPassword },
    key: null,
  });
  expect(login.status).toBe(200);
});
