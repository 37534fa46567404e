// Feeds of every sort, cut at whatever byte, while people write and the gateway is killed or stopped: each reader comes
// back to its place, and has in the end heard every event there was, once and in order.
import { until } from "../../support/until.ts";
import { link, openWorld, statusOf, untilConnected, type World } from "../sessions/world.ts";
import { createRandom, type Random } from "../support/random.ts";
import { asAdmin, must } from "../support/rig.ts";
import { createFaults, type Faults, type Outcome, type Suite, type SuiteRun, told } from "../support/suite.ts";
import {
  consumerReader,
  pollReader,
  type Reader,
  socketReader,
  streamReader,
  type Told,
  type Wanted,
} from "./readers.ts";
import { aWhile, type Cut } from "./wire.ts";

export const feedsSuite: Suite = {
  name: "feeds",
  about: "feeds cut at random bytes amid kills of the gateway; the size is the number of cuts",
  long: 1_000,
  short: 100,
  run,
};

const sessions = [
  { name: "shop", phone: "15550001111" },
  { name: "desk", phone: "15550002111" },
] as const;
const people = ["15551000003", "15551000004"];
const words = [
  "hello",
  "שלום",
  "👩‍👩‍👧‍👦 and more",
  "ﷺ".repeat(50),
  "line\n\ndata: not one\n\nid: evt_none",
  '"\\u2028"\u2028',
];
const writeEveryMs = 5;
const longestMs = 1_500;
const cutsPerKill = 40;
const drainMs = 60_000;
const pageSize = 200;

/** Everything, some of it, and of one session. */
const wishes: Omit<Wanted, "name">[] = [
  {},
  { events: "message.received,message.queued" },
  { session: "shop" },
  { events: "message.*", session: "desk" },
];

async function run({ size, seed }: SuiteRun): Promise<Outcome> {
  const faults = createFaults();
  const random = createRandom(seed);
  await using world = await openWorld();
  for (const number of [...people, ...sessions.map(({ phone }) => phone)]) world.control.phones.add({ number });
  for (const session of sessions) await link(world, { ...session, pacing: "off" });
  const { readers, start } = await startReaders(world, random);
  const sent = new Set<string>();
  const { kills, bytes } = await cutAndKill(world, { readers, sent, size, random });
  const all = await untilTaken(world, sent, faults);
  const before = all.findIndex(({ id }) => id === start);
  faults.check(before >= 0, "the place that the readers began at is none");
  const events = all.slice(before + 1);
  const owners = new Map<string, string>();
  for (const { name } of sessions) owners.set(name, (await statusOf(world, name)).id);
  const story: Story = { events, owners };
  await drain(world, readers, story);
  for (const reader of readers) judge(reader, story, faults);
  return {
    figure: `${told(size)} cuts and ${told(kills)} ends of the gateway amid ${told(sent.size)} messages: ${readers.length} readers heard ${told(events.length)} events, ${told(bytes)} bytes at the most before a cut: no gap, no repeat`,
    faults: faults.list(),
  };
}

async function startReaders(world: World, random: Random): Promise<{ readers: Reader[]; start: string }> {
  const origin = world.rig.origin();
  const { next_cursor: start } = await must<{ next_cursor: string }>(`${origin}/api/v1/events?cursor=latest`, {
    headers: asAdmin,
  });
  const readers: Reader[] = [];
  for (const [place, wish] of wishes.entries()) {
    const name = `reader-${place}`;
    const wanted = { name, ...wish };
    const { events, session } = wish;
    const body = {
      ...{ name, from: start },
      ...(events === undefined ? {} : { events: events.split(",") }),
      ...(session === undefined ? {} : { sessions: [session] }),
    };
    await must(`${origin}/api/v1/events/consumers`, { body, headers: asAdmin });
    const limit = () => random.between(1, 40);
    readers.push(
      ...[streamReader(wanted, start), socketReader(wanted, start)],
      ...[pollReader(wanted, start, limit()), consumerReader(wanted, limit())],
    );
  }
  return { readers, start };
}

type Cutting = { readers: Reader[]; sent: Set<string>; size: number; random: Random };

/** All read at once, and somebody writes; the gateway ends now and then, one way or the other. */
async function cutAndKill(world: World, { readers, sent, size, random }: Cutting) {
  let cuts = 0;
  let kills = 0;
  let bytes = 0;
  const isOver = () => cuts >= size;
  const writing = write(world, sent, random, isOver);
  const reading = readers.map(async (reader) => {
    while (!isOver()) {
      const cut = anyCut(random);
      const heard = await reader.read(world.rig.origin(), cut);
      // Where nobody was there, nothing was cut.
      if (heard > 0) cuts += 1;
      bytes = Math.max(bytes, heard);
      await Bun.sleep(random.below(20));
    }
  });
  while (!isOver()) {
    await until("some cuts", () => isOver() || cuts >= (kills + 1) * cutsPerKill, drainMs);
    if (isOver()) break;
    if (random.chance(0.7)) await world.rig.gateway().kill();
    else await world.rig.gateway().stop();
    await world.rig.start();
    kills += 1;
  }
  await Promise.all([writing, ...reading]);
  return { kills, bytes };
}

