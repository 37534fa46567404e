// SIGKILL during bursts of messages both ways: nothing that was acknowledged or accepted is lost, nothing is doubled, no
// number is used twice, nobody has to scan again.
import { createRandom } from "../support/random.ts";
import { createFaults, type Outcome, type Suite, type SuiteRun, told } from "../support/suite.ts";
import { checkArrived, untilSent } from "./arrived.ts";
import { castOf, checkConduct, checkSessions } from "./cast.ts";
import { checkReceived } from "./received.ts";
import { callersWrite, createLedger, phonesWrite } from "./traffic.ts";
import { openWorld, untilConnected, untilKilled } from "./world.ts";

const longestBurstMs = 1_200;
const callers = 4;
const drainMs = 60_000;

export const burstsSuite: Suite = {
  name: "bursts",
  about: "SIGKILL while messages go both ways; the size is the number of kills",
  long: 100,
  short: 4,
  run,
};

async function run({ size, seed }: SuiteRun): Promise<Outcome> {
  const faults = createFaults();
  const random = createRandom(seed);
  await using world = await openWorld();
  const cast = await castOf(world);
  const ledger = createLedger();
  const names = cast.sessions.map(({ name }) => name);

  for (let kill = 1; kill <= size; kill++) {
    await untilKilled(world, {
      write(isOver) {
        const burst = { world, cast, ledger, random, faults, isOver };
        return [phonesWrite(burst), ...Array.from({ length: callers }, () => callersWrite(burst))];
      },
      moment: () => Bun.sleep(random.between(0, longestBurstMs)),
    });
  }
  await untilConnected(world, names, drainMs);
  await untilSent(world, ledger, faults, drainMs);
  await world.network.settled(drainMs);

  const received = await checkReceived(world, ledger, faults, drainMs);
  const arrived = await checkArrived(world, cast, ledger, faults);
  const rescans = await checkSessions(world, cast, faults);
  const violations = checkConduct(world, faults);
  faults.check(ledger.sent.size > size && ledger.accepted.length > size, "hardly anything was said");
  return {
    figure: `${told(size)} kills, ${told(rescans)} scans needed again; in: ${told(ledger.sent.size)} sent by phones, ${told(received.lost)} lost, ${told(received.doubled)} doubled; out: ${told(ledger.accepted.length)} accepted, ${told(arrived.lost)} lost, ${told(arrived.doubled)} doubled, ${told(ledger.unanswered.size)} cut off; ${told(violations)} violations of the protocol`,
    faults: faults.list(),
  };
}
