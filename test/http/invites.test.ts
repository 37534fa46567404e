import { expect, test } from "bun:test";
import { day } from "../../src/core/clock.ts";
import { startGateway } from "../support/gateway.ts";

const ada = { username: "ada", password: "a long and lovely phrase" };

test("an invitation makes one account with its role and plan, and then no more", async () => {
  await using gateway = await startGateway({ registration: "invite" });
  const { json: invite, status } = await gateway.call("/api/v1/invites", { body: { plan: "pro" } });
  expect([status, invite.status]).toEqual([201, "open"]);
  const register = (body: object) => gateway.call("/api/v1/register", { body, key: null });
  expect((await register(ada)).status).toBe(403);
  expect((await register({ ...ada, invite: "wg_inv_nonsense" })).status).toBe(403);
  const made = await register({ ...ada, invite: invite.token });
  expect([made.status, made.json.account.plan]).toEqual([201, "pro"]);
  const as = { headers: { authorization: `Bearer ${made.json.token}` }, key: null };
  expect((await gateway.call("/api/v1/me", as)).status).toBe(200);
  expect((await register({ ...ada, username: "eve", invite: invite.token })).status).toBe(403);
  const { json } = await gateway.call("/api/v1/invites");
  expect(json.data[0]).toMatchObject({ status: "used", account_id: made.json.account.id });
  expect(JSON.stringify(json)).not.toContain(invite.token);
});

test("an invitation can be for one address, be revoked, and gets old", async () => {
  await using gateway = await startGateway({ registration: "invite" });
  const invite = async (body: object) => (await gateway.call("/api/v1/invites", { body })).json;
  const register = async (body: object) => (await gateway.call("/api/v1/register", { body, key: null })).status;
  const personal = await invite({ email: "ada@example.org" });
  expect(await register({ ...ada, invite: personal.token })).toBe(403);
  expect(await register({ ...ada, invite: personal.token, email: "Ada@Example.org" })).toBe(201);
  const revoked = await invite({});
  expect((await gateway.call(`/api/v1/invites/${revoked.id}`, { method: "DELETE" })).status).toBe(204);
  expect(await register({ ...ada, username: "eve", invite: revoked.token })).toBe(403);
  const old = await invite({});
  gateway.clock.advance(7 * day);
  expect(await register({ ...ada, username: "eve", invite: old.token })).toBe(403);
});

test("registration is closed unless the operator opens it", async () => {
  await using closed = await startGateway();
  expect((await closed.call("/api/v1/register", { body: ada, key: null })).status).toBe(403);
  await using open = await startGateway({ registration: "open" });
  const made = await open.call("/api/v1/register", { body: ada, key: null });
  expect(made.json.account).toMatchObject({ role: "user", plan: "free" });
});