/** Within the head, within the first event, somewhere, or only by time. */
function anyCut(random: Random): Cut {
  const bytes = random.pick([
    () => random.below(400),
    () => random.between(400, 3_000),
    () => random.between(3_000, 60_000),
    () => Number.POSITIVE_INFINITY,
  ])();
  return { bytes, ms: random.between(1, longestMs) };
}

async function write({ control }: World, sent: Set<string>, random: Random, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const { phone } = random.pick(sessions);
    const text = `${random.pick(words)} ${sent.size}`;
    const { id } = control.phones.send(random.pick(people), { to: phone, text });
    sent.add(id);
    await Bun.sleep(random.below(2 * writeEveryMs));
  }
}

/** Until everything that was written is an event; gives back all events there are, from the first of the readers' on. */
async function untilTaken(world: World, sent: Set<string>, faults: Faults): Promise<Full[]> {
  await untilConnected(
    world,
    sessions.map(({ name }) => name),
  );
  const received = (all: Full[]) =>
    all.flatMap(({ event, data }) => (event === "message.received" && data?.wa_id !== undefined ? [data.wa_id] : []));
  let all: Full[] = [];
  const areThere = async () => {
    all = await eventsOf(world);
    return received(all).length >= sent.size;
  };
  await until("all that was written to be told", areThere, drainMs).catch((error: Error) => faults.add(error.message));
  await world.network.settled();
  all = await eventsOf(world);
  const ids = received(all);
  faults.check(new Set(ids).size === ids.length, `${ids.length - new Set(ids).size} messages are two events`);
  faults.check(ids.length === sent.size, `${ids.length} of ${sent.size} messages are events`);
  return all;
}

type Full = Told & { session_id: string | null; sequence: number; data?: { wa_id?: string } };

async function eventsOf({ rig }: World): Promise<Full[]> {
  const all: Full[] = [];
  for (let cursor = "earliest", isMore = true; isMore; ) {
    type Page = { data: Full[]; next_cursor: string; has_more: boolean };
    const url = `${rig.origin()}/api/v1/events?limit=${pageSize}&cursor=${cursor}`;
    const page: Page = await must<Page>(url, { headers: asAdmin });
    all.push(...page.data);
    [cursor, isMore] = [page.next_cursor, page.has_more];
  }
  return all;
}

/** What happened after the readers began, and the ids of the sessions by their names. */
type Story = { events: Full[]; owners: ReadonlyMap<string, string> };

/** Each goes on, uncut, until there is nothing that it has not heard. */
async function drain(world: World, readers: Reader[], story: Story): Promise<void> {
  const ends = performance.now() + drainMs;
  await Promise.all(
    readers.map(async (reader) => {
      const last = wantedBy(reader.wanted, story).at(-1);
      while (reader.heard.at(-1) !== last && performance.now() < ends) await reader.read(world.rig.origin(), aWhile);
    }),
  );
}

/** Found out here, without what the gateway makes of it. */
function wantedBy({ events: names = "*", session }: Wanted, { events, owners }: Story): string[] {
  const patterns = names.split(",");
  const isNamed = (event: string) =>
    patterns.some((one) => one === "*" || one === event || (one.endsWith(".*") && event.startsWith(one.slice(0, -1))));
  const isOf = (sessionId: string | null) => session === undefined || sessionId === owners.get(session);
  return events.filter(({ event, session_id }) => isNamed(event) && isOf(session_id)).map(({ id }) => id);
}

function judge({ kind, wanted, heard, wrong }: Reader, story: Story, faults: Faults): void {
  const who = `a ${kind} of ${wanted.events ?? "everything"} of ${wanted.session ?? "all sessions"}`;
  for (const what of wrong) faults.add(`${who}, ${what}`);
  const all = wantedBy(wanted, story);
  const known = new Set(heard);
  const missing = all.filter((id) => !known.has(id)).length;
  faults.check(all.length > 0, `${who}: there was nothing to hear`);
  faults.check(known.size === heard.length, `${who}: ${heard.length - known.size} events came twice`);
  faults.check(missing === 0, `${who}: ${missing} events never came`);
  faults.check(heard.join() === all.join(), `${who}: it is not what happened, in its order`);
}
