// A long run must not fill the memory, nor hold the network up with writing: what is kept, and when it is written.
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createControl } from "../../src/sandbox/control/actions.ts";
import { freeze } from "../../src/sandbox/network/frozen.ts";
import { usualLimits } from "../../src/sandbox/network/limits.ts";
import { createNetwork } from "../../src/sandbox/network/network.ts";
import { createObserver } from "../../src/sandbox/network/observer.ts";
import { encodeNode } from "../../src/sandbox/wire/codec.ts";
import { node } from "../../src/sandbox/wire/node.ts";
import { createFolder } from "../support/folder.ts";
import { until } from "../support/until.ts";

const numbers = Array.from({ length: 5 }, (_, n) => `1555100000${n}`);
const [alices = "", bobs = ""] = numbers;

async function open(folder?: string) {
  const network = await createNetwork(folder === undefined ? {} : { folder });
  const control = createControl(network);
  if (control.phones.list().length === 0) for (const number of numbers) control.phones.add({ number });
  return { network, control, [Symbol.asyncDispose]: () => network[Symbol.asyncDispose]() };
}

test("inboxes hold so many items together, and the oldest of all go first", async () => {
  await using both = await open();
  const { network, control } = both;
  control.changeSettings({ limits: { inbox_items: 20 } });
  const ids = Array.from(
    { length: 30 },
    (_, n) => control.phones.send(numbers[n % 5] ?? "", { to: numbers[(n + 1) % 5], text: `message ${n}` }).id,
  );
  const states = [...network.world.phones.states.values()];
  const kept = states.flatMap(({ inbox }) => inbox.map((item) => item.id));
  expect(kept).toHaveLength(20);
  // Each is at its writer's and at its reader's: of the last ten both are there.
  expect(new Set(kept)).toEqual(new Set(ids.slice(-10)));
  for (const { inbox, known, written } of states) {
    expect(known.size).toBe(inbox.length);
    expect(written.size).toBe(inbox.filter((item) => item.from_me).length);
  }
  const page = await control.phones.inbox(alices, { limit: 100 });
  expect(page.data.map((item) => item.text)).toEqual(["message 20", "message 24", "message 25", "message 29"]);
});

test("of messages' fates and of stanzas so many are kept, by number and by size", () => {
  const limits = { ...usualLimits, messages: 3, frames: 10, frame_bytes: 10_000 };
  const observer = createObserver(() => 0, limits);
  for (let n = 0; n < 8; n++) observer.messages.sent(`ID${n}`, "device", false);
  expect(observer.readMessages(null).map(({ id }) => id)).toEqual(["ID5", "ID6", "ID7"]);
  for (let n = 0; n < 50; n++) observer.frame("device", "in", encodeNode(node("small", { n: String(n) })));
  expect(observer.readFrames(100, null).length).toBeLessThanOrEqual(20);
  expect(observer.readFrames(100, null).at(-1)?.stanza).toBe('<small n="49"/>');
  for (let n = 0; n < 20; n++) observer.frame("device", "in", encodeNode(node("large", {}, Buffer.alloc(1_000))));
  expect(observer.readFrames(100, null).length).toBeLessThanOrEqual(10);
  observer.frame("device", "in", encodeNode(node("larger than all that is kept", {}, Buffer.alloc(20_000))));
  expect(observer.readFrames(100, null)).toEqual([]);
});

test("settings are checked, and what is not named stays", async () => {
  await using both = await open();
  const { control } = both;
  expect(control.settings()).toEqual({ checking: true, limits: usualLimits });
  expect(control.changeSettings({ limits: { frames: 7 } }).limits).toEqual({ ...usualLimits, frames: 7 });
  expect(control.changeSettings({ checking: false })).toEqual({
    checking: false,
    limits: { ...usualLimits, frames: 7 },
  });
  expect(() => control.changeSettings({ limits: { patience: 5 } })).toThrow("limits: one of frames");
  expect(() => control.changeSettings({ limits: { frames: 0 } })).toThrow("frames: a whole number from 1 on.");
  expect(() => control.changeSettings({ limits: { queue: 1, frames: 1.5 } })).toThrow("frames");
  expect(control.settings().limits.queue).toBe(usualLimits.queue);
});

