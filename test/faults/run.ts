// scripts/test faults [NAME …]: the long form of every suite of faults, or of those named, a figure each.
// --list shows them, --seed N repeats a run, --size N makes it longer or shorter.
import { parseArgs } from "node:util";
import { suites } from "./suites.ts";
import { freshSeed } from "./support/random.ts";
import { type Suite, type SuiteRun, told } from "./support/suite.ts";

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { list: { type: "boolean" }, seed: { type: "string" }, size: { type: "string" } },
  });
  const unknown = positionals.find((name) => !suites.some((suite) => suite.name === name));
  if (unknown !== undefined) {
    say(`There is no suite named ${unknown}; there are ${suites.map((suite) => suite.name).join(", ")}.`);
    return 2;
  }
  const numbers = [values.seed, values.size].filter((text) => text !== undefined);
  if (!numbers.every((text) => /^\d+$/.test(text))) {
    say("--seed and --size want whole numbers.");
    return 2;
  }
  if (values.list === true) {
    for (const { name, about, long } of suites) say(`${name.padEnd(6)}${about} (${told(long)})`);
    return 0;
  }
  const chosen = suites.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  let failed = 0;
  for (const suite of chosen) {
    const size = values.size === undefined ? suite.long : Number(values.size);
    const seed = values.seed === undefined ? freshSeed() : Number(values.seed);
    if (!(await holds(suite, { size, seed }))) failed += 1;
  }
  say(`${chosen.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

async function holds(suite: Suite, given: SuiteRun): Promise<boolean> {
  const startedAt = performance.now();
  const took = () => `${Math.round((performance.now() - startedAt) / 1_000)} s`;
  say(`${suite.name}: seed ${given.seed}`);
  try {
    const { figure, faults } = await suite.run(given);
    say(`${suite.name}: ${figure} (${took()})`);
    for (const fault of faults) say(`  ✗ ${fault}`);
    return faults.length === 0;
  } catch (error) {
    say(`${suite.name}: broke off (${took()})`);
    say(`  ✗ ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return false;
  }
}

process.exit(await main(process.argv.slice(2)));
