import { expect, test } from "bun:test";
import { minute } from "../../src/core/clock.ts";
import { adminPassword, startGateway } from "../support/gateway.ts";

const ada = { username: "ada", password: "a long and lovely phrase", email: "ada@example.org" };

test("an admin makes, changes, switches off and removes an account, and each step holds at once", async () => {
  await using gateway = await startGateway();
  const { json: account, status } = await gateway.call("/api/v1/accounts", { body: ada });
  expect(status).toBe(201);
  expect(account).toMatchObject({ username: "ada", role: "user", plan: "free", has_password: true, disabled_at: null });

  const login = await gateway.call("/api/v1/login", {
    body: { username: "ADA@example.org", password: ada.password },
    key: null,
  });
  expect(login.json.account.id).toBe(account.id);
  const token = { authorization: `Bearer ${login.json.token}` };
  expect((await gateway.call("/api/v1/me", { headers: token, key: null })).status).toBe(200);

  const path = `/api/v1/accounts/${account.id}`;
  const changed = await gateway.call(path, { method: "PATCH", body: { plan: "pro", email: null, disabled: true } });
  expect(changed.json).toMatchObject({ plan: "pro", email: null, disabled_at: "2026-11-20T09:00:00.000Z" });
  expect((await gateway.call("/api/v1/me", { headers: token, key: null })).status).toBe(401);
  expect(
    (await gateway.call("/api/v1/login", { body: { username: "ada", password: ada.password }, key: null })).status,
  ).toBe(403);

  expect((await gateway.call(path, { method: "DELETE" })).status).toBe(204);
  expect((await gateway.call(path)).status).toBe(404);
});

test("the last admin can neither go, be demoted, nor be switched off", async () => {
  await using gateway = await startGateway();
  const { json } = await gateway.call("/api/v1/me");
  const path = `/api/v1/accounts/${json.account.id}`;
  for (const body of [{ role: "user" }, { disabled: true }]) {
    expect((await gateway.call(path, { method: "PATCH", body })).json).toMatchObject({ status: 409, code: "conflict" });
  }
  expect((await gateway.call(path, { method: "DELETE" })).status).toBe(409);
  await gateway.call("/api/v1/accounts", { body: { ...ada, role: "admin" } });
  expect((await gateway.call(path, { method: "PATCH", body: { role: "user" } })).status).toBe(200);
  expect((await gateway.call("/api/v1/accounts")).status).toBe(403);
});

test("names and addresses are taken once, whatever their letter case", async () => {
  await using gateway = await startGateway();
  await gateway.call("/api/v1/accounts", { body: ada });
  const again = { ...ada, username: "ADA", email: "other@example.org" };
  expect((await gateway.call("/api/v1/accounts", { body: again })).json.detail).toBe("That user name is taken.");
  const mail = { ...ada, username: "other", email: "Ada@Example.org" };
  expect((await gateway.call("/api/v1/accounts", { body: mail })).status).toBe(409);
  const plan = { ...ada, username: "other", email: null, plan: "gold" };
  expect((await gateway.call("/api/v1/accounts", { body: plan })).json.errors).toEqual([
    { in: "body", path: "/plan", message: "There is no plan named gold." },
  ]);
  expect((await gateway.call("/api/v1/accounts")).json.data).toHaveLength(2);
});

test("lists come in pages whose cursors meet without a gap", async () => {
  await using gateway = await startGateway();
  for (let n = 0; n < 5; n++)
    await gateway.call("/api/v1/accounts", { body: { ...ada, username: `user${n}`, email: null } });
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await gateway.call(`/api/v1/accounts?limit=2${cursor === null ? "" : `&cursor=${cursor}`}`);
    seen.push(...page.json.data.map((account: { username: string }) => account.username));
    cursor = page.json.next_cursor;
  } while (cursor !== null);
  expect(seen).toEqual(["user4", "user3", "user2", "user1", "user0", "admin"]);
});

