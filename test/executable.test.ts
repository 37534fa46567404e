// The built executable, copied alone into an empty directory.
import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { startBinary } from "./support/binary.ts";
import { createFolder } from "./support/folder.ts";
import { call } from "./support/gateway.ts";

test("it starts from the environment alone, makes the admin, serves the documentation and stops in order", async () => {
  using folder = createFolder();
  const key = "an-operators-own-key";
  const env = { WAYGATE_ADMIN_API_KEY: key };
  const dataDir = join(folder.path, "data");
  await using gateway = await startBinary({ dataDir, cwd: folder.path, env });
  const me = await call(`${gateway.url}/api/v1/me`, { key });
  expect(me.json.account.username).toBe("admin");
  expect(me.json.credential.scopes).toEqual(["read", "send", "manage", "admin"]);
  const docs = await call(`${gateway.url}/docs`, { key: null });
  expect(docs.text).toContain("swagger-ui");
  const document = await call(`${gateway.url}/openapi.json`, { key: null });
  expect(document.json.openapi).toBe("3.1.0");
  expect(await gateway.stop()).toBe(0);
  expect(readdirSync(dataDir)).not.toContain("running.json");
});
