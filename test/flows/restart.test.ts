// The gateway ends and begins anew: what was connected comes back by itself, what rested goes on resting, and what was
// said meanwhile is not lost.
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { sessionReasons } from "../../src/core/session.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import { type Flow, holds, type Line, mine, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

test("a session comes back without a scan, with what was written to it meanwhile, and sends what it had accepted", async () => {
  await using flow = await startFlow();
  const shop = await flow.link();
  const friend = "15551000009";
  flow.control.phones.add({ number: friend });
  shop.write("first", friend);
  await until("the first", async () => (await shop.texts()).length === 1);
  flow.strike("drop-ack", { phone: mine });
  const id = await shop.send("out", friend);
  await flow.restart(() => {
    for (const text of ["one", "two", "three"]) shop.write(text, friend);
  });
  await shop.letIn(2);
  await until("what was missed", async () => (await shop.texts()).length === 4);
  await shop.sent(id);
  await flow.network.settled();
  expect(await shop.texts()).toEqual(["first", "one", "two", "three"]);
  expect(await shop.delivered(friend)).toEqual(["out"]);
  expect(await shop.told()).toEqual(["session.connected", "session.connected"]);
  expect(flow.control.stats(null).violations).toEqual([]);
  expect(flow.control.phones.get(mine).devices).toHaveLength(1);
});

test("what was stopped, logged out or had failed for good stays so; what a new start may cure is tried again", async () => {
  await using flow = await startFlow();
  const numbers = ["stopped", "logged-out", "replaced", "version", "passkey", "fine"].map((name, place) => {
    const phone = `1555400000${place}`;
    flow.control.phones.add({ number: phone });
    return [name, phone] as const;
  });
  const lines: Record<string, Line> = {};
  for (const [name, phone] of numbers) {
    lines[name] = name === "passkey" ? await flow.create(name, {}, phone) : await flow.link(name, phone);
  }
  const { stopped, "logged-out": loggedOut, replaced, version, passkey, fine } = lines as Record<string, Line>;
  await stopped!.act("stop");
  await loggedOut!.act("logout");
  replaced!.strike("replaced");
  await replaced!.call("/blocklist");
  version!.strike("version-refused", { count: 2 });
  version!.cut();
  passkey!.strike("passkey-required");
  await passkey!.scan(await passkey!.qr()).catch(() => {});
  await passkey!.reaches("passkey_required");
  await replaced!.reaches("failed");
  await version!.reaches("failed");
  const before = flow.way.connections.length;
  await flow.restart();
  await fine!.letIn(2);
  await version!.letIn(4);
  const rest = async () =>
    Promise.all(
      [stopped, loggedOut, replaced, passkey].map(async (line) => {
        const { status, reason, wanted } = await line!.shown();
        return [status, reason?.code, wanted];
      }),
    );
  const expected = [
    ["stopped", "stopped", false],
    ["logged_out", "logged_out_here", false],
    ["failed", "replaced", false],
    ["passkey_required", "passkey_required", false],
  ];
  await holds("they rest", 500, async () => JSON.stringify(await rest()) === JSON.stringify(expected));
  expect(flow.way.connections.length - before).toBe(2);
});

test("one that is linked to nobody yet shows a new QR", async () => {
  await using flow = await startFlow();
  const shop = await flow.create();
  const first = await shop.qr();
  await flow.restart();
  const second = await shop.qr();
  expect(second).not.toBe(first);
  // The very same device, in case somebody scanned in the last moment.
  expect(second.split(",").slice(1)).toEqual(first.split(",").slice(1));
  await shop.scan(second);
  await shop.reaches("connected");
});

test("credentials of which the newest cannot be read: the ones before them do, and nobody scans", async () => {
  await using flow = await startFlow();
  const shop = await flow.link();
  await flow.restart(() => spoilCredentials(flow, "newest"));
  await shop.letIn(2);
  expect(flow.gateway().logged.join("")).toContain("the newest credentials cannot be read");
});

test("credentials of which none can be read: it rests and says so, and a backup that is put back cures it", async () => {
  await using flow = await startFlow();
  const shop = await flow.link();
  let putBack = () => {};
  await flow.restart(() => {
    putBack = spoilCredentials(flow, "all");
  });
  expect(await shop.reaches("failed")).toMatchObject({
    reason: { code: "credentials_unreadable", sentence: sessionReasons.credentials_unreadable },
    phone: `+${mine}`,
  });
  expect(await shop.told()).toEqual(["session.connected", "session.failed"]);
  expect(flow.way.live()).toBe(0);
  await flow.restart(putBack);
  await shop.letIn(2);
});

