// The suite "t1": many messages out to many chats, several in flight, and SIGKILL all the while. Every message that was
// accepted is at its phone once, and in each chat in the order in which it was accepted.
import { until } from "../../support/until.ts";
import { createRandom } from "../support/random.ts";
import { createFaults, type Outcome, type Suite, type SuiteRun, told } from "../support/suite.ts";
import { checkArrived, untilSent } from "./arrived.ts";
import { castOf, checkConduct, checkSessions } from "./cast.ts";
import { callersFor, callerWrites } from "./keyed.ts";
import { createLedger } from "./traffic.ts";
import { momentsIn, openWorld, untilConnected, untilKilled } from "./world.ts";

const perKill = 100;
const callersAtOnce = 16;
const drainMs = 120_000;
const patienceMs = 120_000;
/** Between the moment that was drawn and the kill, so that it falls anywhere in what a message goes through. */
const lateMs = 60;

export const outSuite: Suite = {
  name: "t1",
  about: `SIGKILL while messages go out; the size is the number of messages, a kill for each ${perKill}`,
  long: 10_000,
  short: 300,
  run,
};

async function run({ size, seed }: SuiteRun): Promise<Outcome> {
  const faults = createFaults();
  const random = createRandom(seed);
  await using world = await openWorld();
  const cast = await castOf(world, { sessions: 3, contacts: Math.min(60, Math.ceil(size / 25)) });
  const ledger = createLedger();
  const count = { replayed: 0, pictures: 0 };
  const callers = callersFor(cast, callersAtOnce, (place) => createRandom(seed + place + 1));
  const moments = momentsIn(size, Math.ceil(size / perKill), random);
  const write = (isOver: () => boolean) =>
    callers.map((caller) => callerWrites(caller, { world, ledger, faults, count, isOver }));

  for (const moment of moments) {
    await untilKilled(world, {
      write,
      async moment() {
        await until(`${moment} messages to be accepted`, () => ledger.accepted.length >= moment, patienceMs);
        await Bun.sleep(random.below(lateMs));
      },
    });
  }
  await Promise.all(write(() => ledger.accepted.length >= size));
  await untilConnected(
    world,
    cast.sessions.map(({ name }) => name),
    drainMs,
  );
  await untilSent(world, ledger, faults, drainMs);
  await world.network.settled(drainMs);

  const { lost, doubled, again } = await checkArrived(world, cast, ledger, faults);
  const rescans = await checkSessions(world, cast, faults);
  const violations = checkConduct(world, faults);
  return {
    figure: `${told(moments.length)} kills, ${told(rescans)} scans needed again; ${told(ledger.accepted.length)} accepted (${told(count.pictures)} with a picture, ${told(count.replayed)} found there when asked for again), ${told(lost)} lost, ${told(doubled)} doubled, ${told(again)} sent again with the same id; ${told(violations)} violations of the protocol`,
    faults: faults.list(),
  };
}
