// The suite "schedules": many are due while the gateway is killed again and again. Each goes once for each of its times,
// whether it was due before the kill, in the midst of it, or while nothing ran.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../support/until.ts";
import { createRandom, type Random } from "../support/random.ts";
import { asAdmin, must, request } from "../support/rig.ts";
import { createFaults, type Faults, type Outcome, type Suite, type SuiteRun, told } from "../support/suite.ts";
import { type Cast, castOf, checkConduct, checkSessions } from "./cast.ts";
import { freshText, outPrefix } from "./traffic.ts";
import { openWorld, untilConnected, untilKilled, type World } from "./world.ts";

const perKill = 50;
const callersAtOnce = 8;
/** So far ahead they are made: most are due in another life of the gateway. */
const soonestMs = 300;
const latestMs = 4_000;
const longestLifeMs = 2_500;
const mostRuns = 5;
const patienceMs = 120_000;

export const schedulesSuite: Suite = {
  name: "schedules",
  about: `SIGKILL while schedules are due; the size is the number of schedules, a kill for each ${perKill}`,
  long: 5_000,
  short: 80,
  run,
};

/** What was asked for until it was answered; `times` is how often it shall arrive. */
type Wanted = { key: string; text: string; to: string; session: string; times: number; hasPicture: boolean };
type Made = Wanted & { id: string };
type Shown = { id: string; status: string; next_run_at: string | null };
type Run = { scheduled_at: string; status: string; message_id: string | null };
type Making = { world: World; cast: Cast; random: Random; made: Made[]; left: (Wanted | null)[]; faults: Faults };

const photo = readFileSync(join(import.meta.dir, "../../engine/media/prepare/files/photo.jpg")).toString("base64");

async function run({ size, seed }: SuiteRun): Promise<Outcome> {
  const faults = createFaults();
  const random = createRandom(seed);
  await using world = await openWorld();
  const cast = await castOf(world, { sessions: 2, contacts: Math.min(40, Math.ceil(size / 10)) });
  const left = Array.from({ length: callersAtOnce }, () => null);
  const making: Making = { world, cast, random, made: [], left, faults };
  const kills = Math.ceil(size / perKill);
  for (let life = 1; life <= kills; life++) {
    const share = Math.ceil((size * life) / kills);
    await untilKilled(world, {
      write: (isOver) => left.map((_, place) => makeSome(place, making, () => isOver() || making.made.length >= share)),
      async moment() {
        await until(`${share} schedules to be made`, () => making.made.length >= share, patienceMs);
        await Bun.sleep(random.below(longestLifeMs));
      },
    });
  }
  // What was cut off is asked for again.
  await Promise.all(left.map((_, place) => makeSome(place, making, () => left[place] === null)));
  await untilConnected(
    world,
    cast.sessions.map(({ name }) => name),
  );
  const runs = await checkSchedules(making);
  await world.network.settled(patienceMs);
  const { arrived, lost, doubled } = await checkPhones(making);
  await checkSessions(world, cast, faults);
  const violations = checkConduct(world, faults);
  return {
    figure: `${told(kills)} kills; ${told(making.made.length)} schedules, ${told(runs)} runs, ${told(arrived)} messages at the phones: ${told(lost)} lost, ${told(doubled)} doubled; ${told(violations)} violations of the protocol`,
    faults: faults.list(),
  };
}

/** Each with a key, and again with the same one until it is answered, however often the gateway dies over it. */
async function makeSome(place: number, making: Making, isOver: () => boolean): Promise<void> {
  const { left, made, random, cast } = making;
  while (!isOver()) {
    const wanted = left[place] ?? wantedBy(random, cast);
    left[place] = wanted;
    try {
      const id = await ask(wanted, making);
      if (id !== null) made.push({ ...wanted, id });
    } catch {
      return;
    }
    left[place] = null;
  }
}

function wantedBy(random: Random, { sessions, contacts }: Cast): Wanted {
  const text = freshText();
  const times = random.chance(0.2) ? random.between(2, mostRuns) : 1;
  const { name: session } = random.pick(sessions);
  return { key: text, text, to: random.pick(contacts), session, times, hasPicture: random.chance(0.05) };
}

