// What is kept no longer than wanted, as the gateway itself sees to it every hour.
import { expect, test } from "bun:test";
import { day } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import { startHousekeeping } from "../../src/jobs/housekeeping.ts";
import { openStore } from "../../src/store/store.ts";
import { others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

test("a session's messages go when they are too old for it, with their words and what they came as; those of others stay", async () => {
  await using flow = await startFlow();
  const line = await flow.link("shop", undefined, { retention_days: 7 });
  line.write("forgettable");
  await flow.call("/messages", { body: { session_id: "shop", to: others, text: "forgettable too" } });
  const desk = "15550002222";
  flow.control.phones.add({ number: desk });
  const other = await flow.link("desk", desk);
  other.write("kept for ever, forgettable or not");
  const found = async () => (await flow.call("/messages?text=forgettable")).json.data.length;
  await until("all three", async () => (await found()) === 3);
  await flow.end();
  const clock = { now: () => Date.now() + 8 * day };
  {
    const runner = { pid: process.pid, doing: "test" };
    const dataDir = String(flow.settings.dataDir);
    await using store = await openStore({ dataDir, masterKeys: [], runner, clock, log: silentLog });
    await using housekeeping = startHousekeeping({ store, clock, log: silentLog });
    await housekeeping.tidy();
  }
  await flow.restart();
  expect(await found()).toBe(1);
  expect((await flow.call("/chats")).json.data).toHaveLength(2);
  expect((await flow.call("/messages")).json.data.map(({ text }: { text: string }) => text)).toEqual([
    "kept for ever, forgettable or not",
  ]);
  expect(await line.texts()).toEqual([]);
});
