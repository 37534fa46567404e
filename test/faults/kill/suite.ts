// SIGKILL at random moments of a burst of writes: every answered write is there after it, every other whole or not at all.
import { runBinary } from "../../support/binary.ts";
import { createRandom } from "../support/random.ts";
import { makePerson, openRig, type Rig } from "../support/rig.ts";
import { createFaults, type Faults, type Outcome, type Suite, type SuiteRun, told } from "../support/suite.ts";
import { type Caller, createCaller, writeOn } from "./burst.ts";
import { checkAll, checkDatabase, checkFresh, settlePending } from "./check.ts";

const callersAtOnce = 16;
const longestBurstMs = 300;
/** The chain is walked this often, and at the end; it grows with every write. */
const verifyEvery = 10;

export const killSuite: Suite = {
  name: "kill",
  about: "SIGKILL during a burst of writes; the size is the number of kills",
  long: 100,
  short: 5,
  run,
};

async function run({ size, seed }: SuiteRun): Promise<Outcome> {
  const faults = createFaults();
  const random = createRandom(seed);
  const cutOff = { there: 0, absent: 0 };
  let losses = 0;
  const lost = (what: string) => {
    losses += 1;
    faults.add(`lost, though it was answered: ${what}`);
  };
  await using rig = await openRig();
  const callers: Caller[] = [];
  for (let place = 0; place < callersAtOnce; place++) {
    const person = await makePerson(rig.origin(), {
      username: `caller-${place}`,
      password: `a lovely phrase ${place}`,
    });
    callers.push(createCaller(person, createRandom(seed + place + 1)));
  }
  for (let kill = 1; kill <= size; kill++) {
    const isChainChecked = kill % verifyEvery === 0;
    await burst(rig, callers, random.between(0, longestBurstMs), faults);
    await startAgain(rig, kill, faults);
    const look = { origin: rig.origin(), database: rig.database, faults, lost };
    await Promise.all(
      callers.map(async (caller) => {
        const end = await settlePending(caller, look);
        if (end !== null) cutOff[end] += 1;
        await checkFresh(caller, look);
      }),
    );
    checkDatabase(look);
    if (isChainChecked) await verifyAudit(rig, "beside the gateway", faults);
  }
  const look = { origin: rig.origin(), database: rig.database, faults, lost };
  let things = 0;
  for (const caller of callers) things += await checkAll(caller, look);
  await verifyAudit(rig, "beside the gateway", faults);
  faults.check((await rig.gateway().stop()) === 0, "the gateway did not stop in order after the last kill");
  await verifyAudit(rig, "alone", faults);
  const answered = callers.reduce((sum, caller) => sum + caller.answered, 0);
  faults.check(answered > size, "hardly anything was written, so nothing was shown");
  return {
    figure: `${told(size)} kills, ${told(answered)} answered writes, ${told(losses)} lost; ${told(things)} things read back at the end; of ${told(cutOff.there + cutOff.absent)} writes cut off ${told(cutOff.there)} there whole, ${told(cutOff.absent)} not at all`,
    faults: faults.list(),
  };
}

async function burst(rig: Rig, callers: Caller[], lengthMs: number, faults: Faults): Promise<void> {
  let over = false;
  const context = { origin: rig.origin(), faults, isOver: () => over };
  const writing = callers.map((caller) => writeOn(caller, context));
  await Bun.sleep(lengthMs);
  await rig.gateway().kill();
  over = true;
  await Promise.all(writing);
}

async function startAgain(rig: Rig, kill: number, faults: Faults): Promise<void> {
  try {
    await rig.start();
  } catch (error) {
    faults.add(`after kill ${kill} it did not start: ${String(error)}`);
    throw error;
  }
}

async function verifyAudit(rig: Rig, how: string, faults: Faults): Promise<void> {
  const ran = await runBinary(["audit", "verify", "--data-dir", rig.dataDir], { cwd: rig.folder });
  faults.check(ran.code === 0, `waygate audit verify, ${how}: ${ran.error.trim()}`);
}
