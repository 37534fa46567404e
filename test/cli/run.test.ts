// The command line of the built executable, alone and beside a running gateway.
import { expect, test } from "bun:test";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runBinary, startBinary } from "../support/binary.ts";
import { createFolder } from "../support/folder.ts";
import { call } from "../support/gateway.ts";

const key = "an-operators-own-key";
const password = "a long and lovely phrase";

function createCommandLine(cwd: string, env: Record<string, string> = {}) {
  return (command: string, input?: string) =>
    runBinary(command.split(" "), { cwd, env, ...(input === undefined ? {} : { input }) });
}

test("alone, it works on the data itself: accounts and keys are there when the gateway starts", async () => {
  using folder = createFolder();
  const waygate = createCommandLine(folder.path);
  const made = await waygate("user add ada --role admin --password-stdin", `${password}\n`);
  expect(made).toEqual({ code: 0, out: "Made the account ada (admin, plan unlimited).\n", error: "" });
  const { out } = await waygate("key create ada --scopes read");
  expect(out).toMatch(/^wg_live_\w{36}\n$/);
  await using gateway = await startBinary({ dataDir: join(folder.path, "data"), cwd: folder.path });
  const me = await call(`${gateway.url}/api/v1/me`, { key: out.trim() });
  expect(me.json).toMatchObject({ account: { username: "ada", role: "admin" }, credential: { scopes: ["read"] } });
  const login = await call(`${gateway.url}/api/v1/login`, { body: { username: "ada", password }, key: null });
  expect(login.status).toBe(200);
});

test("beside a running gateway what it does holds at once", async () => {
  using folder = createFolder();
  const waygate = createCommandLine(folder.path);
  const dataDir = join(folder.path, "data");
  await using gateway = await startBinary({ dataDir, cwd: folder.path, env: { WAYGATE_ADMIN_API_KEY: key } });
  const status = async (presented: string) => (await call(`${gateway.url}/api/v1/me`, { key: presented })).status;

  await waygate("user add ada --password-stdin", password);
  const first = JSON.parse((await waygate("key create ada --name first --json")).out);
  const second = (await waygate("key create ada --name second")).out.trim();
  expect([await status(first.key), await status(second)]).toEqual([200, 200]);

  expect((await waygate(`key revoke ${first.id}`)).out).toBe(`Revoked ${first.prefix}… (first).\n`);
  expect([await status(first.key), await status(second)]).toEqual([401, 200]);
  const keys = JSON.parse((await waygate("key list ada --json")).out);
  expect(keys.map((one: { name: string; state: string }) => [one.name, one.state])).toEqual([
    ["first", "revoked"],
    ["second", "works"],
  ]);

  await waygate("user disable ada");
  expect(await status(second)).toBe(401);
  await waygate("user enable ada");
  expect(await status(second)).toBe(200);
  expect((await waygate("user passwd ada --password-stdin", "an even longer phrase")).code).toBe(0);
  const login = { username: "ada", password: "an even longer phrase" };
  expect((await call(`${gateway.url}/api/v1/login`, { body: login, key: null })).status).toBe(200);
  expect((await waygate("user list")).out).toMatch(
    /^ID +USERNAME +EMAIL +ROLE +PLAN +DISABLED +CREATED AT\nacc_\w+ +admin .*\nacc_\w+ +ada .*\n$/,
  );
  expect((await waygate("audit verify")).code).toBe(0);

  const healthy = await waygate(`healthcheck --port ${new URL(gateway.url).port}`);
  expect([healthy.code, healthy.out]).toEqual([0, "ok\n"]);
  const second_start = await waygate("serve --port 0");
  expect(second_start.code).toBe(1);
  expect(second_start.error).toMatch(
    /^waygate: The data directory .* is in use by waygate serve \(process \d+ on .*\)\.\n$/,
  );
});

