// Brings schedules out when their time has come: one alarm for the earliest of them, and a look every second in case the
// clock was set. What waits is one row of an index, however much it is; what is due goes some at a time, files fewer at a
// time than the rest. Whatever was not kept at a crash is due as before.
import { type Clock, second } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { createRounds } from "../core/rounds.ts";
import type { Fire } from "../services/schedule-firing.ts";
import type { Store } from "../store/store.ts";
import { createRests } from "./rests.ts";
import { createUnderWay } from "./under-way.ts";

export type Scheduler = AsyncDisposable;

type Needs = { store: Pick<Store, "schedules" | "onCommit">; fire: Fire; clock: Clock; log: Log };
type Lane = { hasFile: boolean; atOnce: number; running: Set<number>; waiting: number[] };

const atOnce = 32;
/** They take a hand of the machine each, or wait for somebody's host. */
const filesAtOnce = 8;
const readAtOnce = 200;
/** About a minute, each rest longer than the one before. */
const mostTries = 6;
const lookMs = second;
/** Until then a look will have come. */
const longestAlarmMs = 30 * second;
const lastWordMs = second;
const makesWork = /^schedules\.(create|update)$/;

export function startScheduler({ store, fire, clock, log }: Needs): Scheduler {
  const { own, ended } = createUnderWay(log, "what was scheduled could not go out");
  const lanes: readonly Lane[] = [
    { hasFile: false, atOnce, running: new Set(), waiting: [] },
    { hasFile: true, atOnce: filesAtOnce, running: new Set(), waiting: [] },
  ];
  const rests = createRests(clock);
  const triesOf = new Map<number, number>();
  let alarm: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const { wake } = createRounds({ work, isOver: () => isOver, own });
  const looking = setInterval(wake, lookMs);
  looking.unref?.();
  const stopListening = store.onCommit((names) => {
    if (names.some((name) => makesWork.test(name))) wake();
  });

  async function work(): Promise<void> {
    for (const lane of lanes) await fill(lane);
    // Where all hands are full, whoever ends looks again.
    if (lanes.some(({ running, atOnce }) => running.size < atOnce)) await setAlarm();
  }

  async function fill(lane: Lane): Promise<void> {
    while (!isOver && lane.running.size < lane.atOnce) {
      if (lane.waiting.length === 0) lane.waiting = await due(lane);
      const id = lane.waiting.shift();
      if (id === undefined) return;
      lane.running.add(id);
      own(run(lane, id));
    }
  }

  /** Those that nobody is at. */
  async function due({ hasFile, running }: Lane): Promise<number[]> {
    const limit = running.size + triesOf.size + readAtOnce;
    const ids = await store.schedules.due(clock.now(), { hasFile, limit });
    return ids.filter((id) => !running.has(id) && rests.untilOf(id) === null);
  }

  async function run({ running }: Lane, id: number): Promise<void> {
    const tries = (triesOf.get(id) ?? 0) + 1;
    try {
      await fire(id, { isLastTry: tries >= mostTries });
      triesOf.delete(id);
      rests.forget(id);
    } catch (error) {
      log.warn({ error: messageOf(error) }, "what is scheduled could not go out just now; it is tried again");
      triesOf.set(id, tries);
      if (!isOver) rests.begin(id, wake);
    } finally {
      running.delete(id);
      wake();
    }
  }

  /** With the moment itself: a look alone would be up to a second late. */
  async function setAlarm(): Promise<void> {
    clearTimeout(alarm);
    const now = clock.now();
    const at = await store.schedules.nextAfter(now);
    if (isOver || at === null || at - now > longestAlarmMs) return;
    alarm = setTimeout(wake, at - now);
    alarm.unref?.();
  }

  wake();
  return {
    async [Symbol.asyncDispose]() {
      isOver = true;
      stopListening();
      clearInterval(looking);
      clearTimeout(alarm);
      rests.endAll();
      // What somebody's host keeps waiting is due as before at the next start.
      await Promise.race([ended(), Bun.sleep(lastWordMs)]);
    },
  };
}
