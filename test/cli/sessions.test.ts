// `waygate session …` and `waygate pair` of the built executable, alone and beside a running gateway.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { runBinary, startBinary } from "../support/binary.ts";
import { createFolder } from "../support/folder.ts";
import { call } from "../support/gateway.ts";

const key = "an-operators-own-key";
const password = "a long and lovely phrase";

test("alone, sessions are listed, and to pair one a gateway is asked for", async () => {
  using folder = createFolder();
  const waygate = (command: string) => runBinary(command.split(" "), { cwd: folder.path });
  expect((await waygate("session list")).out).toBe("(none)\n");
  expect(await waygate("pair shop")).toEqual({
    code: 1,
    out: "",
    error: 'waygate: Pairing needs the gateway to run on this data: start "waygate serve" first.\n',
  });
  expect((await waygate("pair")).code).toBe(2);
  expect((await waygate("session list --json")).out).toBe("[]\n");
});

test("beside a gateway they are started and stopped by name, whosoever's they are", async () => {
  using folder = createFolder();
  const env = { WAYGATE_ADMIN_API_KEY: key };
  await using gateway = await startBinary({ dataDir: join(folder.path, "data"), cwd: folder.path, env });
  const waygate = (command: string) => runBinary(command.split(" "), { cwd: folder.path });
  const make = (name: string, as: string) =>
    call(`${gateway.url}/api/v1/sessions`, { body: { name, start: false }, key: as });
  const ada = { username: "ada", password };
  await call(`${gateway.url}/api/v1/accounts`, { body: ada, key });
  const adas = (await waygate("key create ada")).out.trim();
  await make("shop", key);
  await make("shop", adas);
  await make("van", adas);

  expect((await waygate("session start van")).out).toBe("van is started (starting).\n");
  expect((await waygate("session start shop")).error).toBe(
    "waygate: Several accounts have a session named shop; say whose with --user NAME.\n",
  );
  expect((await waygate("session start shop --user ada")).code).toBe(0);
  expect((await waygate("session stop van")).out).toBe("van is stopped; it stays linked.\n");
  const lines = JSON.parse((await waygate("session list --json")).out);
  expect(lines.map((one: Record<string, unknown>) => [one.account, one.name, one.wanted])).toEqual([
    ["admin", "shop", false],
    ["ada", "shop", true],
    ["ada", "van", false],
  ]);
  expect((await waygate("session remove van")).code).toBe(0);
  expect((await waygate("session remove van")).error).toBe(
    'waygate: There is no session van; "waygate session list" shows them all.\n',
  );
  expect((await waygate("session list --user ada")).out).toMatch(/^ID +ACCOUNT +NAME .*\nsess_\w+ +ada +shop .*\n$/);
});
