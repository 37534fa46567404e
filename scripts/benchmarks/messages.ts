// The suite "messages": how fast the gateway sends and takes in, with everything on disk, beside bare Baileys on the same
// network, which keeps nothing. Its arguments: how many rounds, and which cases.
import { createFolder, type Server } from "./children.ts";
import type { Report } from "./figures.ts";
import { type CaseMeasured, messagesReport, type Speed } from "./messages-report.ts";
import { bareFleet, type Fleet, gatewayFleet, linkAll, type Network, startNetwork, until } from "./sessions-fleets.ts";
import { slowDown } from "./slow-disk.ts";
import { cpuSecondsOf, refuseOtherSystems } from "./usage.ts";

type Running = { fleet: Fleet; server: Server };
/** Targets are ratios of the messages per second. */
type Case = { name: string; about: string; sessions: number; each: number; target: number | null } & (
  | { way: "out"; atOnce: number; to: "people" | "silent group" | "group"; until: "server" | "none" }
  | { way: "in"; onTheWay: number }
);

const many = 20;
const members = 20;
const cases: readonly Case[] = [
  {
    ...{ name: "together", about: "20 at a time through one session", sessions: 1, each: 4_000, target: 1.1 },
    ...{ way: "out", atOnce: 20, to: "people", until: "server" },
  },
  {
    ...{
      name: "alone",
      about: "one after the other, each until WhatsApp has it",
      sessions: 1,
      each: 1_000,
      target: 0.7,
    },
    ...{ way: "out", atOnce: 1, to: "people", until: "server" },
  },
  {
    ...{ name: "kept", about: "one after the other, each until it is durable", sessions: 1, each: 1_000, target: null },
    ...{ way: "out", atOnce: 1, to: "people", until: "none" },
  },
  {
    ...{
      name: "group",
      about: `20 at a time to a group of ${members} whose phones are off`,
      sessions: 1,
      each: 600,
      target: 10,
    },
    ...{ way: "out", atOnce: 20, to: "silent group", until: "server" },
  },
  {
    ...{
      name: "answered",
      about: "20 at a time to such a group, with all their receipts",
      sessions: 1,
      each: 200,
      target: null,
    },
    ...{ way: "out", atOnce: 20, to: "group", until: "server" },
  },
  {
    ...{ name: "received", about: "received by one session", sessions: 1, each: 6_000, target: 0.9 },
    ...{ way: "in", onTheWay: 20 },
  },
  {
    ...{ name: "spread", about: `20 at a time through ${many} sessions`, sessions: many, each: 100, target: 1.1 },
    ...{ way: "out", atOnce: 20, to: "people", until: "server" },
  },
  {
    ...{ name: "everywhere", about: `received by ${many} sessions`, sessions: many, each: 100, target: 0.9 },
    ...{ way: "in", onTheWay: 4 },
  },
];
/** These once more on a disk that syncs so slowly. */
const onSlowDisk = ["together", "alone", "received"];
const slowerByMs = 5;
const slowEach = 500;
const usualRounds = 5;
const warmUps = 2;
const withinMs = 120_000;

export async function measureMessages([given, ...names]: readonly string[]): Promise<Report> {
  refuseOtherSystems();
  const rounds = given === undefined ? usualRounds : Number(given);
  const chosen = names.length === 0 ? cases : cases.filter(({ name }) => names.includes(name));
  using folder = createFolder();
  await using network = await startNetwork(folder.path);
  const fleets = [gatewayFleet(folder.path, network), await bareFleet(folder.path, network)];
  const measured: CaseMeasured[] = [];
  for (const sessions of [1, many]) {
    const here = chosen.filter((one) => one.sessions === sessions);
    if (here.length > 0) measured.push(...(await measureCases(here, rounds, fleets, network)));
  }
  return messagesReport(measured, { rounds, slowerByMs });
}