test("changing one's password needs the old one and ends the other logins", async () => {
  await using gateway = await startGateway();
  const logIn = async (password: string) =>
    gateway.call("/api/v1/login", { body: { username: "admin", password }, key: null });
  const [here, there] = [await logIn(adminPassword), await logIn(adminPassword)];
  const as = (login: typeof here) => ({ headers: { authorization: `Bearer ${login.json.token}` }, key: null });
  const next = "another horse runs by day";
  const wrong = { current_password: "not it at all", new_password: next };
  expect((await gateway.call("/api/v1/me/password", { body: wrong, ...as(here) })).status).toBe(403);
  const weak = { current_password: adminPassword, new_password: "password1234" };
  expect((await gateway.call("/api/v1/me/password", { body: weak, ...as(here) })).json.errors[0].path).toBe(
    "/new_password",
  );
  const right = { current_password: adminPassword, new_password: next };
  expect((await gateway.call("/api/v1/me/password", { body: right, ...as(here) })).status).toBe(204);
  expect((await gateway.call("/api/v1/me", as(here))).status).toBe(200);
  expect((await gateway.call("/api/v1/me", as(there))).status).toBe(401);
  expect((await logIn(adminPassword)).status).toBe(401);
  expect((await logIn(next)).status).toBe(200);
});

test("guessing passwords is slowed down for the name and the address, and ends with the window", async () => {
  await using gateway = await startGateway();
  const guess = (username: string, password = "a wrong guess") =>
    gateway.call("/api/v1/login", { body: { username, password }, key: null });
  for (let n = 0; n < 10; n++) expect((await guess("admin")).status).toBe(401);
  const slowed = await guess("admin", adminPassword);
  expect(slowed.json).toMatchObject({ status: 429, code: "rate_limited" });
  expect(Number(slowed.headers.get("retry-after"))).toBe(15 * 60);
  expect((await guess("nobody")).status).toBe(401);
  gateway.clock.advance(15 * minute);
  expect((await guess("admin", adminPassword)).status).toBe(200);
});

test("many right logins at once are let in, many wrong ones at once are slowed down", async () => {
  await using gateway = await startGateway();
  const atOnce = async (password: string) => {
    const body = { username: "admin", password };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => gateway.call("/api/v1/login", { body, key: null })),
    );
    return answers.map((answer) => answer.status);
  };
  expect(new Set(await atOnce(adminPassword))).toEqual(new Set([200]));
  const wrong = await atOnce("a wrong guess");
  expect(wrong.filter((status) => status === 401).length).toBeLessThanOrEqual(12);
  expect(wrong.filter((status) => status === 429).length).toBeGreaterThanOrEqual(8);
});

test("logins are listed, ended one by one, and all at once", async () => {
  await using gateway = await startGateway();
  const logIn = async (agent: string) => {
    const body = { username: "admin", password: adminPassword };
    const { json } = await gateway.call("/api/v1/login", { body, key: null, headers: { "user-agent": agent } });
    return { headers: { authorization: `Bearer ${json.token}` }, key: null };
  };
  const [one, two, three] = [await logIn("one"), await logIn("two"), await logIn("three")];
  const { json } = await gateway.call("/api/v1/logins", one);
  expect(json.data.map((login: { user_agent: string; current: boolean }) => [login.user_agent, login.current])).toEqual(
    [
      ["three", false],
      ["two", false],
      ["one", true],
    ],
  );
  expect((await gateway.call(`/api/v1/logins/${json.data[1].id}`, { method: "DELETE", ...one })).status).toBe(204);
  expect((await gateway.call("/api/v1/me", two)).status).toBe(401);
  expect((await gateway.call("/api/v1/logout", { body: { everywhere: true }, ...one })).status).toBe(204);
  for (const login of [one, three]) expect((await gateway.call("/api/v1/me", login)).status).toBe(401);
});

test("a login ends by itself after its days", async () => {
  await using gateway = await startGateway({ loginDays: 2 });
  const body = { username: "admin", password: adminPassword };
  const { json } = await gateway.call("/api/v1/login", { body, key: null });
  const as = { headers: { authorization: `Bearer ${json.token}` }, key: null };
  gateway.clock.advance(48 * 60 * minute - 1_000);
  expect((await gateway.call("/api/v1/me", as)).status).toBe(200);
  gateway.clock.advance(1_000);
  expect((await gateway.call("/api/v1/me", as)).status).toBe(401);
});
