import { expect, test } from "bun:test";
import { parseNetwork } from "../../src/core/addresses.ts";
import { adminPassword, startGateway } from "../support/gateway.ts";

const loginBody = { username: "admin", password: adminPassword };

test("everything but set-up and health waits for the first admin, and the link makes exactly one", async () => {
  await using gateway = await startGateway({ adminApiKey: null, adminPassword: null });
  expect(gateway.gateway.setupLink).toMatch(new RegExp(`^${gateway.url}/setup#token=[0-9A-Za-z]{32}$`));
  const token = gateway.gateway.setupLink?.split("token=")[1] ?? "";
  for (const path of ["/api/v1/me", "/docs", "/openapi.json", "/metrics", "/nowhere"]) {
    expect((await gateway.call(path)).json.code).toBe("setup_required");
  }
  for (const path of ["/healthz", "/readyz", "/setup"]) expect((await gateway.call(path)).status).toBe(200);
  const admin = { username: "ada", password: "a long and lovely phrase" };
  const answers = await Promise.all(
    Array.from({ length: 5 }, (_, n) =>
      gateway.call("/api/v1/setup", { body: { ...admin, username: `ada${n}`, token }, key: null }),
    ),
  );
  expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409, 409]);
  expect((await gateway.call("/api/v1/setup", { body: { ...admin, token }, key: null })).status).toBe(409);
  expect((await gateway.call("/docs")).status).toBe(200);
});

test("somebody with a browser who comes too early is told where the link is, in words", async () => {
  await using gateway = await startGateway({ adminApiKey: null, adminPassword: null });
  for (const path of ["/", "/docs"]) {
    const { status, headers } = await gateway.call(path, {
      headers: { accept: "text/html,*/*;q=0.8" },
      key: null,
    });
    expect([status, headers.get("location"), headers.get("cache-control")]).toEqual([302, "/setup", "no-store"]);
  }
  const program = await gateway.call("/api/v1/me", { headers: { accept: "text/html" } });
  expect(program.json.code).toBe("setup_required");
});

test("the set-up link dies after half an hour", async () => {
  await using gateway = await startGateway({ adminApiKey: null, adminPassword: null });
  const token = gateway.gateway.setupLink?.split("token=")[1] ?? "";
  gateway.clock.advance(30 * 60_000);
  const late = await gateway.call("/api/v1/setup", { body: { ...loginBody, token }, key: null });
  expect(late.json).toMatchObject({ status: 403, code: "forbidden" });
});

test("with and without the public URL's path it is the same place", async () => {
  await using gateway = await startGateway({ publicUrl: "https://home.example/wa/" });
  for (const base of ["", "/wa"]) {
    expect((await gateway.call(`${base}/api/v1/me`)).status).toBe(200);
    expect((await gateway.call(`${base}/docs`)).text).toContain('src="docs/swagger-ui-bundle.js"');
    expect((await gateway.call(`${base}/api/v1/keys?limit=1`)).status).toBe(200);
    expect((await gateway.call(`${base}/api/v1/keys`, { body: { name: "with a body" } })).status).toBe(201);
  }
  expect((await gateway.call("/wa")).headers.get("location")).toBe("/wa/docs");
  expect((await gateway.call("/wax/api/v1/me")).status).toBe(404);
  expect((await gateway.call("/openapi.json")).json.servers[0].url).toBe("/wa");
  const secure = await gateway.call("/api/v1/me");
  expect(secure.headers.get("strict-transport-security")).toBe("max-age=31536000");
});

test("the cookie is out of scripts' reach, and Secure with its own path behind HTTPS", async () => {
  const trustedProxies = ["127.0.0.1", "::1"];
  await using gateway = await startGateway({ publicUrl: "https://home.example/wa/", trustedProxies });
  const headers = { "x-forwarded-proto": "https", "x-forwarded-host": "home.example" };
  const login = await gateway.call("/api/v1/login", { body: loginBody, key: null, headers });
  const cookie = login.headers.get("set-cookie") ?? "";
  expect(cookie).toMatch(/^__Secure-waygate=eyJ[^;]+; Path=\/wa; Expires=[^;]+; HttpOnly; SameSite=Lax; Secure$/);
  await using unnamed = await startGateway({ publicUrl: "https://home.example/wa/" });
  const fromPage = { origin: "https://home.example" };
  const page = await unnamed.call("/api/v1/login", { body: loginBody, key: null, headers: fromPage });
  expect(page.headers.get("set-cookie")).toMatch(/^__Secure-waygate=.*; Secure$/);
  const plain = await gateway.call("/api/v1/login", { body: loginBody, key: null });
  expect(plain.headers.get("set-cookie")).toMatch(
    /^waygate=eyJ[^;]+; Path=\/wa; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
  );
});

