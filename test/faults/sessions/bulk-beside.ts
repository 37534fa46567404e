// The suite "t25": somebody writes one by one through a number that is in the midst of a bulk. How long each of these
// takes until WhatsApp has it, and whether all of both arrive.
import { until } from "../../support/until.ts";
import { createRandom } from "../support/random.ts";
import { asAdmin, request } from "../support/rig.ts";
import { createFaults, type Outcome, type Suite, type SuiteRun, told } from "../support/suite.ts";
import { actOn, addPeople, checkBulk, checkCounts, makeBulk, shownOf, untilCompleted } from "./bulk.ts";
import { castOf, checkConduct } from "./cast.ts";
import { openWorld } from "./world.ts";

const targetMs = 2_000;
const pauseMs = { least: 20, most: 120 } as const;
/** Each with a message to somebody of its own at a time. */
const callers = 4;
const perRecipientMs = 60;
const leastMs = 60_000;

export const besideSuite: Suite = {
  name: "t25",
  about: "single messages beside a bulk through the same number; the size is the number of its recipients",
  long: 100_000,
  short: 250,
  run,
};

type Timed = { to: string; text: string; ms: number };

async function run({ size, seed }: SuiteRun): Promise<Outcome> {
  const faults = createFaults();
  const random = createRandom(seed);
  await using world = await openWorld();
  const cast = await castOf(world, { sessions: 1, contacts: callers });
  const bulk = await makeBulk(world, addPeople(world, size), { sessions: cast.sessions.map(({ name }) => name) });
  const [session] = cast.sessions;
  const sent: Timed[] = [];
  let isOver = false;

  async function write(to: string): Promise<void> {
    for (let n = 0; !isOver; n++) {
      const text = `single-${to}-${n}`;
      const began = performance.now();
      const body = { session_id: session?.name, to, text };
      const { status } = await request(`${world.rig.origin()}/api/v1/messages`, { body, headers: asAdmin });
      if (faults.check(status === 201, `a single message was answered ${status}`)) {
        sent.push({ to, text, ms: performance.now() - began });
      }
      await Bun.sleep(random.between(pauseMs.least, pauseMs.most));
    }
  }

  const began = performance.now();
  const withinMs = Math.max(leastMs, size * perRecipientMs);
  await actOn(world, bulk, "start");
  await until("the bulk to be on its way", async () => (await shownOf(world, bulk)).processed > 0, leastMs);
  const writing = cast.contacts.map(write);
  const shown = await untilCompleted(world, bulk, withinMs);
  const tookMs = performance.now() - began;
  isOver = true;
  await Promise.all(writing);
  await world.network.settled(withinMs);

  checkCounts(shown, faults);
  const { lost, doubled } = await checkBulk(world, bulk, faults);
  for (const to of cast.contacts) {
    const { data } = await world.control.phones.inbox(to, { limit: 1_000_000 });
    const got = data.filter(({ from_me }) => !from_me).map(({ text }) => text);
    const wanted = sent.filter((one) => one.to === to).map(({ text }) => text);
    faults.check(got.join() === wanted.join(), "single messages are lost, doubled or out of order");
  }
  const times = sent.map(({ ms }) => ms).toSorted((one, other) => one - other);
  const at = (part: number) => Math.round(times[Math.floor((times.length - 1) * part)] ?? 0);
  faults.check(at(0.99) <= targetMs, `single messages took ${at(0.99)} ms (p99)`);
  const violations = checkConduct(world, faults);
  return {
    figure: `${told(sent.length)} single messages beside ${told(size)} in bulk (${told(Math.round((size * 1_000) / tookMs))} a second): p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms; ${told(lost)} lost, ${told(doubled)} doubled; ${told(violations)} violations of the protocol`,
    faults: faults.list(),
  };
}
