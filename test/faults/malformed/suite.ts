// T7: malformed requests by the thousand to every route of the document. Never a 5xx, always a problem document that fits
// its schema, nothing half-done, and the next good request works.
import { runBinary } from "../../support/binary.ts";
import { type ApiDocument, type Operation, readDocument } from "../support/document.ts";
import { createRandom } from "../support/random.ts";
import { asAdmin, openRig, request } from "../support/rig.ts";
import { changedTables, stateOf } from "../support/state.ts";
import { createFaults, type Faults, type Outcome, type Suite, type SuiteRun, told } from "../support/suite.ts";
import { bodyProbes } from "./bodies.ts";
import { throwGarbage } from "./garbage.ts";
import { type Context, type Refused, send, sendAgain, sendAll } from "./judge.ts";
import { placeProbes } from "./places.ts";
import type { Probe, Sample } from "./probe.ts";
import { type Caller, callerFor, openWorld, sampleOf, type World } from "./world.ts";

export const malformedSuite: Suite = {
  name: "t7",
  about: "malformed requests to every route; the size is requests per route",
  long: 1_000,
  short: 12,
  run,
};

/** Each asks from an address of its own, so that throttles by address stay out of it. */
const settings = {
  WAYGATE_REGISTRATION: "open",
  WAYGATE_TRUSTED_PROXIES: "127.0.0.1",
};

/** What a route costs before its first request is more than a few of them: then some routes are asked, each time others. */
const few = 20;
const fewRoutes = 60;