test("what changes something by cookie must come from our own pages", async () => {
  await using gateway = await startGateway({ publicUrl: "https://home.example" });
  const login = await gateway.call("/api/v1/login", { body: loginBody, key: null });
  const cookie = (login.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  const post = async (headers: Record<string, string>) =>
    (await gateway.call("/api/v1/keys", { body: { name: "x" }, key: null, headers: { cookie, ...headers } })).status;
  expect(await post({})).toBe(201);
  expect(await post({ "sec-fetch-site": "same-origin" })).toBe(201);
  expect(await post({ origin: gateway.url })).toBe(201);
  expect(await post({ origin: "https://home.example" })).toBe(201);
  for (const site of ["cross-site", "same-site"]) expect(await post({ "sec-fetch-site": site })).toBe(403);
  for (const origin of ["https://evil.example", "null", "https://home.example.evil.example"])
    expect(await post({ origin })).toBe(403);
  const read = await gateway.call("/api/v1/me", { key: null, headers: { cookie, "sec-fetch-site": "cross-site" } });
  expect(read.status).toBe(200);
});

test("forwarded addresses count from trusted proxies only", async () => {
  const addressSeen = async (trustedProxies: string[]) => {
    await using gateway = await startGateway({ trustedProxies });
    const headers = { "x-forwarded-for": "6.6.6.6, 203.0.113.9" };
    await gateway.call("/api/v1/login", { body: loginBody, key: null, headers });
    const { json } = await gateway.call("/api/v1/audit?limit=1");
    const isWarned = gateway.logged.some((line) => line.includes("WAYGATE_TRUSTED_PROXIES does not name it"));
    return [json.data[0].address, isWarned];
  };
  expect(parseNetwork("127.0.0.1")).not.toBeNull();
  expect(await addressSeen(["127.0.0.0/8", "::1"])).toEqual(["203.0.113.9", false]);
  const [untrusted, isWarned] = await addressSeen([]);
  expect(untrusted).toMatch(/^(127\.0\.0\.1|::1|::ffff:127\.0\.0\.1)$/);
  expect(isWarned).toBe(true);
});

test("pages of other origins may call only where the operator says so, and never with the cookie", async () => {
  await using closed = await startGateway();
  const origin = "https://app.example";
  const preflight = { "access-control-request-method": "POST", origin };
  const refused = await closed.call("/api/v1/keys", { method: "OPTIONS", headers: preflight, key: null });
  expect(refused.headers.get("access-control-allow-origin")).toBeNull();
  await using open = await startGateway({ corsOrigins: [origin] });
  const allowed = await open.call("/api/v1/keys", { method: "OPTIONS", headers: preflight, key: null });
  expect(allowed.status).toBe(204);
  expect(allowed.headers.get("access-control-allow-origin")).toBe(origin);
  expect(allowed.headers.get("access-control-allow-headers")).toContain("x-api-key");
  const answer = await open.call("/api/v1/me", { headers: { origin } });
  expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
  expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
  const other = await open.call("/api/v1/me", { headers: { origin: "https://evil.example" } });
  expect(other.headers.get("access-control-allow-origin")).toBeNull();
});

test("every answer carries an id and the headers that keep browsers careful", async () => {
  await using gateway = await startGateway();
  for (const path of ["/api/v1/me", "/nowhere", "/docs", "/healthz", "/metrics"]) {
    const { headers } = await gateway.call(path);
    expect(headers.get("x-request-id")).toMatch(/^req_\w+$/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toStartWith("default-src 'none'");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
  }
});

test("HEAD and OPTIONS answer like their GET, and a wrong method says which are right", async () => {
  await using gateway = await startGateway();
  const head = await gateway.call("/api/v1/me", { method: "HEAD" });
  expect([head.status, head.text]).toEqual([200, ""]);
  const options = await gateway.call("/api/v1/keys", { method: "OPTIONS" });
  expect([options.status, options.headers.get("allow")]).toEqual([204, "GET, HEAD, POST"]);
  const wrong = await gateway.call("/api/v1/keys", { method: "DELETE" });
  expect([wrong.status, wrong.json.code, wrong.headers.get("allow")]).toEqual([
    405,
    "method_not_allowed",
    "GET, HEAD, POST",
  ]);
  expect((await gateway.call("/nowhere", { method: "OPTIONS" })).status).toBe(404);
});

test("figures need an admin's key, wherever the request comes from", async () => {
  await using gateway = await startGateway();
  expect((await gateway.call("/metrics", { key: null })).status).toBe(401);
  const { json } = await gateway.call("/api/v1/keys", { body: { name: "reader", scopes: ["read"] } });
  expect((await gateway.call("/metrics", { key: json.key })).status).toBe(403);
  const { text, headers } = await gateway.call("/metrics");
  expect(headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(text).toContain('waygate_http_requests_total{method="POST",route="/api/v1/keys",status="201"} 1');
  expect(text).toMatch(/process_resident_memory_bytes \d+/);
});

test("a short host name is as good as a long one, and what is none is refused", async () => {
  await using gateway = await startGateway();
  for (const host of ["nas", "nas:80", "a", "home.example:8443", "[::1]:7001"]) {
    expect((await gateway.call("/api/v1/me", { headers: { host } })).status).toBe(200);
    expect((await gateway.call("/api/v1/keys", { headers: { host }, body: { name: "x" } })).status).toBe(201);
  }
  expect((await gateway.call("/api/v1/me", { headers: { host: "a@b" } })).json.code).toBe("malformed");
});
