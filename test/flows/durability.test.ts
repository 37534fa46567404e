// When the disk says no, when another takes the session's place, when there are two of one: nothing is acknowledged that
// is not kept, and nobody fights.
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { type SessionReason, sessionReasons } from "../../src/core/session.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import { hurry } from "../support/quick-timers.ts";
import { type Flow, holds, type Line, mine, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const why = (code: SessionReason) => ({ code, sentence: sessionReasons[code] });

/** Beside the gateway's own writer, on its file. */
function write(flow: Flow, sql: string): void {
  using database = new Database(databaseFile(join(flow.folder, "data")));
  database.run("PRAGMA busy_timeout = 5000");
  database.run(sql);
}

const acknowledged = (flow: Flow, id: string) => {
  const { deliveries = {}, receipts = {} } = flow.control.stats(id).messages[0] ?? {};
  return deliveries[`${mine}:1`] === "received" || Object.keys(receipts).length > 0;
};

async function arrivesOnce(flow: Flow, shop: Line, ids: string[], texts: string[]): Promise<void> {
  await until("all to be acknowledged", () => ids.every((id) => acknowledged(flow, id)), 15_000);
  await shop.settled();
  expect(await shop.texts()).toEqual(texts);
  for (const id of ids) expect(flow.control.stats(id).messages[0]?.receipts).toMatchObject({ delivered: 1 });
}

test("the disk refuses what was received: not acknowledged, the connection let go, and received once when there is room", async () => {
  await using flow = await startFlow();
  const shop = await flow.link();
  using _quick = hurry({ from: 500 }, 4);
  const full = "CREATE TRIGGER full BEFORE INSERT ON inbox BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END";
  write(flow, full);
  const texts = ["one", "two", "three"];
  const ids = texts.map((text) => shop.write(text));
  expect(await shop.reaches("disconnected")).toMatchObject({ reason: why("storage"), wanted: true });
  // It comes back and is told the same, more and more seldom.
  await until("it to try again", () => shop.logins() > 1);
  await until("it to be refused again", async () => (await shop.shown()).reason?.code === "storage");
  expect(ids.some((id) => acknowledged(flow, id))).toBe(false);
  write(flow, "DROP TRIGGER full");
  await arrivesOnce(flow, shop, ids, texts);
  await shop.reaches("connected");
  expect((await shop.told()).filter((type) => type === "session.failed")).toEqual([]);
});

test("somebody else has taken the session over in the store: nothing of the former one counts, and it takes it back in order", async () => {
  await using flow = await startFlow();
  const shop = await flow.link();
  shop.write("before");
  await until("the first", async () => (await shop.texts()).length === 1);
  using _quick = hurry({ from: 500 }, 4);
  write(flow, "UPDATE sessions SET lease = lease + 1");
  const id = shop.write("while it is another's");
  await until("it to notice", async () => (await shop.told()).includes("session.disconnected"));
  await shop.letIn(2);
  await arrivesOnce(flow, shop, [id], ["before", "while it is another's"]);
});

test("a number that was promised and could not be written down is used by nobody: the message waits and goes out once", async () => {
  await using flow = await startFlow();
  const shop = await flow.link("shop", mine, { pacing: "off" });
  const first = await shop.send("first");
  await shop.sent(first);
  write(flow, "UPDATE sessions SET lease = lease + 1");
  const texts = Array.from({ length: 70 }, (_, n) => `message ${n}`);
  const ids = [];
  for (const text of texts) ids.push(await shop.send(text));
  using _quick = hurry({ from: 500 }, 10);
  for (const id of ids) await shop.sent(id);
  await flow.network.settled();
  expect(await shop.delivered()).toEqual(["first", ...texts]);
  expect(flow.control.stats(null).violations).toEqual([]);
}, 15_000);

test("two gateways with one identity, a copy of the data: one of them ends as replaced, and they do not fight", async () => {
  await using flow = await startFlow();
  const here = await flow.link();
  await flow.end();
  await using copy = await startFlow({
    on: { network: flow.network, control: flow.control, [Symbol.asyncDispose]: async () => {} },
  });
  await copy.end();
  cpSync(join(flow.folder, "data"), join(copy.folder, "data"), { recursive: true });
  await flow.restart();
  await here.letIn(2);
  await copy.restart();
  const there = copy.line();
  await there.letIn(3);
  expect(await here.reaches("failed")).toMatchObject({ reason: why("replaced"), wanted: false });
  await holds("they do not fight", 2_000, () => here.logins() === 3);
  expect(await there.shown()).toMatchObject({ status: "connected", reason: null });
  expect((await here.told()).filter((type) => type !== "session.connected")).toEqual(["session.failed"]);
  // Whoever is started anew wins, once.
  await here.act("start");
  await here.letIn(4);
  expect(await there.reaches("failed")).toMatchObject({ reason: why("replaced") });
  await holds("they do not fight", 500, () => here.logins() === 4);
}, 20_000);