test("sessions of an account that is switched off do not run, and do again once it is on", async () => {
  await using flow = await startFlow();
  const who = { username: "somebody", password: "a horse runs by night" };
  const { json: account } = await flow.call("/accounts", { body: { ...who, plan: "unlimited" } });
  const call = async (path: string, options = {}) => {
    const { json } = await flow.call("/login", { body: who, key: null });
    return flow.call(path, { key: null, headers: { authorization: `Bearer ${json.token}` }, ...options });
  };
  const switched = (disabled: boolean) => flow.call(`/accounts/${account.id}`, { method: "PATCH", body: { disabled } });
  expect((await call("/sessions", { body: { name: "shop" } })).status).toBe(201);
  const qr = await call("/sessions/shop/qr?format=raw&wait=10");
  await flow.control.phones.scan(mine, { qr: qr.text });
  await until("it to be let in", () => letInOn(flow) === 1);
  await switched(true);
  await until("it to be let go", () => flow.way.live() === 0);
  await flow.restart();
  expect(flow.way.live()).toBe(0);
  await switched(false);
  await until("it to be let in again", () => letInOn(flow) === 1);
  expect((await call("/sessions/shop")).json.phone).toBe(`+${mine}`);
});

test("fifty sessions come back after a restart, and never more than twenty-four of them knock at a time", async () => {
  await using flow = await startFlow();
  const lines = await linkMany(flow, 50);
  let most = 0;
  const look = () => {
    most = Math.max(most, flow.way.live() - letInOn(flow));
    return letInOn(flow) === lines.length;
  };
  await flow.restart(() => {
    for (const line of lines) line.write(`to ${line.name}`);
    // So that a login takes a moment.
    flow.strike("slow", { count: null, delay_ms: 20 });
  });
  await until("all to be let in", look, 20_000);
  flow.control.clearFaults();
  expect(most).toBe(24);
  for (const line of lines) {
    await line.reaches("connected");
    await until(`what was missed by ${line.name}`, async () => (await line.texts()).length > 0);
    expect(await line.texts()).toEqual([`to ${line.name}`]);
    expect(line.logins()).toBe(2);
  }
}, 60_000);

function letInOn({ network }: Flow): number {
  return network.world.links.all().filter(({ isActive }) => isActive).length;
}

async function linkMany(flow: Flow, count: number): Promise<Line[]> {
  const { phones } = flow.control;
  const all = Array.from({ length: count }, (_, n) => [`shop-${n}`, `1555600${String(n).padStart(4, "0")}`] as const);
  for (const [, phone] of all) phones.add({ number: phone });
  const lines: Line[] = [];
  for (let start = 0; start < count; start += 10) {
    const batch = all.slice(start, start + 10).map(([name, phone]) => flow.link(name, phone));
    lines.push(...(await Promise.all(batch)));
  }
  return lines;
}

/** Spoils one generation or all of them, and tells how to put them back. */
function spoilCredentials(flow: Flow, which: "newest" | "all"): () => void {
  using database = new Database(databaseFile(join(flow.folder, "data")));
  database.run("PRAGMA busy_timeout = 5000");
  const rows = database
    .query<{ generation: number; value: Uint8Array }, []>(
      "SELECT generation, value FROM credentials ORDER BY generation DESC",
    )
    .all();
  const spoilt = which === "all" ? rows : rows.slice(0, 1);
  const put = database.query("UPDATE credentials SET value = ? WHERE generation = ?");
  for (const { generation, value } of spoilt) {
    const damaged = Buffer.from(value);
    damaged[20] = damaged[20]! ^ 1;
    put.run(damaged, generation);
  }
  return () => {
    using again = new Database(databaseFile(join(flow.folder, "data")));
    for (const { generation, value } of spoilt)
      again.query("UPDATE credentials SET value = ? WHERE generation = ?").run(value, generation);
  };
}

test("a network that forgot nothing finds nothing wrong with any of it", async () => {
  await using flow = await startFlow();
  const shop = await flow.link();
  for (let round = 0; round < 5; round++) {
    shop.write(`in ${round}`);
    await shop.send(`out ${round}`);
    await until("both", async () => (await shop.texts()).length > round && (await shop.delivered()).length > round);
    await flow.restart();
    await shop.letIn(round + 2);
  }
  await flow.network.settled();
  expect(flow.control.stats(null).violations).toEqual([]);
  expect(await shop.delivered(others)).toEqual(Array.from({ length: 5 }, (_, round) => `out ${round}`));
});
