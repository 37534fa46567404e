// The suite "t20": what is small and becomes enormous, what never ends and what never comes, in every place where the
// gateway takes something from somebody. Each has its answer, with a sentence, and the memory stays what it was.
import { link, openWorld, type World } from "../sessions/world.ts";
import { asAdmin, must, request } from "../support/rig.ts";
import { createFaults, type Faults, type Outcome, type Suite, type SuiteRun, told } from "../support/suite.ts";
import { type BadHost, type Page, pages, startBadHost } from "./hosts.ts";
import { sendLies } from "./incoming.ts";
import { settledBytes, watch } from "./memory.ts";
import { type Bomb, bombs } from "./pictures.ts";
import { bodies } from "./uploads.ts";

const mine = "15550000001";
const others = "15551000003";
const megabyte = 1024 * 1024;
const mediaMaxMb = 48;
const mostGrowth = 50 * megabyte;
const settleMs = 30_000;
/** Of somebody else's request, on a machine with much else to do. */
const mostSilenceMs = 10_000;
const atOnce = 4;

export const bombsSuite: Suite = {
  name: "t20",
  about: "bombs, endless and slow bodies both ways; the size is the number of rounds, with the slowest from 2 on",
  long: 3,
  short: 1,
  run,
};

type Throw = { name: string; statuses: readonly number[]; send(): Promise<{ status: number; text: string } | null> };

async function run({ size }: SuiteRun): Promise<Outcome> {
  const faults = createFaults();
  const isShort = size < 2;
  const made = { pages: pages(), bombs: bombs() };
  await using host = await startBadHost(made.pages, made.bombs);
  await using world = await openWorld({
    WAYGATE_ALLOW_PRIVATE_URLS: "127.0.0.1",
    WAYGATE_MEDIA_MAX_MB: String(mediaMaxMb),
  });
  for (const number of [mine, others]) world.control.phones.add({ number });
  await link(world, { name: "bombs", phone: mine, pacing: "off" });
  await warmUp(world, host);
  const { pid } = world.rig.gateway();
  const before = await settledBytes(pid, settleMs / (isShort ? 15 : 3));

  const slow = isShort ? [] : throwsOf(world, host, { ...made, isShort, isSlow: true });
  const quick = throwsOf(world, host, { ...made, isShort, isSlow: false });
  let lies = 0;
  const watching = watch(pid, `${world.rig.origin()}/api/v1/messages?limit=1`, asAdmin);
  {
    await using _watching = watching;
    const waiting = Promise.all(slow.map((one) => check(one, faults)));
    for (let round = 0; round < size; round++) {
      for (let at = 0; at < quick.length; at += atOnce)
        await Promise.all(quick.slice(at, at + atOnce).map((one) => check(one, faults)));
      lies += await sendLies(world, { from: others, to: mine, mostBytes: mediaMaxMb * megabyte }, faults);
    }
    await waiting;
  }
  const after = await settledBytes(pid, settleMs, isShort ? before + mostGrowth - megabyte : before);
  const inMb = (bytes: number) => Math.round(bytes / megabyte);
  faults.check(after - before < mostGrowth, `the memory has grown by ${inMb(after - before)} MB and stays so`);
  faults.check(watching.slowestMs() < mostSilenceMs, `an answer took ${Math.round(watching.slowestMs())} ms meanwhile`);
  faults.check(watching.unanswered() === 0, `${watching.unanswered()} requests of others went unanswered meanwhile`);
  return {
    figure: `${told(quick.length * size + slow.length)} bombs and bodies, ${told(lies)} lies of phones: memory ${inMb(before)} MB before, ${inMb(after)} MB after, ${inMb(watching.peakBytes())} MB at the most; the slowest answer to somebody else ${told(Math.round(watching.slowestMs()))} ms`,
    faults: faults.list(),
  };
}

/** What a gateway has done before, as any has. */
async function warmUp(world: World, host: BadHost): Promise<void> {
  const url = `${world.rig.origin()}/api/v1/messages`;
  const base = { session_id: "bombs", to: others };
  for (const type of ["image", "sticker", "document"])
    await must(url, { body: { ...base, type, media: { url: host.at("/good") } }, headers: asAdmin });
  await must(url, { body: { ...base, text: `Look: ${host.at("/shows/none")}` }, headers: asAdmin });
  world.control.phones.send(others, { to: mine, text: "Hello!" });
  await world.network.settled();
}

type Wanted = { pages: readonly Page[]; bombs: readonly Bomb[]; isShort: boolean; isSlow: boolean };

function throwsOf(world: World, host: BadHost, wanted: Wanted): Throw[] {
  const origin = world.rig.origin();
  const post = (more: object) => () =>
    request(`${origin}/api/v1/messages?wait=none`, {
      body: { session_id: "bombs", to: others, ...more },
      headers: asAdmin,
    });
  const fits = ({ isSlow = false }: { isSlow?: boolean }) => isSlow === wanted.isSlow;
  const fromPages = wanted.pages.filter(fits).flatMap(({ name, path, statuses }): Throw[] => [
    { name: `${name}, as a file`, statuses, send: post({ type: "document", media: { url: host.at(path) } }) },
    { name: `${name}, as a picture`, statuses, send: post({ type: "image", media: { url: host.at(path) } }) },
    {
      name: `${name}, behind a link`,
      statuses: [201, 202],
      send: post({ text: `See ${host.at(path)}?${name.length}` }),
    },
  ]);
  const fromBombs = wanted.bombs.flatMap(({ name, bytes, as, statuses, ...bomb }, number): Throw[] => {
    if (!fits(bomb)) return [];
    const type = as === null ? {} : { type: as };
    const thrown = { name, statuses, send: post({ ...type, media: { base64: bytes.toString("base64") } }) };
    if (wanted.isShort) return [thrown];
    return [
      thrown,
      { name, statuses, send: post({ ...type, media: { url: host.at(`/bomb/${number}`) } }) },
      {
        name: `${name}, behind a link`,
        statuses: [201, 202],
        send: post({ text: `See ${host.at(`/shows/${number}`)}` }),
      },
    ];
  });
  const fromBodies = bodies({ session: "bombs", to: others })
    .filter(fits)
    .map((body): Throw => ({ ...body, send: () => body.send(origin) }));
  return [...fromPages, ...fromBombs, ...fromBodies];
}

async function check({ name, statuses, send }: Throw, faults: Faults): Promise<void> {
  const began = performance.now();
  const answer = await send().catch((error: unknown) => ({ status: 0, text: String(error) }));
  const took = `after ${Math.round((performance.now() - began) / 1_000)} s`;
  if (!faults.check(answer !== null, `${name}: no answer at all, ${took}`) || answer === null) return;
  faults.check(statuses.includes(answer.status), `${name}: ${answer.status} ${took}: ${answer.text.slice(0, 200)}`);
  if (answer.status < 400) return;
  const { detail } = problemOf(answer.text);
  faults.check(/^.{10,}\.$/su.test(detail ?? ""), `${name}: no sentence: ${answer.text.slice(0, 200)}`);
}

function problemOf(text: string): { detail?: string } {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
