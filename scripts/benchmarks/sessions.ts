// The suite "sessions": what many connected sessions cost, and how soon they are back after a restart, beside as many of
// bare Baileys on the same network. Its arguments: how many sessions, in ascending order.
import { createFolder, type Server } from "./children.ts";
import { quantile, type Report } from "./figures.ts";
import {
  bareFleet,
  type Fleet,
  gatewayFleet,
  linkAll,
  type Network,
  type Round,
  startNetwork,
  until,
  wallClock,
} from "./sessions-fleets.ts";
import {
  type FarAway,
  type Flow,
  type Idle,
  type Restart,
  type Size,
  sessionsReport,
  type Traffic,
} from "./sessions-report.ts";
import { cpuSecondsOf, memoryOf, refuseOtherSystems } from "./usage.ts";

type Fleets = { gateway: Fleet; bare: Fleet };
type Running = { fleet: Fleet; server: Server; restart: Restart };
type Plan = { sessions: number; inEach: number; outEach: number };

const usualSizes = [1, 50, 200, 500];
const settleMs = 15_000;
/** As long as the keep-alive. */
const idleMs = 25_000;
const workedMs = 5_000;
const sampleMs = 1_000;
const usualIn = 1_000;
const usualOut = 100;
/** Of the whole run by either of the two, so that it ends in time. */
const mostIn = 300_000;
const mostOut = 20_000;
const onTheWay = 4;
const asksAtOnce = 32;
const delayMs = 100;
const connectedWithinMs = 300_000;
const heardWithinMs = 600_000;

export async function measureSessions(given: readonly string[]): Promise<Report> {
  refuseOtherSystems();
  const sizes = given.length === 0 ? usualSizes : given.map(Number);
  if (sizes.some((size, place) => !Number.isInteger(size) || size <= (sizes[place - 1] ?? 0))) {
    throw new Error("the sizes must be whole numbers, each larger than the one before");
  }
  using folder = createFolder();
  await using network = await startNetwork(folder.path);
  const fleets = { gateway: gatewayFleet(folder.path, network), bare: await bareFleet(folder.path, network) };
  const measured: Size[] = [];
  const share = (usual: number, most: number, sessions: number) =>
    Math.min(usual, Math.floor(most / sizes.length / sessions));
  for (const sessions of [0, ...sizes]) {
    const plan = { sessions, inEach: share(usualIn, mostIn, sessions), outEach: share(usualOut, mostOut, sessions) };
    measured.push(await measureSize(plan, fleets, network));
  }
  return sessionsReport(measured, await measureFarAway(fleets, network));
}

/** The largest size once more, with every answer late: then it is the round trips that take the time. */
async function measureFarAway(fleets: Fleets, network: Network): Promise<FarAway> {
  await network.delay(delayMs);
  const connectedMs = async (fleet: Fleet) => {
    const { server, restart } = await comeBack(fleet, network);
    await server[Symbol.asyncDispose]();
    return restart.connectedMs;
  };
  const gatewayMs = await connectedMs(fleets.gateway);
  return { delayMs, gatewayMs, bareMs: await connectedMs(fleets.bare) };
}

/** Both run side by side; what takes processor time is done by one after the other. */
async function measureSize({ sessions, ...plan }: Plan, fleets: Fleets, network: Network): Promise<Size> {
  await using opened = new AsyncDisposableStack();
  const both: Running[] = [];
  for (const fleet of [fleets.gateway, fleets.bare]) {
    const stopMs = await grow(fleet, sessions);
    const { server, restart } = await comeBack(fleet, network);
    both.push({ fleet, server: opened.use(server), restart: { ...restart, stopMs } });
  }
  await Bun.sleep(settleMs);
  const idle = await Promise.all(both.map(measureIdle));
  const traffic: Traffic[] = [];
  for (const one of sessions === 0 ? [] : both) traffic.push(await measureTraffic(one, plan, network));
  if (sessions > 0) await Bun.sleep(settleMs);
  const worked = await Promise.all(sessions === 0 ? [] : both.map(({ server }) => residentBytes(server, workedMs)));
  const [gateway, bare] = both.map(({ restart }, place) => ({
    restart,
    idle: idle[place] ?? { bytes: 0, cpuMsPerMinute: 0 },
    traffic: traffic[place] ?? null,
    workedBytes: worked[place] ?? null,
  }));
  if (gateway === undefined || bare === undefined) throw new Error("nothing was measured");
  return { sessions, gateway, bare };
}

/** Links what is missing, and tells how long it takes to stop with all of them connected. */
async function grow(fleet: Fleet, sessions: number): Promise<number> {
  await using server = await fleet.start();
  const missing = Array.from({ length: sessions - fleet.phones.length }, (_, index) => fleet.phones.length + index);
  await linkAll(
    fleet,
    server,
    missing.map((index) => fleet.prefix + String(10_000 + index)),
  );
  await connected(fleet, server);
  const stopped = performance.now();
  await server[Symbol.asyncDispose]();
  return performance.now() - stopped;
}

async function comeBack(fleet: Fleet, network: Network): Promise<{ server: Server; restart: Omit<Restart, "stopMs"> }> {
  const { phones } = fleet;
  const waiting = await network.write({ phones, each: 1, onTheWay: 1 });
  const startedAt = wallClock();
  const server = await fleet.start();
  await connected(fleet, server);
  const { from, to } = (await fleet.dialling(server)) ?? { from: startedAt, to: wallClock() };
  const { firstAt, lastAt } = await waiting.done(heardWithinMs);
  const restart = {
    connectedMs: to - from,
    firstMessageMs: (firstAt ?? from) - from,
    lastMessageMs: (lastAt ?? from) - from,
  };
  return { server, restart };
}

const connected = (fleet: Fleet, server: Server) =>
  until("every session to be connected", () => fleet.isConnected(server), connectedWithinMs);

async function measureIdle({ server }: Running): Promise<Idle> {
  const before = cpuSecondsOf(server.pid);
  const bytes = await residentBytes(server, idleMs);
  const cpuSeconds = cpuSecondsOf(server.pid) - before;
  return { bytes, cpuMsPerMinute: (cpuSeconds * 1_000 * 60_000) / idleMs };
}

async function measureTraffic(
  { fleet, server }: Running,
  { inEach, outEach }: Omit<Plan, "sessions">,
  network: Network,
): Promise<Traffic> {
  const { phones } = fleet;
  const received = await measureFlow(server, inEach, () => network.write({ phones, each: inEach, onTheWay }));
  const sent = await measureFlow(server, outEach, async () => {
    const round = await network.awaits(outEach * phones.length);
    await fleet.send(server, { each: outEach, atOnce: asksAtOnce, to: network.place.people, until: "none" });
    return round;
  });
  return { received, sent };
}

async function measureFlow({ pid }: Server, each: number, begin: () => Promise<Round>): Promise<Flow> {
  const [began, before] = [performance.now(), cpuSecondsOf(pid)];
  const round = await begin();
  const { wanted, retries } = await round.done(heardWithinMs);
  const seconds = (performance.now() - began) / 1_000;
  const cpuSeconds = cpuSecondsOf(pid) - before;
  return { each, perSecond: wanted / seconds, cpuMicrosEach: (cpuSeconds * 1e6) / wanted, retries };
}

/** The median of samples over that time. */
async function residentBytes({ pid }: Server, forMs: number): Promise<number> {
  const samples: number[] = [];
  for (let sample = 0; sample < forMs / sampleMs; sample++) {
    await Bun.sleep(sampleMs);
    samples.push(memoryOf(pid).residentBytes);
  }
  return quantile(Float64Array.from(samples).sort(), 0.5);
}
