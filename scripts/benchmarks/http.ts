// The suite "http": an authenticated list, asked of the built gateway and of the bare yardstick in turn.

import type { Server } from "./children.ts";
import { numberText, type Report, ratiosOf, spreadOf, spreadText, type Table } from "./figures.ts";
import type { Load } from "./load.ts";
import { connections, makePair, type Pair } from "./pair.ts";
import { cpuSecondsOf, refuseOtherSystems } from "./usage.ts";

type Round = Load & { cpuMicrosPerRequest: number };

const rounds = 5;
const warmUp = { leadInMs: 0, countedMs: 3_000 };
const counted = { leadInMs: 500, countedMs: 4_000 };
const target = 0.8;

export async function measureHttp(): Promise<Report> {
  refuseOtherSystems();
  using pair = await makePair();
  await using gateway = await pair.startGateway();
  await using bare = await pair.startBare();
  await pair.refuseDifference(gateway, bare);
  for (const server of [gateway, bare]) await pair.ask(server, warmUp);
  const ours: Round[] = [];
  const theirs: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(await measureRound(pair, gateway));
    theirs.push(await measureRound(pair, bare));
  }
  return { title: "Requests per second of an authenticated list", tables: tablesOf(ours, theirs), sentences };
}

const sentences = [
  `\`GET /api/v1/keys?limit=50\` with an API key, 50 rows, ${connections} connections from a process of its own, ${rounds} rounds of ${counted.countedMs / 1_000} s in turn: median (least–most). Bare is Elysia over bun:sqlite as one would write it in forty lines, compiled with the same flags: it hashes the key, finds its account, reads the same rows of the same data and answers the same JSON, without checks, limits, counts, or headers. "Generator" is how much of one core the process that asks needed; near 100 % it, and not the server, was the limit.`,
];

async function measureRound(pair: Pair, server: Server): Promise<Round> {
  const before = cpuSecondsOf(server.pid);
  const load = await pair.ask(server, counted);
  return { ...load, cpuMicrosPerRequest: ((cpuSecondsOf(server.pid) - before) * 1e6) / load.answers };
}

function tablesOf(ours: readonly Round[], theirs: readonly Round[]): Table[] {
  const row = (name: string, measured: readonly Round[]) => {
    const of = (read: (round: Round) => number) => spreadOf(measured.map(read));
    return [
      name,
      spreadText(of((round) => round.perSecond)),
      numberText(of((round) => round.medianMs).median, 2),
      numberText(of((round) => round.p99Ms).median, 2),
      spreadText(of((round) => round.cpuMicrosPerRequest)),
      numberText(of((round) => round.answerBytes).median),
      `${numberText(of((round) => round.busy * 100).median)} %`,
    ];
  };
  const ratios = (read: (round: Round) => number) => spreadOf(ratiosOf(ours.map(read), theirs.map(read)));
  const speed = ratios((round) => round.perSecond);
  const cpu = ratios((round) => round.cpuMicrosPerRequest);
  const verdict = speed.median >= target ? "reached" : "missed";
  return [
    {
      columns: ["server", "requests/s", "p50 ms", "p99 ms", "CPU µs/request", "bytes", "generator"],
      rows: [row("gateway", ours), row("bare", theirs)],
    },
    {
      columns: ["gateway ÷ bare, pair by pair", "least", "median", "most", `target ≥ ${target}`],
      rows: [
        ["requests/s", ...[speed.least, speed.median, speed.most].map((ratio) => numberText(ratio, 2)), verdict],
        ["CPU per request", ...[cpu.least, cpu.median, cpu.most].map((ratio) => numberText(ratio, 2)), ""],
      ],
    },
  ];
}
