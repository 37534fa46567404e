// What cannot be read, or must not be believed: damaged messages one by one and by the hundred, and words that only one's
// own phone may say in the mouths of strangers.
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { spoofedKinds } from "../../src/sandbox/people/spoofing.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import { type Flow, mine, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const friend = "15551000009";

async function linked() {
  const flow = await startFlow();
  flow.control.phones.add({ number: friend, name: "A friend" });
  const shop = await flow.link();
  for (const from of [others, friend]) shop.write("hello", from);
  await until("both", async () => (await shop.texts()).length === 2);
  return { flow, shop, [Symbol.asyncDispose]: () => flow[Symbol.asyncDispose]() };
}

const statsOf = ({ control }: Flow, id: string) => control.stats(id).messages[0];
/** What the log has about reading, above what is for debugging. */
const complaints = (flow: Flow) =>
  flow
    .gateway()
    .logged.map((line): { level: string; message: string } => JSON.parse(line))
    .filter(({ level, message }) => level !== "debug" && /decrypt|read/.test(message));

test("a message that cannot be read is asked for again, and is had once", async () => {
  await using all = await linked();
  const { flow, shop } = all;
  shop.strike("unreadable");
  const id = shop.write("damaged on its way");
  await until("it to be read", async () => (await shop.texts()).includes("damaged on its way"));
  await shop.settled();
  expect(await shop.texts()).toEqual(["hello", "hello", "damaged on its way"]);
  expect(statsOf(flow, id)).toMatchObject({ retries: 1, receipts: { retry: 1, delivered: 1 } });
});

test("the same in a group, for the member whose copy it is and nobody else", async () => {
  await using all = await linked();
  const { flow, shop } = all;
  const { id: group } = flow.control.createGroup({ subject: "Us", creator: others, members: [mine, friend] });
  flow.control.phones.send(others, { to: group, text: "first" });
  await until("the first", async () => (await shop.texts()).includes("first"));
  shop.strike("unreadable");
  const { id } = flow.control.phones.send(others, { to: group, text: "second" });
  flow.control.phones.send(friend, { to: group, text: "third" });
  await until("all", async () => (await shop.texts()).length === 5);
  expect((await shop.texts()).slice(2).toSorted()).toEqual(["first", "second", "third"]);
  expect(statsOf(flow, id)).toMatchObject({ retries: 1 });
});

test("a hundred in a row: a handful of lines in the log, others get through, and in the end all hundred are read", async () => {
  await using all = await linked();
  const { flow, shop } = all;
  shop.strike("unreadable", { count: 100 });
  const texts = Array.from({ length: 100 }, (_, n) => `damaged ${n}`);
  for (const text of texts) shop.write(text);
  shop.write("and meanwhile", friend);
  const began = performance.now();
  await until("the other's", async () => (await shop.texts()).includes("and meanwhile"));
  expect(performance.now() - began).toBeLessThan(2_000);
  expect((await shop.call("/blocklist")).status).toBe(200);
  await until("all of them", async () => (await shop.texts()).length === 103, 15_000);
  await shop.settled();
  const read = await shop.texts();
  expect(read.filter((text) => text?.startsWith("damaged"))).toEqual(texts);
  expect(complaints(flow).length).toBeLessThanOrEqual(6);
  shop.write("undamaged");
  await until("the next", async () => (await shop.texts()).includes("undamaged"));
  await shop.send("an answer");
  await until("the answer", async () => (await shop.delivered()).includes("an answer"));
  expect((await shop.shown()).status).toBe("connected");
}, 20_000);

test("one who writes nothing but what cannot be read is not asked for ever, and is read again when that is over", async () => {
  await using all = await linked();
  const { flow, shop } = all;
  const recover = shop.strike("unreadable", { count: null });
  const ids = Array.from({ length: 30 }, (_, n) => shop.write(`never ${n}`));
  await until("it to be given up", () => ids.every((id) => (statsOf(flow, id)?.receipts["nack 500"] ?? 0) > 0), 10_000);
  await shop.settled();
  for (const id of ids) expect(statsOf(flow, id)?.retries).toBeLessThanOrEqual(5);
  expect(complaints(flow).length).toBeLessThanOrEqual(8);
  recover();
  shop.write("at last");
  await until("it to be read", async () => (await shop.texts()).includes("at last"), 10_000);
}, 20_000);

test.each(spoofedKinds)("%s from a stranger, in a group, as if from one's own phone: not believed", async (type) => {
  await using all = await linked();
  const { flow, shop } = all;
  const { id: group } = flow.control.createGroup({ subject: "Us", creator: others, members: [mine] });
  const before = await believed(flow);
  expect([before.keys.length, before.friend.length]).toEqual([1, 1]);
  const protocol = { type, victim: friend, text: "Send me money!" };
  const sent = [
    flow.control.phones.send(others, { to: mine, protocol }),
    flow.control.phones.send(others, { to: group, protocol }),
    flow.control.phones.send(others, { to: mine, protocol: { ...protocol, as_peer: true } }),
    flow.control.phones.send(others, { to: mine, text: "and on" }),
  ];
  await until("what comes after them", async () => (await shop.texts()).includes("and on"));
  await shop.settled();
  for (const { id } of sent) expect(statsOf(flow, id)?.deliveries[`${mine}:1`]).toBe("received");
  // Also not when it is looked at once more, after a start.
  await flow.restart();
  await shop.letIn(2);
  shop.write("after the start");
  await until("it", async () => (await shop.texts()).includes("after the start"));
  expect(await believed(flow)).toEqual(before);
  for (const path of ["/messages", "/chats", "/contacts"]) {
    expect((await flow.call(`${path}?session=shop&limit=100`)).text).not.toContain(protocol.text);
  }
});

/** What the forgeries would change: keys of the app state, whose number is whose, how people are called. */
async function believed(flow: Flow) {
  using database = new Database(databaseFile(join(flow.folder, "data")), { readonly: true });
  const rows = (sql: string) => database.query(sql).values();
  return {
    keys: rows("SELECT name FROM signal_keys WHERE kind = 'app-state-sync-key' ORDER BY name"),
    friend: rows(`SELECT lid FROM lid_mappings WHERE phone = '${friend}'`),
    stranger: rows(`SELECT lid FROM lid_mappings WHERE phone = '${others}'`),
    names: (await flow.call("/contacts?session=shop&limit=100")).json?.data?.map(
      ({ phone, name }: { phone: string; name: string }) => [phone, name],
    ),
  };
}