/** In each round each case by the one and then by the other; the first rounds warm both up and do not count. */
async function measureCases(chosen: readonly Case[], rounds: number, fleets: readonly Fleet[], network: Network) {
  await using opened = new AsyncDisposableStack();
  const both: Running[] = [];
  for (const fleet of fleets) both.push({ fleet, server: opened.use(await start(fleet, chosen[0]?.sessions ?? 1)) });
  const measured = chosen.map(
    ({ about, target }): CaseMeasured => ({ about, target, gateway: [], bare: [], slow: [] }),
  );
  for (let round = -warmUps; round < rounds; round++) {
    for (const [place, one] of chosen.entries()) {
      const [gateway, bare] = both;
      if (gateway === undefined || bare === undefined) throw new Error("two are measured");
      const speeds = { gateway: await measure(one, gateway, network), bare: await measure(one, bare, network) };
      if (round < 0) continue;
      measured[place]?.gateway.push(speeds.gateway);
      measured[place]?.bare.push(speeds.bare);
    }
  }
  await measureSlowly(chosen, measured, both[0], network);
  return measured;
}

async function measureSlowly(
  chosen: readonly Case[],
  measured: readonly CaseMeasured[],
  gateway: Running | undefined,
  network: Network,
): Promise<void> {
  if (gateway === undefined) return;
  await using slow = await slowDown(gateway.server.pid, slowerByMs);
  if (slow === null) return;
  for (const [place, one] of chosen.entries()) {
    if (onSlowDisk.includes(one.name))
      measured[place]?.slow.push(await measure({ ...one, each: slowEach }, gateway, network));
  }
}

async function start(fleet: Fleet, sessions: number): Promise<Server> {
  const server = await fleet.start();
  const missing = Array.from({ length: sessions - fleet.phones.length }, (_, index) => fleet.phones.length + index);
  await linkAll(
    fleet,
    server,
    missing.map((index) => fleet.prefix + String(10_000 + index)),
  );
  await until("every session to be connected", () => fleet.isConnected(server), withinMs);
  return server;
}

async function measure(one: Case, running: Running, network: Network): Promise<Speed> {
  const { fleet, server } = running;
  const { pid } = server;
  const own = process.cpuUsage();
  const [began, before] = [performance.now(), cpuSecondsOf(pid)];
  const sent = one.way === "out" ? await send(one, running, network) : await receive(one, running, network);
  const elapsedMs = performance.now() - began;
  const { user, system } = process.cpuUsage(own);
  const howMany = fleet.phones.length * one.each;
  return {
    perSecond: (howMany * 1_000) / elapsedMs,
    cpuMicrosEach: ((cpuSecondsOf(pid) - before) * 1e6) / howMany,
    generatorMicrosEach: (user + system) / howMany,
    ...sent,
  };
}

async function send(one: Extract<Case, { way: "out" }>, { fleet, server }: Running, network: Network) {
  const { each, atOnce, until: end } = one;
  const [phone = ""] = fleet.phones;
  const groupWanted = { phone, members, areAway: one.to === "silent group" };
  const to = one.to === "people" ? network.place.people : [await network.group(groupWanted)];
  const round = await network.awaits(each * fleet.phones.length);
  const sent = await fleet.send(server, { each, atOnce, to, until: end });
  await round.done(withinMs);
  const cameAt = await network.arrivals();
  const toFrame = sent.map(({ id, askedAt }) => (cameAt[id] ?? Number.NaN) - askedAt);
  return { toFrameMs: toFrame, toAnswerMs: sent.map(({ askedAt, doneAt }) => doneAt - askedAt) };
}

/** Until each has its receipt, and the gateway has it among its messages. */
async function receive(one: Extract<Case, { way: "in" }>, { fleet, server }: Running, network: Network) {
  const { each, onTheWay } = one;
  const known = await fleet.received(server);
  const round = await network.write({ phones: fleet.phones, each, onTheWay });
  await round.done(withinMs);
  const wanted = known + each * fleet.phones.length;
  await until("everything to be taken in", async () => (await fleet.received(server)) >= wanted, withinMs);
  return { toFrameMs: [], toAnswerMs: [] };
}