async function run({ size, seed }: SuiteRun): Promise<Outcome> {
  const faults = createFaults();
  await using rig = await openRig(settings);
  const document = await readDocument(rig.origin());
  const world = await openWorld(rig, document, createRandom(seed));
  const sums = { sent: 0, refused: 0, working: 0 };
  const operations = size < few ? world.random.shuffled(document.operations).slice(0, fewRoutes) : document.operations;
  for (const op of operations) {
    try {
      await probeOperation(op, world, size, sums, faults);
    } catch (error) {
      faults.add(`${op.id}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const garbage = await throwGarbage(rig, size, world.random, faults);
  await checkAfterwards(world, faults);
  const audit = await runBinary(["audit", "verify", "--data-dir", rig.dataDir], { cwd: rig.folder });
  faults.check(audit.code === 0, `waygate audit verify: ${audit.error.trim()}`);
  return {
    figure: `${told(sums.sent)} malformed requests to ${operations.length} routes, ${told(sums.refused)} that had to be refused; ${told(garbage)} times what is not HTTP; the documented example works on ${sums.working} routes before and after`,
    faults: faults.list(),
  };
}

type Sums = { sent: number; refused: number; working: number };

async function probeOperation(op: Operation, world: World, size: number, sums: Sums, faults: Faults): Promise<void> {
  const isBare = await prefersBare(op, world);
  const before = await ask(op, world, isBare);
  if (op.success.status === before) sums.working += 1;
  const caller = await callerFor(op, world);
  const sample = await sampleOf(op, caller, world, isBare);
  const probes = pickProbes(sample, world.document, size);
  const { strict = [], lenient = [] } = Object.groupBy(probes, mustBeRefused);

  const state = stateOf(world.rig.database);
  await sendAll(strict, { sample, caller, world, faults });
  const changed = changedTables(state, stateOf(world.rig.database));
  faults.check(changed.length === 0, `${op.id}: refused requests changed ${changed.join(", ")}`);
  await sendLenient(lenient, { sample, caller, world, faults }, isBare);

  const after = await ask(op, world, isBare);
  faults.check(
    before === after,
    `${op.id}: the good request was answered ${before} before and is answered ${after} now`,
  );
  sums.sent += probes.length;
  sums.refused += strict.length;
}

function mustBeRefused({ expect }: Probe): "strict" | "lenient" {
  if (expect === null) return "lenient";
  return expect.every((status) => status >= 400) ? "strict" : "lenient";
}

/** Some of these succeed, and then what they were about may be gone: the thing, or the caller's own login. */
async function sendLenient(probes: Probe[], context: Context, isBare: boolean): Promise<void> {
  const { sample, world } = context;
  let { caller } = context;
  let fresh = sample;
  for (let start = 0; start < probes.length; start += batch) {
    if (start > 0 && (sample.op.method === "DELETE" || !(await works(caller, world)))) {
      caller = await callerFor(sample.op, world);
      fresh = await sampleOf(sample.op, caller, world, isBare);
    }
    const some = probes.slice(start, start + batch);
    const moved = some.map((probe) => moveTo(probe, sample.path, fresh.path));
    const now = { ...context, sample: fresh, caller };
    await checkHalfDone(await sendAll(moved, now), now);
  }
}

/** What is refused however often it is sent must leave everything as it was, business rules included. */
async function checkHalfDone(refused: Refused[], context: Context): Promise<void> {
  const { rig } = context.world;
  let [before, still] = [stateOf(rig.database), await sendAgain(refused, context)];
  if (still.length < refused.length) [before, still] = [stateOf(rig.database), await sendAgain(still, context)];
  const changed = changedTables(before, stateOf(rig.database));
  const kinds = [...new Set(still.map(({ what }) => what))].slice(0, 3).join("; ");
  const what = `${context.sample.op.id}: what was refused (${kinds} …) changed ${changed.join(", ")}`;
  context.faults.check(changed.length === 0, what);
}

const batch = 48;

function moveTo(probe: Probe, from: string, to: string): Probe {
  return probe.target === undefined ? probe : { ...probe, target: probe.target.replace(from, to) };
}

async function works({ person, credential }: Caller, { rig }: World): Promise<boolean> {
  if (person === null) return true;
  const { status } = await request(`${rig.origin()}/api/v1/me`, { headers: Object.fromEntries(credential) });
  return status === 200;
}

/** Every kind at least once if there is room, then more of them; each route gets another choice. */
function pickProbes(sample: Sample, { schemas }: ApiDocument, size: number): Probe[] {
  const probes: Probe[] = [];
  while (probes.length < size) probes.push(...bodyProbes(sample, schemas), ...placeProbes(sample, schemas));
  const big = probes.filter((probe) => (probe.body?.length ?? 0) > 500_000);
  const surplus = new Set(big.slice(mostBigPerRoute));
  return sample.random.shuffled(probes.filter((probe) => !surplus.has(probe))).slice(0, size);
}

const mostBigPerRoute = 40;

/** Some examples hold what works only elsewhere (an invitation): then without what may be left out. */
async function prefersBare(op: Operation, world: World): Promise<boolean> {
  if (op.body === null) return false;
  return (await ask(op, world, false)) !== op.success.status && (await ask(op, world, true)) === op.success.status;
}

/** The good request, by somebody new, to something new: its status. */
async function ask(op: Operation, world: World, isBare: boolean): Promise<number> {
  const caller = await callerFor(op, world);
  const sample = await sampleOf(op, caller, world, isBare);
  const answer = await send({ what: "the good request", target: sample.path, expect: null }, { sample, caller, world });
  return answer?.status ?? 0;
}

/** The process is the same, its own count knows of no 5xx, and nothing inside was reported as broken. */
async function checkAfterwards({ rig }: World, faults: Faults): Promise<void> {
  const health = await request(`${rig.origin()}/healthz`);
  faults.check(health.status === 200, `/healthz answers ${health.status} afterwards`);
  const metrics = await request(`${rig.origin()}/metrics`, { headers: asAdmin });
  faults.check(metrics.status === 200, `/metrics answers ${metrics.status} afterwards`);
  for (const line of metrics.text.split("\n").filter((one) => /_requests_total\{.*status="5/.test(one))) {
    faults.add(`counted by the gateway itself: ${line}`);
  }
  const lines = rig.gateway().output().split("\n");
  for (const line of lines.filter((one) => one.includes('"level":"error"'))) {
    faults.add(`in the log: ${line.replace(/"(time|request)":"[^"]*",/g, "").slice(0, 250)}`);
  }
}
