// The suite "process": how large the executable is, how soon it answers, how much memory it holds, beside the yardstick.
import type { Server } from "./children.ts";
import { numberText, type Report, spreadOf, spreadText } from "./figures.ts";
import { makePair, type Pair } from "./pair.ts";
import { type Memory, memoryOf, refuseOtherSystems } from "./usage.ts";

type StartUps = { newData: number[]; oldData: number[]; bare: number[] };
type Held = { idle: Memory[]; worked: Memory[] };

const startUps = 15;
const memoryRounds = 3;
const idleMs = 5_000;
const settleMs = 1_000;
const requests = 10_000;
const mebi = 1_024 * 1_024;

export async function measureProcess(): Promise<Report> {
  refuseOtherSystems();
  using pair = await makePair();
  const started = await measureStartUps(pair);
  const ours: Held = { idle: [], worked: [] };
  const theirs: Held = { idle: [], worked: [] };
  for (let round = 0; round < memoryRounds; round++) await measureMemory(pair, ours, theirs);
  const row = (what: string, gateway: number[], bare: number[], digits: number) => {
    const [mine, yours] = [spreadOf(gateway), spreadOf(bare)];
    const ratio = numberText(mine.median / yours.median, 2);
    return [what, spreadText(mine, digits), spreadText(yours, digits), ratio];
  };
  const memory = (what: string, of: keyof Held, read: (memory: Memory) => number) => {
    const values = (held: Held) => held[of].map((one) => read(one) / mebi);
    return row(what, values(ours), values(theirs), 1);
  };
  const size = [pair.gatewayBytes, pair.bareBytes].map((bytes) => numberText(bytes / mebi, 1));
  const rows = [
    ["executable, MiB", ...size, numberText(pair.gatewayBytes / pair.bareBytes, 2)],
    row("first answer, new data directory, ms", started.newData, started.bare, 0),
    row("first answer, existing data, ms", started.oldData, started.bare, 0),
    memory("resident when idle, MiB", "idle", ({ residentBytes }) => residentBytes),
    memory("of that its own, MiB", "idle", ({ ownBytes }) => ownBytes),
    memory(`resident after ${numberText(requests)} requests, MiB`, "worked", ({ residentBytes }) => residentBytes),
    memory("of that its own, MiB", "worked", ({ ownBytes }) => ownBytes),
  ];
  const columns = ["", "gateway", "bare", "gateway ÷ bare"];
  return { title: "The executable and its process", tables: [{ columns, rows }], sentences };
}

const sentences = [
  `From exec to the first 200 on /healthz, asked about every millisecond: ${startUps} starts of each in turn, median (least–most); the bare server always has its database already. Memory is VmRSS ${idleMs / 1_000} s after the start, and ${settleMs / 1_000} s after ${numberText(requests)} lists of 50 keys, over ${memoryRounds} starts. "Its own" (RssAnon) leaves out pages of files, the executable's above all, which the system can drop or share.`,
];

async function measureStartUps(pair: Pair): Promise<StartUps> {
  const times: StartUps = { newData: [], oldData: [], bare: [] };
  const once = async (start: () => Promise<Server>, into: number[]) => {
    await using server = await start();
    into.push(server.firstAnswerMs);
  };
  for (let round = 0; round < startUps; round++) {
    await once(pair.startNewGateway, times.newData);
    await once(pair.startGateway, times.oldData);
    await once(pair.startBare, times.bare);
  }
  return times;
}

async function measureMemory(pair: Pair, ours: Held, theirs: Held): Promise<void> {
  await using gateway = await pair.startGateway();
  await using bare = await pair.startBare();
  await Bun.sleep(idleMs);
  const pairs = [
    [gateway, ours],
    [bare, theirs],
  ] as const;
  for (const [server, held] of pairs) held.idle.push(memoryOf(server.pid));
  for (const [server, held] of pairs) {
    await pair.ask(server, { leadInMs: 0, countedMs: 60_000, atMost: requests });
    await Bun.sleep(settleMs);
    held.worked.push(memoryOf(server.pid));
  }
}
