// T21: every released schema, killed during its migration: whole or not at all after every kill, every row as it was in
// the end, a copy of the file made before. And a newer schema is refused and left alone.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { schemaVersion } from "../../../src/store/migrations.ts";
import { runBinary, startBinary } from "../../support/binary.ts";
import { createFolder } from "../../support/folder.ts";
import { createRandom, type Random } from "../support/random.ts";
import { must } from "../support/rig.ts";
import { createFaults, type Faults, type Outcome, type Suite, type SuiteRun, told } from "../support/suite.ts";
import {
  databaseIn,
  gatewayEnv,
  leaveOpen,
  lookAt,
  makeDataDir,
  makeTemplate,
  rowsOf,
  type Shape,
  schemaAt,
  schemaOf,
  shapeOf,
  type Template,
  versionOf,
} from "./folder.ts";
import { startAndKill } from "./kills.ts";
import { checkLeftovers } from "./leftovers.ts";
import { checkRefusals } from "./refusals.ts";

export const upgradeSuite: Suite = {
  name: "t21",
  about: "every released schema killed during migration; the size is upgrades in all",
  long: 600,
  short: 8,
  run,
};

const mostKillsPerRound = 8;
const keptCopies = 5;

type Round = { dataDir: string; version: number; cwd: string; shape: Shape; rows: Map<string, string>; name: string };
type Tally = { before: number; between: number; after: number };

async function run({ size, seed }: SuiteRun): Promise<Outcome> {
  const faults = createFaults();
  const random = createRandom(seed);
  using folder = createFolder();
  const template = await makeTemplate(folder.path);
  const tally: Tally = { before: 0, between: 0, after: 0 };
  const between = Array.from({ length: schemaVersion - 1 }, (_, place) => place + 1);
  // The last step and the longest way first: those are always taken, however few there are.
  const versions = [
    schemaVersion - 1,
    0,
    ...random.shuffled([...between, schemaVersion].filter((one) => one !== schemaVersion - 1)),
  ];
  for (let place = 0; place < size; place++) {
    const version = versions[place % versions.length] ?? 0;
    const round = prepare(folder.path, version, place, template);
    if (random.chance(0.3)) leaveOpen(round.dataDir);
    await runRound(round, random, template.startMs, tally, faults);
  }
  const refused = await checkRefusals(folder.path, template, faults);
  const leftovers = await checkLeftovers(folder.path, template, faults);
  const kills = tally.before + tally.between + tally.after;
  return {
    figure: `${Math.min(size, versions.length)} of ${versions.length} schemas, ${told(kills)} kills at start: ${told(tally.before)} left the old schema, ${told(tally.between)} one in between, ${told(tally.after)} the new one; ${told(size)} upgrades with every row as before; ${refused} files refused, ${leftovers} leftovers of a first start got over`,
    faults: faults.list(),
  };
}

function prepare(folder: string, version: number, place: number, template: Template): Round {
  const dataDir = join(folder, `schema-${version}-${place}`);
  makeDataDir(dataDir, version, template);
  const { shape, rows } = lookAt(databaseIn(dataDir), (client) => {
    const found = shapeOf(client);
    return { shape: found, rows: rowsOf(client, found) };
  });
  return { dataDir, version, cwd: folder, shape, rows, name: `from schema ${version}` };
}

async function runRound(round: Round, random: Random, startMs: number, tally: Tally, faults: Faults): Promise<void> {
  const mostKills = random.between(1, mostKillsPerRound);
  let kills = 0;
  let found = -1;
  // Once it is at the new schema there is nothing left to cut off.
  while (kills < mostKills && (kills === 0 || found < schemaVersion)) {
    kills += 1;
    await startAndKill(round.dataDir, round.cwd, random, startMs);
    found = checkWhole(round, `${round.name}, killed`, faults);
    tally[found === schemaVersion ? "after" : found === round.version ? "before" : "between"] += 1;
  }
  try {
    await using gateway = await startBinary({ dataDir: round.dataDir, cwd: round.cwd, env: gatewayEnv });
    await must(`${gateway.url}/readyz`);
    faults.check((await gateway.stop()) === 0, `${round.name}: it does not stop in order`);
  } catch (error) {
    faults.add(`${round.name}: it does not start after ${kills} kills: ${String(error)}`);
    return;
  }
  found = checkWhole(round, `${round.name}, upgraded`, faults);
  faults.check(found === schemaVersion, `${round.name}: the file says ${found} after the upgrade`);
  const audit = await runBinary(["audit", "verify", "--data-dir", round.dataDir], { cwd: round.cwd });
  faults.check(audit.code === 0, `${round.name}: ${audit.error.trim()}`);
  checkCopies(round, faults);
}

/** The version, the tables and the rows agree. Gives back the version. */
function checkWhole({ dataDir, version, shape, rows }: Round, what: string, faults: Faults): number {
  if (!existsSync(databaseIn(dataDir))) {
    faults.check(version === 0, `${what}: the database is gone`);
    return 0;
  }
  return lookAt(databaseIn(dataDir), (client) => {
    const found = versionOf(client);
    faults.check(found >= version && found <= schemaVersion, `${what}: the file says schema ${found}`);
    faults.check(schemaOf(client) === schemaAt(found), `${what}: the tables are not those of schema ${found}`);
    const damage = client.query<{ quick_check: string }, []>("PRAGMA quick_check").all();
    faults.check(
      damage.length === 1 && damage[0]?.quick_check === "ok",
      `${what}: quick_check ${damage[0]?.quick_check}`,
    );
    const now = rowsOf(client, shape);
    for (const [table, before] of rows) {
      faults.check(now.get(table) === before, `${what}: ${table} had ${before}, now ${now.get(table)}`);
    }
    return found;
  });
}

/** What was there before a change of schema lies in backups/, whole; nothing half-made beside it. */
function checkCopies({ dataDir, version, name, shape, rows }: Round, faults: Faults): void {
  const folder = join(dataDir, "backups");
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const copies = names.filter((one) => one.endsWith(".db"));
  const isUpgrade = version > 0 && version < schemaVersion;
  // Of nothing there is no copy, unless a kill left the first schemas of several.
  const isRight = version === 0 || isUpgrade === copies.length > 0;
  faults.check(isRight, `${name}: ${copies.length} copies in backups/`);
  faults.check(
    copies.length <= keptCopies,
    `${name}: ${copies.length} copies are kept, ${keptCopies} at most should be`,
  );
  const stray = names.filter((one) => !/\.db(\.sha256)?$/.test(one));
  faults.check(stray.length === 0, `${name}: half-made copies stay for ever in backups/: ${stray.length} of them`);
  for (const copy of copies) {
    const file = join(folder, copy);
    lookAt(file, (client) => {
      const damage = client.query<{ quick_check: string }, []>("PRAGMA quick_check").get()?.quick_check;
      faults.check(damage === "ok", `${name}: the copy ${copy}: quick_check ${damage}`);
      const found = versionOf(client);
      faults.check(found >= version && found < schemaVersion, `${name}: the copy ${copy} is of schema ${found}`);
      const kept = rowsOf(client, shape);
      for (const [table, before] of rows)
        faults.check(kept.get(table) === before, `${name}: ${table} differs in a copy`);
    });
    const sum = existsSync(`${file}.sha256`) ? readFileSync(`${file}.sha256`, "utf8").split(" ")[0] : "no checksum";
    const right = createHash("sha256").update(readFileSync(file)).digest("hex");
    faults.check(sum === right, `${name}: the copy ${copy} has ${sum} beside it instead of its checksum`);
  }
}
