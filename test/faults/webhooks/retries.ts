// The suite "t14": when what a receiver did not take is tried again, by a clock that leaps: every schedule to its end, every
// form of `Retry-After`, and the ends of it all, with restarts wherever they fall.
import { createRandom } from "../support/random.ts";
import { createFaults, type Outcome, type Suite, type SuiteRun, told } from "../support/suite.ts";
import { checkAskedFor } from "./asked-for-time.ts";
import { checkEnds } from "./ends.ts";
import { checkSchedules } from "./schedules.ts";
import { openStage } from "./stage.ts";

const eachSchedule = 2;

export const retriesSuite: Suite = {
  name: "t14",
  about: `when webhooks are tried again, and when no more; the size is the number of rounds`,
  long: 30,
  short: 1,
  run,
};

async function run({ size, seed }: SuiteRun): Promise<Outcome> {
  const faults = createFaults();
  const random = createRandom(seed);
  await using stage = await openStage(random);
  const play = { stage, random, faults };
  const { attempts, late } = await checkSchedules({ ...play, size: size * eachSchedule });
  const asked = await checkAskedFor({ ...play, size });
  const { ends, afterFive, afterRestart } = await checkEnds({ ...play, size: Math.ceil(size / 3) });
  return {
    figure: `${told(attempts)} attempts of ${told(3 * eachSchedule * size)} schedules, none further from its time than ${(late * 100).toFixed(1)} %; ${told(asked)} receivers that asked for time; ${told(ends)} ends by 410 and by five days, each told to others; left alone but for ${told(afterFive)} attempts in a quarter of an hour, and ${told(afterRestart)} in twenty minutes after a restart; ${told(stage.restarts())} restarts`,
    faults: faults.list(),
  };
}