test("a backup made beside the gateway is restored without it, and what was there is kept", async () => {
  using folder = createFolder();
  const waygate = createCommandLine(folder.path);
  const dataDir = join(folder.path, "data");
  {
    await using gateway = await startBinary({ dataDir, cwd: folder.path, env: { WAYGATE_ADMIN_API_KEY: key } });
    await waygate("user add early --password-stdin", password);
    expect((await waygate("backup copies/one.db")).out).toMatch(/^Copied \d+ KB to .*copies\/one\.db \(sha256 /);
    expect((await waygate("backup copies/one.db")).error).toContain("exists already");
    await waygate("user add late --password-stdin", password);
    expect((await waygate("restore copies/one.db")).error).toContain("is in use by waygate serve");
    await gateway.stop();
  }
  const restored = await waygate("restore copies/one.db");
  expect(restored.out).toMatch(
    /^Restored .*one\.db\.\nWhat was there before is kept as .*waygate\.db\.before-restore-/,
  );
  const names = JSON.parse((await waygate("user list --json")).out).map((one: { username: string }) => one.username);
  expect(names).toEqual(["admin", "early"]);
  expect(readdirSync(dataDir).filter((name) => name.includes("before-restore"))).toHaveLength(1);
  const other = createCommandLine(folder.path, {
    WAYGATE_DATA_DIR: join(folder.path, "other"),
    WAYGATE_MASTER_KEY: "cd".repeat(32),
  });
  expect((await other("restore copies/one.db")).error).toContain("The master key is not the one");
  expect(existsSync(join(folder.path, "other/waygate.db"))).toBe(false);
  writeFileSync(join(folder.path, "text.db"), "no database");
  const refused = await waygate("restore text.db");
  expect([refused.code, refused.error]).toEqual([1, expect.stringContaining("damaged")]);
  expect((await waygate("restore nowhere.db")).error).toContain("There is no file");
});

test("settings come from flags, variables, files of secrets and waygate.toml, and each says where from", async () => {
  using folder = createFolder();
  writeFileSync(join(folder.path, "waygate.toml"), 'port = 7100\nhost = "0.0.0.0"\ntrusted_proxies = ["10.0.0.0/8"]\n');
  writeFileSync(join(folder.path, "password"), `${password}\n`);
  const env = {
    WAYGATE_HOST: "127.0.0.1",
    WAYGATE_ADMIN_PASSWORD_FILE: "password",
    WAYGATE_MASTER_KEY: "ab".repeat(32),
  };
  const { out } = await createCommandLine(folder.path, env)("config --port 7200 --json");
  const rows: { setting: string; value: unknown; set_by: string }[] = JSON.parse(out);
  const row = (name: string) => rows.find((one) => one.setting === name);
  expect(row("port")).toEqual({ setting: "port", value: 7200, set_by: "--port" });
  expect(row("host")).toEqual({ setting: "host", value: "127.0.0.1", set_by: "WAYGATE_HOST" });
  expect(row("trusted_proxies")).toEqual({ setting: "trusted_proxies", value: ["10.0.0.0/8"], set_by: "waygate.toml" });
  expect(row("admin_password")).toEqual({
    setting: "admin_password",
    value: "(secret)",
    set_by: "WAYGATE_ADMIN_PASSWORD_FILE",
  });
  expect(row("log_level")).toEqual({ setting: "log_level", value: "info", set_by: "default" });
  expect(out).not.toContain(password);
  expect(out).not.toContain("abab");
});

test.each<[string, Record<string, string>, string | null, RegExp]>([
  [
    "serve",
    { WAYGATE_PORT: "abc" },
    null,
    /^waygate: port: "abc" is not allowed \(set by WAYGATE_PORT\); allowed: a whole number from 0 to 65535\.\n$/,
  ],
  [
    "serve",
    { WAYGATE_PROT: "1" },
    null,
    /^waygate: WAYGATE_PROT \(in the environment\) is not a setting; did you mean WAYGATE_PORT\?/,
  ],
  ["serve --prot 1", {}, null, /^waygate: --prot is not an option/],
  ["serve --port", {}, null, /^waygate: --port needs a value\.\n$/],
  ["serve", {}, "prot = 1", /^waygate: prot \(in waygate\.toml\) is not a setting; did you mean port\?/],
  ["serve", {}, 'port = "x"', /^waygate: port: "x" is not allowed \(set by waygate\.toml\)/],
  ["serve", {}, "port = = 1", /^waygate: waygate\.toml cannot be read/],
  [
    "serve",
    { WAYGATE_ADMIN_PASSWORD_FILE: "nowhere" },
    null,
    /^waygate: WAYGATE_ADMIN_PASSWORD_FILE names a file that cannot be read/,
  ],
  [
    "serve",
    { WAYGATE_ADMIN_PASSWORD: "password1234" },
    null,
    /^waygate: admin_password \(set by WAYGATE_ADMIN_PASSWORD\): The password is one of the common ones\.\n$/,
  ],
  [
    "serve",
    { WAYGATE_ADMIN_USERNAME: "ada" },
    null,
    /^waygate: admin_username \(set by WAYGATE_ADMIN_USERNAME\): an admin needs/,
  ],
  ["serve", { WAYGATE_ADMIN_API_KEY: "short" }, null, /^waygate: admin_api_key: its value is not allowed/],
  ["serve", { WAYGATE_MASTER_KEY: "short" }, null, /^waygate: master_key: its value is not allowed/],
  ["servee", {}, null, /^waygate: "servee" is not a command/],
  ["serve now", {}, null, /^waygate: "now" is one word too many/],
  ["user add", {}, null, /^waygate: Usage: waygate user add NAME\n$/],
  ["user add ada", {}, null, /^waygate: There is no terminal to ask for a password/],
])("waygate %s with %o and the file %p stops with one line and exit code 2", async (command, env, toml, line) => {
  using folder = createFolder();
  if (toml !== null) writeFileSync(join(folder.path, "waygate.toml"), toml);
  const { code, out, error } = await createCommandLine(folder.path, env)(command);
  expect(error).toMatch(line);
  expect(error.trimEnd().split("\n")).toHaveLength(1);
  expect([code, out]).toEqual([2, ""]);
});

test("what fails for other reasons is exit code 1, with a sentence", async () => {
  using folder = createFolder();
  const waygate = createCommandLine(folder.path);
  expect(await waygate("healthcheck --port 1")).toMatchObject({ code: 1, out: "" });
  const unknown = await waygate("user disable nobody");
  expect([unknown.code, unknown.error]).toEqual([1, "waygate: There is no account named nobody.\n"]);
  const weak = await waygate("user add ada --password-stdin", "password1234");
  expect([weak.code, weak.error]).toEqual([1, "waygate: The password is one of the common ones.\n"]);
  expect((await waygate("user list")).out).toBe("(none)\n");
});

test("help and version are told without touching anything", async () => {
  using folder = createFolder();
  const waygate = createCommandLine(folder.path);
  const { out, code } = await waygate("--help");
  expect(code).toBe(0);
  for (const word of [
    "user add NAME",
    "key revoke ID",
    "backup FILE",
    "--trusted-proxies",
    "WAYGATE_PORT",
    "Exit codes",
  ])
    expect(out).toContain(word);
  expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(110);
  expect((await waygate("version")).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(existsSync(join(folder.path, "data"))).toBe(false);
});

test("the admin of the settings is made once, and later settings change nothing", async () => {
  using folder = createFolder();
  const dataDir = join(folder.path, "data");
  const env = { WAYGATE_ADMIN_USERNAME: "boss", WAYGATE_ADMIN_PASSWORD: password, WAYGATE_ADMIN_API_KEY: key };
  for (const attempt of [
    env,
    { ...env, WAYGATE_ADMIN_PASSWORD: "weak", WAYGATE_ADMIN_API_KEY: "another-operators-key" },
  ]) {
    await using gateway = await startBinary({ dataDir, cwd: folder.path, env: attempt });
    expect((await call(`${gateway.url}/api/v1/me`, { key })).json.account.username).toBe("boss");
    expect((await call(`${gateway.url}/api/v1/me`, { key: "another-operators-key" })).status).toBe(401);
    const body = { username: "boss", password };
    expect((await call(`${gateway.url}/api/v1/login`, { body, key: null })).status).toBe(200);
    expect(await gateway.stop()).toBe(0);
  }
});
