// scripts/bench: lists the suites, runs one, or runs all of them and writes down what they measured.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Report, reportText } from "./figures.ts";
import { measureHttp } from "./http.ts";
import { measureJobs } from "./jobs.ts";
import { machineSentence } from "./machine.ts";
import { measureMessages } from "./messages.ts";
import { measureProcess } from "./process.ts";
import { measureQueries } from "./queries.ts";
import { measureSandbox } from "./sandbox.ts";
import { measureSessions } from "./sessions.ts";
import { measureStore } from "./store.ts";
import { measureWebhooks } from "./webhooks.ts";

type Suite = { about: string; measure(args: readonly string[]): Promise<Report> };

const suites: Record<string, Suite> = {
  store: { about: "Durable writes per second: group commit beside one commit each.", measure: measureStore },
  queries: {
    about: "What the store answers out of a million messages, beside bare SQL: [HOW MANY].",
    measure: measureQueries,
  },
  http: { about: "Requests per second of an authenticated list, beside bare Elysia.", measure: measureHttp },
  process: { about: "Size, time to the first answer and memory, beside bare Elysia.", measure: measureProcess },
  sandbox: { about: "Messages per second that the sandbox acknowledges.", measure: measureSandbox },
  jobs: {
    about: "A million recipients: enqueued, handed on beside bare SQLite, and how late one that is due is: [HOW MANY].",
    measure: measureJobs,
  },
  messages: {
    about: "Messages out and in, beside bare Baileys that keeps nothing: [ROUNDS [CASE …]].",
    measure: measureMessages,
  },
  webhooks: {
    about: "Deliveries to webhooks, their delay, and who hangs, beside a bare loop: [ROUNDS].",
    measure: measureWebhooks,
  },
  sessions: {
    about: "Memory of many sessions and their way back after a restart, beside bare Baileys: [HOW MANY …].",
    measure: measureSessions,
  },
};
const resultsFile = join(import.meta.dir, "results/latest.md");

process.exit(await run(process.argv[2], process.argv.slice(3)));

async function run(name: string | undefined, args: readonly string[]): Promise<number> {
  if (name === undefined) {
    console.log(listText());
    return 0;
  }
  const chosen = name === "all" ? Object.values(suites) : [suites[name]].filter((suite) => suite !== undefined);
  if (chosen.length === 0) {
    console.error(`There is no suite named ${name}.\n\n${listText()}`);
    return 2;
  }
  const opening = machineSentence();
  console.log(`${opening}\n`);
  const told: string[] = [];
  for (const suite of chosen) {
    told.push(reportText(await suite.measure(args)));
    console.log(`${told.at(-1)}\n`);
  }
  if (name === "all") writeFileSync(resultsFile, resultsText(opening, told));
  return 0;
}

function listText(): string {
  const lines = Object.entries(suites).map(([name, { about }]) => `  ${name.padEnd(10)}${about}`);
  return ["Usage: scripts/bench SUITE", "", ...lines, `  ${"all".padEnd(10)}Every suite, written down.`].join("\n");
}

function resultsText(opening: string, told: readonly string[]): string {
  const head = ["# The last measurement", "Made by `scripts/bench all`.", opening];
  return `${[...head, ...told].join("\n\n")}\n`;
}
