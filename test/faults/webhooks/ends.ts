// When a receiver is told nothing more: at once with 410, after five days in which it took nothing, and for some minutes
// when it fails again and again; and nobody else at any time.
import { day, hour, minute, second } from "../../../src/core/clock.ts";
import type { RetryPlan } from "../../../src/core/retry.ts";
import type { DisabledReason } from "../../../src/core/webhook.ts";
import { type HttpHost, startHttpHost } from "../../support/http-host.ts";
import { until } from "../../support/until.ts";
import type { Play } from "./schedules.ts";

const daily: RetryPlan = Array.from({ length: 20 }, () => 86_400);
const patienceMs = 60_000;
const restarts = 0.4;
/** How fast the clock runs while a receiver fails again and again: so many times. */
const hurry = 400;
const crowd = 300;
const chats = 1_000;
/** Each failure after the first fifty is followed by a longer rest, of five minutes in the end. */
const mostAfterFive = 5;
const mostAfterRestart = 10;

export async function checkEnds(play: Play): Promise<{ ends: number; afterFive: number; afterRestart: number }> {
  for (let n = 0; n < play.size; n++) {
    await checkEnd(play, { reason: "gone", retry: "default", isGoneAt: play.random.between(1, 5) });
    await checkEnd(play, { reason: "failing", retry: daily, isGoneAt: Number.POSITIVE_INFINITY });
  }
  return { ends: 2 * play.size, ...(await checkCircuit(play)) };
}

type End = { reason: DisabledReason; retry: RetryPlan; isGoneAt: number };

async function checkEnd({ stage, random, faults }: Play, { reason, retry, isGoneAt }: End): Promise<void> {
  let [heard, isUp] = [0, false];
  await using host = await startHttpHost((response) => {
    heard += 1;
    response.writeHead(isUp ? 200 : heard >= isGoneAt ? 410 : 500).end();
  });
  const told: { event: string; data: { reason: { code: string } } }[] = [];
  await using others = await startHttpHost((response, { body }) => {
    told.push(JSON.parse(body.toString()));
    response.end();
  });
  const webhookId = await stage.add({ url: urlOf(host), retry });
  const watching = await stage.add({ url: urlOf(others), events: ["webhook.*"] });
  const begun = stage.clock.now();
  await stage.say({ count: 1, chats });
  const isOver = async () => (await stage.rig().find(webhookId)).state !== "active";
  while (!(await isOver()) && stage.clock.now() - begun < 2 * 5 * day) {
    let leaps = 0;
    const isForRestart = random.chance(restarts);
    await stage.leap(async () => (isForRestart && ++leaps > 1) || (await isOver()));
    if (isForRestart) await stage.restart();
  }
  const { state, reason: given } = await stage.rig().find(webhookId);
  faults.check(state === "disabled" && given === reason, `not ended as it should be: ${state}, ${given} for ${reason}`);
  const lasted = stage.clock.now() - begun;
  const isInTime = reason === "gone" ? heard === isGoneAt : lasted >= 5 * day && lasted < 5 * day + 27 * hour;
  faults.check(isInTime, `ended at another time: after ${heard} attempts and ${lasted / hour} h for ${reason}`);
  await until("the others to hear of it", () => told.length > 0);
  faults.check(told.length === 1 && told[0]?.data.reason.code === reason, `told others: ${JSON.stringify(told)}`);

  const before = heard;
  await stage.say({ count: 1, chats });
  stage.clock.advance(2 * day);
  if (random.chance(restarts)) await stage.restart();
  await stage.quiet();
  faults.check(heard === before, `told all the same: ${heard - before} times after ${reason}`);
  isUp = true;
  await stage.resume(webhookId);
  // What failed for good with 410 has failed; what waited is told.
  const waited = reason === "gone" ? 1 : 2;
  await until("what waited to be told", () => heard === before + waited, patienceMs);
  for (const id of [webhookId, watching]) await stage.remove(id);
}

async function checkCircuit({ stage, faults }: Play): Promise<{ afterFive: number; afterRestart: number }> {
  const { clock } = stage;
  let isUp = false;
  const times: number[] = [];
  await using host = await startHttpHost((response) => {
    if (!isUp) times.push(clock.now());
    response.writeHead(isUp ? 200 : 500).end();
  });
  let well = 0;
  await using healthy = await startHttpHost((response) => {
    well += 1;
    response.end();
  });
  const webhookId = await stage.add({ url: urlOf(host), retry: "patient" });
  const other = await stage.add({ url: urlOf(healthy) });
  const begun = clock.now();
  const passed = (ms: number) => until("time to pass", () => clock.now() - begun >= ms, patienceMs);
  await stage.say({ count: crowd, chats });
  await until("the other to be told all", () => well === crowd, patienceMs);
  clock.run(hurry);
  await passed(20 * minute);
  const afterFive = times.filter((at) => at - begun > 5 * minute).length;
  faults.check(afterFive <= mostAfterFive, `not left alone: ${afterFive} attempts in a quarter of an hour`);
  await stage.restart();
  const restarted = times.length;
  await passed(40 * minute);
  clock.run(0);
  const afterRestart = times.length - restarted;
  const isAlone = afterRestart <= mostAfterRestart && afterRestart > 0;
  faults.check(isAlone, `not left alone after a restart: ${afterRestart} attempts in twenty minutes`);
  isUp = true;
  await until("the last attempt to end", () => stage.rig().jobs.underWay() === 0, patienceMs);
  clock.advance(5 * minute + second);
  await stage.leap();
  const { failingSince } = await stage.rig().find(webhookId);
  const left = (await stage.rig().store.deliveryLog.list({ webhookId }, null, crowd)).filter(
    ({ state }) => state !== "delivered",
  );
  faults.check(failingSince === null && left.length === 0, `not taken after the return: ${left.length}`);
  for (const id of [webhookId, other]) await stage.remove(id);
  return { afterFive, afterRestart };
}

const urlOf = ({ port }: HttpHost) => `http://127.0.0.1:${port}/`;
