// Client keys: one for each session, shown whenever they are asked for, good for that session alone and gone with it.
import { expect, test } from "bun:test";
import { createFolder } from "../support/folder.ts";
import { adminKey, startGateway, type TestGateway } from "../support/gateway.ts";

const make = (gateway: TestGateway, name: string) =>
  gateway.call("/api/v1/sessions", { body: { name, start: false } }).then(({ json }) => json);
const clientKey = (gateway: TestGateway, name: string, key = adminKey) =>
  gateway.call(`/api/v1/sessions/${name}/client-key`, { key });

test("a session's key is made once, however many ask at once, and shown to all of them", async () => {
  await using gateway = await startGateway();
  const session = await make(gateway, "shop");
  const answers = await Promise.all(Array.from({ length: 20 }, () => clientKey(gateway, "shop")));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(answers.map(({ json }) => json.key)).size).toBe(1);
  const [first] = answers;
  expect(first?.json).toMatchObject({ session_id: session.id, sessions: ["shop"], scopes: ["read", "send", "manage"] });
  const { json } = await gateway.call("/api/v1/keys");
  expect(json.data.filter(({ session_id }: { session_id: string | null }) => session_id === session.id)).toHaveLength(
    1,
  );
  const { json: entries } = await gateway.call("/api/v1/audit");
  const made = entries.data.filter(({ action }: { action: string }) => action === "key.created");
  expect(made).toMatchObject([{ target: first?.json.prefix, detail: { sessions: ["shop"] } }]);
});

test("it is good for its session alone, and makes no key that would outlive it", async () => {
  await using gateway = await startGateway();
  await make(gateway, "shop");
  await make(gateway, "desk");
  const { json } = await clientKey(gateway, "shop");
  const as = { key: json.key };
  const { json: list } = await gateway.call("/api/v1/sessions", as);
  expect(list.data.map(({ name }: { name: string }) => name)).toEqual(["shop"]);
  expect((await gateway.call("/api/v1/sessions/shop", { ...as, method: "PATCH", body: { label: "x" } })).status).toBe(
    200,
  );
  expect((await gateway.call("/api/v1/sessions/desk", as)).status).toBe(404);
  expect((await clientKey(gateway, "desk", json.key)).status).toBe(404);
  expect((await gateway.call("/api/v1/sessions", { ...as, body: { name: "new" } })).status).toBe(403);
  expect((await gateway.call("/api/v1/accounts", as)).status).toBe(403);
  for (const [path, method] of [
    ["", "POST"],
    [`/${json.id}/rotate`, "POST"],
    [`/${json.id}`, "DELETE"],
  ] as const) {
    const body = path === "" ? { body: { name: "x" } } : {};
    expect((await gateway.call(`/api/v1/keys${path}`, { ...as, method, ...body })).status).toBe(403);
  }
});

test("who may do less than it may is not shown it", async () => {
  await using gateway = await startGateway();
  await make(gateway, "shop");
  const { json: weak } = await gateway.call("/api/v1/keys", { body: { name: "weak", scopes: ["read", "manage"] } });
  expect((await clientKey(gateway, "shop", weak.key)).json).toMatchObject({ status: 403, code: "forbidden" });
});

test("it goes with its session, at once, and a session of the same name gets another", async () => {
  await using gateway = await startGateway();
  await make(gateway, "shop");
  const { json: old } = await clientKey(gateway, "shop");
  expect((await gateway.call("/api/v1/me", { key: old.key })).status).toBe(200);
  expect((await gateway.call("/api/v1/sessions/shop", { method: "DELETE" })).status).toBe(204);
  expect((await gateway.call("/api/v1/me", { key: old.key })).status).toBe(401);
  await make(gateway, "shop");
  const { json: fresh } = await clientKey(gateway, "shop");
  expect(fresh.key).not.toBe(old.key);
  expect((await gateway.call("/api/v1/me", { key: old.key })).status).toBe(401);
});

test("rotated, the new one is shown and the old one has its grace; revoked, another is made", async () => {
  await using gateway = await startGateway();
  await make(gateway, "shop");
  const { json: old } = await clientKey(gateway, "shop");
  const { json: rotated } = await gateway.call(`/api/v1/keys/${old.id}/rotate`, { body: { grace_seconds: 60 } });
  expect((await clientKey(gateway, "shop")).json).toMatchObject({ id: rotated.id, key: rotated.key });
  expect((await gateway.call("/api/v1/me", { key: old.key })).status).toBe(200);
  gateway.clock.advance(60_000);
  expect((await gateway.call("/api/v1/me", { key: old.key })).status).toBe(401);
  await gateway.call(`/api/v1/keys/${rotated.id}`, { method: "DELETE" });
  const { json: another } = await clientKey(gateway, "shop");
  expect([old.key, rotated.key]).not.toContain(another.key);
  expect((await gateway.call("/api/v1/me", { key: rotated.key })).status).toBe(401);
});

test("under a new master key it is still shown, and needs the former one no more", async () => {
  using folder = createFolder();
  const [first, second] = ["11".repeat(32), "22".repeat(32)];
  const start = (masterKey: string, masterKeyPrevious: string | null = null) =>
    startGateway({ dataDir: folder.path, masterKey, masterKeyPrevious });
  const keyUnder = async (gateway: TestGateway) => (await clientKey(gateway, "shop")).json.key;
  let key: string;
  {
    await using gateway = await start(first);
    await make(gateway, "shop");
    key = await keyUnder(gateway);
  }
  {
    await using gateway = await start(second, first);
    expect(await keyUnder(gateway)).toBe(key);
  }
  await using gateway = await start(second);
  expect(await keyUnder(gateway)).toBe(key);
  expect((await gateway.call("/api/v1/me", { key })).status).toBe(200);
});
