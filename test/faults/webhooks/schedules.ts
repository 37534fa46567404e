// Every attempt in its time: receivers that never take anything, by each schedule, with ends of the gateway in between.
import { day, hour, minute, second } from "../../../src/core/clock.ts";
import type { RetryPlan } from "../../../src/core/retry.ts";
import { startHttpHost } from "../../support/http-host.ts";
import type { Random } from "../support/random.ts";
import type { Faults } from "../support/suite.ts";
import type { Stage } from "./stage.ts";

export type Play = { stage: Stage; random: Random; faults: Faults; size: number };
type Tried = { webhookId: number; plan: RetryPlan; waits: number[] };

/** As the documents have them. */
const usual = [10 * second, 30 * second, 2 * minute, 10 * minute, 30 * minute];
const patient = [...usual, hour, 2 * hour, 4 * hour, ...Array.from({ length: 11 }, () => 6 * hour)];
const listed = [1, 5, 60, 600, 3_600, 40_000, 86_400];
const mostListed = 6;
/** Longer, and the five days would be over before the list is. */
const longestList = 4 * day;
const tolerance = 0.1;
const restartsPerLeap = 0.02;

export async function checkSchedules({
  stage,
  random,
  faults,
  size,
}: Play): Promise<{ attempts: number; late: number }> {
  let heard = 0;
  await using host = await startHttpHost((response) => {
    heard += 1;
    response.writeHead(random.pick([500, 404, 302, 429, 503, 400])).end();
  });
  const tried: Tried[] = [];
  for (let n = 0; n < size; n++) {
    for (const [plan, waits] of [["default", usual], ["patient", patient], listedPlan(random)] as const) {
      const url = `http://127.0.0.1:${host.port}/${n}`;
      const webhookId = await stage.add({ url, retry: plan, isOrdered: random.chance(0.3) });
      tried.push({ webhookId, plan, waits });
    }
  }
  await stage.say({ count: 1, chats: 1 });
  while (stage.rig().store.deliveries.nextAt() !== null || heard === 0) {
    await stage.leap(() => random.chance(restartsPerLeap));
    if (stage.rig().store.deliveries.nextAt() !== null) await stage.restart();
  }
  let [attempts, worst] = [0, 0];
  for (const one of tried) {
    const times = await attemptsAt(stage, one, faults);
    attempts += times.length;
    worst = Math.max(worst, ...deviations(times, one, faults));
    await stage.remove(one.webhookId);
  }
  faults.check(heard === attempts, `attempts that are not in the log: ${heard - attempts}`);
  return { attempts, late: worst };
}

function listedPlan(random: Random): [number[], number[]] {
  const list: number[] = [];
  for (let left = random.between(0, mostListed); left > 0; left--) list.push(random.pick(listed));
  list.sort((a, b) => a - b);
  while (list.reduce((sum, one) => sum + one, 0) * second > longestList) list.pop();
  return [list, list.map((seconds) => seconds * second)];
}

/** From when to when each lasted; and it has failed for good, once, and its webhook has not. */
async function attemptsAt({ rig }: Stage, { webhookId, plan, waits }: Tried, faults: Faults) {
  const { store } = rig();
  const [delivery, ...others] = await store.deliveryLog.list({ webhookId }, null, 5);
  const isFailed = others.length === 0 && delivery?.state === "failed" && delivery.nextAt === null;
  faults.check(isFailed, `after its last attempt: ${delivery?.state} by ${plan}`);
  const { state } = await rig().find(webhookId);
  faults.check(state === "active", `its webhook is ${state}: by ${plan}`);
  const attempts = delivery === undefined ? [] : await store.deliveryLog.attemptsOf([delivery.id]);
  const isAll = attempts.length === waits.length + 1;
  faults.check(isAll, `not the attempts of its schedule: ${attempts.length}, not ${waits.length + 1} by ${plan}`);
  return attempts.map(({ at, durationMs }) => ({ begun: at, ended: at + durationMs }));
}

function deviations(times: readonly { begun: number; ended: number }[], { plan, waits }: Tried, faults: Faults) {
  return waits.map((wait, place) => {
    const waited = (times[place + 1]?.begun ?? Number.NaN) - (times[place]?.ended ?? 0);
    const deviation = Math.abs(waited / wait - 1);
    // Milliseconds are whole.
    const isRight = deviation <= tolerance + 1 / wait;
    faults.check(isRight, `not in its time: ${waited} ms, not ${wait} after attempt ${place + 1} by ${plan}`);
    return deviation;
  });
}