test("only who has changed is written, and everybody is there again afterwards", async () => {
  using folder = createFolder();
  const first = await open(folder.path);
  const fileOf = (number: string) => join(folder.path, "people", `${number}.json`);
  await until("everybody's file", () => numbers.every((number) => existsSync(fileOf(number))));
  const before = new Map(numbers.map((number) => [number, statSync(fileOf(number)).mtimeMs]));
  first.control.phones.send(alices, { to: bobs, text: "only these two" });
  await until("both to be written", () =>
    [alices, bobs].every((number) => readFileSync(fileOf(number), "utf8").includes("only these two")),
  );
  const written = numbers.filter((number) => statSync(fileOf(number)).mtimeMs !== before.get(number));
  expect(written).toEqual([alices, bobs]);
  first.control.phones.change(bobs, { privacy: { last: "none" }, disappearing_seconds: 60 });
  await first[Symbol.asyncDispose]();

  await using second = await open(folder.path);
  expect(second.control.phones.list().map(({ number }) => number)).toEqual(numbers);
  expect(second.control.phones.get(bobs)).toMatchObject({ privacy: { last: "none" }, disappearing_seconds: 60 });
  second.control.phones.send(bobs, { to: alices, text: "we still understand each other" });
  const { data } = await second.control.phones.inbox(alices, {});
  expect(data).toMatchObject([
    { text: "only these two", from_me: true, message: { conversation: "only these two" } },
    { text: "we still understand each other", from_me: false },
  ]);
  expect(second.control.stats(null).violations).toEqual([]);
});

test("a network that was begun anew leaves nobody on the disk", async () => {
  using folder = createFolder();
  const first = await open(folder.path);
  first.control.reset();
  await first[Symbol.asyncDispose]();
  expect(readdirSync(join(folder.path, "people"))).toEqual([]);
});

test("a network of the first version, with everybody in one file, is taken over", async () => {
  using folder = createFolder();
  const first = await open(folder.path);
  const { id } = first.control.phones.send(alices, { to: bobs, text: "from long ago" });
  const { registry, phones } = first.network.world;
  const old = {
    identity: { root: first.network.world.root, serverKey: first.network.world.serverKey, authority: null },
    groups: [],
    people: registry.all().map(({ device: _device, disappearing: _later, ...person }) => person),
    phones: [...phones.states].map(([phone, { inbox, written, missed, receipts, isOnline, behaviour }]) => ({
      phone,
      isOnline,
      behaviour,
      missed,
      receipts,
      inbox: inbox.map(({ copies: _copies, ...item }) => ({ ...item })),
      written: [...written.values()].map(({ packed, message: _message, category: _category, ...one }) => ({
        ...one,
        plain: Buffer.from(packed, "latin1"),
      })),
    })),
  };
  await first[Symbol.asyncDispose]();
  using other = createFolder();
  const now = JSON.parse(readFileSync(join(folder.path, "network.json"), "utf8"));
  const text = JSON.stringify({ ...(freeze(old) as object), identity: now.identity });
  writeFileSync(join(other.path, "network.json"), text);

  await using second = await open(other.path);
  expect(second.control.phones.list().map(({ number }) => number)).toEqual(numbers);
  second.control.phones.send(bobs, { to: alices, text: "still here" });
  const { data } = await second.control.phones.inbox(alices, {});
  expect(data).toMatchObject([{ id, text: "from long ago", copies: 1 }, { text: "still here" }]);
  expect(second.network.world.phones.states.get(alices)?.written.get(id)?.message).toMatchObject({
    conversation: "from long ago",
  });
  expect(second.control.stats(null).violations).toEqual([]);
});
