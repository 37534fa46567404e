// The suite "t1-bulk": a campaign in rotation over three numbers, one with a picture beside it, and SIGKILL all the while.
// Everybody is written to once, and what is counted is what the phones have got.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../support/until.ts";
import { createRandom } from "../support/random.ts";
import { createFaults, type Outcome, type Suite, type SuiteRun, told } from "../support/suite.ts";
import { actOn, addPeople, checkBulk, checkCounts, makeBulk, shownOf, untilCompleted } from "./bulk.ts";
import { castOf, checkConduct, checkSessions } from "./cast.ts";
import { momentsIn, openWorld, untilConnected, untilKilled } from "./world.ts";

const perKill = 100;
const patienceMs = 120_000;
/** Between the moment that was drawn and the kill, so that it falls anywhere in what a recipient goes through. */
const lateMs = 60;
const photo = readFileSync(join(import.meta.dir, "../../engine/media/prepare/files/photo.jpg"));

export const bulkSuite: Suite = {
  name: "t1-bulk",
  about: `SIGKILL while campaigns run; the size is the number of recipients, a kill for each ${perKill}`,
  long: 10_000,
  short: 200,
  run,
};

async function run({ size, seed }: SuiteRun): Promise<Outcome> {
  const faults = createFaults();
  const random = createRandom(seed);
  await using world = await openWorld();
  const cast = await castOf(world, { sessions: 3, contacts: 5 });
  const sessions = cast.sessions.map(({ name }) => name);
  const pictured = Math.ceil(size / 10);
  const picture = { message: { media: { base64: photo.toString("base64") } } };
  const bulks = [
    await makeBulk(world, addPeople(world, size - pictured), { sessions }),
    await makeBulk(world, addPeople(world, pictured), { sessions, ...picture }),
  ];
  const processed = async () => {
    const all = await Promise.all(bulks.map((bulk) => shownOf(world, bulk)));
    return all.reduce((sum, one) => sum + one.processed, 0);
  };
  const moments = momentsIn(size, Math.ceil(size / perKill), random);
  for (const bulk of bulks) await actOn(world, bulk, "start");
  for (const moment of moments) {
    await untilKilled(world, {
      write: () => [],
      async moment() {
        await until(`${moment} recipients to be written to`, async () => (await processed()) >= moment, patienceMs);
        await Bun.sleep(random.below(lateMs));
      },
    });
  }
  await untilConnected(world, sessions, patienceMs);
  for (const bulk of bulks) checkCounts(await untilCompleted(world, bulk, patienceMs), faults);
  await world.network.settled(patienceMs);

  const found = await Promise.all(bulks.map((bulk) => checkBulk(world, bulk, faults)));
  const sum = (name: "lost" | "doubled" | "again") => found.reduce((total, one) => total + one[name], 0);
  const rescans = await checkSessions(world, cast, faults);
  const violations = checkConduct(world, faults);
  return {
    figure: `${told(moments.length)} kills, ${told(rescans)} scans needed again; ${told(size)} recipients (${told(pictured)} of them with a picture), ${told(sum("lost"))} lost, ${told(sum("doubled"))} doubled, ${told(sum("again"))} sent again with the same id; ${told(violations)} violations of the protocol`,
    faults: faults.list(),
  };
}