async function ask(wanted: Wanted, { world, random, faults }: Making): Promise<string | null> {
  const { key, text, to, session, times, hasPicture } = wanted;
  const media = hasPicture ? { media: { base64: photo }, type: "image" } : {};
  const recurring = { cron: "* * * * * *", time_zone: "UTC", max_runs: times };
  for (;;) {
    // A body of its own for each moment: one that was kept is found by its key whatever moment it names now.
    const send_at = new Date(Date.now() + random.between(soonestMs, latestMs)).toISOString();
    const reply = await request<Shown>(`${world.rig.origin()}/api/v1/schedules`, {
      body: { session_id: session, to, text, ...media, ...(times === 1 ? { send_at } : recurring) },
      headers: { ...asAdmin, "idempotency-key": key },
    });
    if (reply.status === 201) return reply.json.id;
    // It was kept, and the answer was cut off.
    if (reply.status === 422 && reply.text.includes("Idempotency-Key")) return find(text, world);
    if (reply.status === 422 && reply.text.includes("has passed")) continue;
    faults.add(`a schedule was answered ${reply.status}: ${reply.text}`);
    return null;
  }
}

async function find(text: string, world: World): Promise<string | null> {
  const all = await listAll(world);
  return all.find((one) => one.text === text)?.id ?? null;
}

async function listAll({ rig }: World): Promise<(Shown & { text: string | null })[]> {
  const all: (Shown & { text: string | null })[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const after: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const page: { data: (Shown & { text: string | null })[]; next_cursor: string | null } = await must(
      `${rig.origin()}/api/v1/schedules?limit=200${after}`,
      { headers: asAdmin },
    );
    all.push(...page.data);
    cursor = page.next_cursor;
  }
  return all;
}

/** Every one has come to its end, with a run for each of its times and no two for one. */
async function checkSchedules({ world, made, faults }: Making): Promise<number> {
  const url = (path: string) => `${world.rig.origin()}/api/v1/schedules${path}`;
  const isNoneLeft = async () =>
    (await must<{ data: Shown[] }>(url("?status=pending&limit=1"), { headers: asAdmin })).data.length === 0;
  await until("every schedule to come to its end", isNoneLeft, patienceMs + made.length * 20);
  let runs = 0;
  for (const { id, text, times } of made) {
    const { status } = await must<Shown>(url(`/${id}`), { headers: asAdmin });
    faults.check(status === "sent", `a schedule is ${status} in the end: ${text}`);
    const { data } = await must<{ data: Run[] }>(url(`/${id}/runs`), { headers: asAdmin });
    runs += data.length;
    const nominal = new Set(data.map(({ scheduled_at }) => scheduled_at));
    faults.check(data.length === times, `it ran ${data.length} times and not ${times}: ${text}`);
    faults.check(nominal.size === data.length, `it ran twice for one time: ${text}`);
  }
  return runs;
}

async function checkPhones({ world, cast, made, faults }: Making) {
  const seen = new Map<string, number>();
  let arrived = 0;
  for (const contact of cast.contacts) {
    const { data } = await world.control.phones.inbox(contact, { limit: 1_000_000 });
    for (const { text, from_me } of data) {
      if (from_me || text?.startsWith(outPrefix) !== true) continue;
      seen.set(text, (seen.get(text) ?? 0) + 1);
      arrived += 1;
    }
  }
  let [lost, doubled] = [0, 0];
  for (const { text, times } of made) {
    const got = seen.get(text) ?? 0;
    if (!faults.check(got >= times, `${text} arrived ${got} of ${times} times`)) lost += times - got;
    if (!faults.check(got <= times, `${text} arrived ${got} times, and was to ${times}`)) doubled += got - times;
    seen.delete(text);
  }
  faults.check(seen.size === 0, `${seen.size} messages came of schedules that nobody was told of`);
  return { arrived, lost, doubled };
}
