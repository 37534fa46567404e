// The suite "t2": many messages in, and SIGKILL all the while. Every message that a phone sent is received, kept and entered
// in the journal once, and in each chat in the order in which it was sent; and webhooks are told of it, at their receivers,
// at least once: again only under the same id and with the same bytes.
import { until } from "../../support/until.ts";
import { createRandom } from "../support/random.ts";
import { createFaults, type Outcome, type Suite, type SuiteRun, told } from "../support/suite.ts";
import { castOf, checkConduct, checkSessions } from "./cast.ts";
import { checkReceived } from "./received.ts";
import { checkTold, openReceivers, receiverSettings } from "./told.ts";
import { createLedger, phonesWrite, phoneWrites } from "./traffic.ts";
import { momentsIn, openWorld, untilConnected, untilKilled } from "./world.ts";

const perKill = 500;
const fewestKills = 3;
const drainMs = 240_000;
const patienceMs = 120_000;
const lateMs = 60;
/** Written while nobody is there; more than nothing, less than all. */
const mostMeanwhile = 20;

export const inSuite: Suite = {
  name: "t2",
  about: `SIGKILL between phones and webhooks; the size is the number of messages, a kill for each ${perKill}`,
  long: 50_000,
  short: 300,
  run,
};

async function run({ size, seed }: SuiteRun): Promise<Outcome> {
  const faults = createFaults();
  const random = createRandom(seed);
  await using world = await openWorld(receiverSettings);
  const cast = await castOf(world, { sessions: 3, contacts: 20 });
  await using receivers = await openReceivers(world, createRandom(seed + 1), faults);
  const names = cast.sessions.map(({ name }) => name);
  const ledger = createLedger();
  const moments = momentsIn(size, Math.max(Math.ceil(size / perKill), fewestKills), random);
  const burst = { world, cast, ledger, random, faults };

  for (const moment of moments) {
    // Some lives end before they have begun.
    if (random.chance(0.7)) await untilConnected(world, names, drainMs);
    await untilKilled(world, {
      write: (isOver) => [phonesWrite({ ...burst, isOver })],
      async moment() {
        await until(`${moment} messages to be written`, () => ledger.written >= moment, patienceMs);
        await Bun.sleep(random.below(lateMs));
      },
    });
    for (let left = random.below(mostMeanwhile); left > 0; left--) phoneWrites({ ...burst, isOver: () => true });
  }
  await phonesWrite({ ...burst, isOver: () => ledger.written >= size });
  await untilConnected(world, names, drainMs);
  await world.network.settled(drainMs);

  const { lost, doubled } = await checkReceived(world, ledger, faults, drainMs);
  const hooks = await checkTold(world, ledger, receivers, { faults, drainMs });
  const rescans = await checkSessions(world, cast, faults);
  const violations = checkConduct(world, faults);
  return {
    figure: `${told(moments.length)} kills, ${told(rescans)} scans needed again; ${told(ledger.written)} written by phones, ${told(ledger.sent.size)} to be received, ${told(lost)} lost, ${told(doubled)} doubled, each in the journal once, in order in each chat; ${told(receivers.all.taken() + receivers.ordered.taken())} deliveries to two webhooks, ${told(hooks.lost)} lost, ${told(hooks.doubles)} told again and ${told(hooks.retries)} retried under the same id, all signed, first attempts in order; ${told(violations)} violations of the protocol`,
    faults: faults.list(),
  };
}
