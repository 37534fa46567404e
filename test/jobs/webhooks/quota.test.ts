// The plan's webhook events of a minute: those beyond wait, also over a restart, and none is dropped.
import { expect, test } from "bun:test";
import { minute } from "../../../src/core/clock.ts";
import { silentLog } from "../../../src/core/log.ts";
import { createQuota } from "../../../src/jobs/webhooks/quota.ts";
import { createUsage } from "../../../src/services/usage.ts";
import { openUsageCounts } from "../../../src/services/usage-counts.ts";
import { createFolder } from "../../support/folder.ts";
import { startHttpHost } from "../../support/http-host.ts";
import { holds } from "../../support/session-flow.ts";
import { until } from "../../support/until.ts";
import { addWebhook, clockOfRig, fillRig, openRigStore, say, startRig, textsIn } from "../../support/webhook-rig.ts";

test("so many events a minute, by account; a clock that is set back keeps nobody waiting", async () => {
  using folder = createFolder();
  const clock = clockOfRig();
  await using store = await openRigStore(folder.path, clock);
  await using counts = await openUsageCounts({ store, clock, log: silentLog });
  const quota = createQuota(counts, clock);
  expect(quota.usedUpUntil(1, null)).toBeNull();
  expect(quota.usedUpUntil(1, 0)).toBe(clock.now() + minute);
  for (let n = 0; n < 2; n++) {
    expect(quota.usedUpUntil(1, 2)).toBeNull();
    quota.count(1, 2);
  }
  expect(quota.usedUpUntil(1, 2)).toBe(clock.now() + minute);
  expect(quota.usedUpUntil(2, 2)).toBeNull();
  clock.advance(-60 * minute);
  expect(quota.usedUpUntil(1, 2)).toBeNull();
  quota.count(1, 2);
  quota.count(1, 2);
  clock.advance(minute);
  expect(quota.usedUpUntil(1, 2)).toBeNull();
});

test("events beyond the plan's wait for the next minute, the gateway ended or not, and all are told in their order", async () => {
  using folder = createFolder();
  await using host = await startHttpHost((response) => response.end());
  const clock = clockOfRig();
  const words = Array.from({ length: 70 }, (_, n) => `word ${n}`);
  const isTold = (count: number) => until(`${count} to be told`, () => host.received.length === count);
  {
    const store = await openRigStore(folder.path, clock);
    await fillRig(store, clock, "free");
    await addWebhook(store, { url: `http://127.0.0.1:${host.port}/` });
    await using rig = await startRig(store, clock);
    await say(
      store,
      clock,
      words.map((text) => ({ group: 1, text })),
    );
    await isTold(30);
    await holds("the others wait", 300, () => host.received.length === 30);
    clock.advance(minute / 2);
    void rig;
  }
  {
    await using rig = await startRig(await openRigStore(folder.path, clock), clock);
    await holds("they still wait", 1_500, () => host.received.length === 30);
    await using counts = await openUsageCounts({ store: rig.store, clock, log: silentLog });
    const usage = createUsage({ store: rig.store, counts, clock });
    const until = clock.now() + minute / 2;
    expect((await usage.of(1)).webhookEvents).toEqual({ limit: 30, used: 30, resetsAt: until, waiting: 40 });
    expect(await usage.eventsWait(1)).toEqual({ until });
    clock.advance(minute / 2);
    await isTold(60);
    clock.advance(minute);
    await isTold(70);
  }
  expect(textsIn(host.received)).toEqual(words);
  await using store = await openRigStore(folder.path, clock);
  await using counts = await openUsageCounts({ store, clock, log: silentLog });
  const { days, webhookEvents } = await createUsage({ store, counts, clock }).of(1);
  expect([days[0]?.webhookEvents, days.length, webhookEvents.waiting]).toEqual([70, 30, 0]);
});
