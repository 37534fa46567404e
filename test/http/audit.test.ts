import { expect, test } from "bun:test";
import { schemaVersion } from "../../src/store/migrations.ts";
import { startGateway } from "../support/gateway.ts";

test("an admin reads all of the audit and the log, everybody else their own", async () => {
  await using gateway = await startGateway();
  const ada = { username: "ada", password: "a long and lovely phrase" };
  const { json: account } = await gateway.call("/api/v1/accounts", { body: ada });
  await gateway.call("/api/v1/login", { body: { ...ada, password: "a wrong one" }, key: null });
  const { json: login } = await gateway.call("/api/v1/login", { body: ada, key: null });
  const as = { headers: { authorization: `Bearer ${login.token}` }, key: null };
  const own = await gateway.call("/api/v1/audit", as);
  expect(own.json.data.map((entry: { action: string }) => entry.action)).toEqual([
    "login.succeeded",
    "login.failed",
    "account.created",
  ]);
  expect(own.json.data[2].account_id).toBe(account.id);
  const all = await gateway.call("/api/v1/audit");
  expect(all.json.data.at(-1).action).toBe("setup.completed");
  expect(all.text).not.toContain("a wrong one");

  const mine = await gateway.call("/api/v1/logs?level=debug", as);
  expect(mine.json.data.length).toBeGreaterThan(0);
  expect(mine.json.data.every((line: { message: string }) => line.message === "request answered")).toBe(true);
  const logs = await gateway.call("/api/v1/logs?level=debug&limit=3");
  expect(logs.json.data).toHaveLength(3);
  const next = await gateway.call(`/api/v1/logs?level=debug&limit=3&cursor=${logs.json.next_cursor}`);
  expect(next.json.data[0]).not.toEqual(logs.json.data[2]);
});

test("the report on the system is the admin's", async () => {
  await using gateway = await startGateway();
  const { json } = await gateway.call("/api/v1/system");
  expect(json).toMatchObject({ version: "0.1.0", schema_version: schemaVersion, uptime_seconds: 0, writer_depth: 0 });
  expect(json.database_bytes + json.wal_bytes).toBeGreaterThan(4_096);
});
