// A process that writes durably, grouped and one commit each, and prints how many a second it managed.
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import type { Recorded } from "../../src/store/audit.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import { handleOf, openWriter } from "../../src/store/database.ts";
import { openLane } from "../../src/store/lane.ts";
import { upgradeDatabase } from "../../src/store/schema.ts";
import { threadUrl } from "../../src/store/threads.ts";
import { namedTransactions } from "../../src/store/transactions.ts";
import { createFolder } from "./children.ts";
import { spreadOf } from "./figures.ts";

export type StoreRoundsOptions = { folder: string; callers: number[]; rounds: number; roundMs: number };
export type CallersMeasured = { callers: number; oneEach: number[]; grouped: number[] };
export type StoreRounds = { syncMs: number; measured: CallersMeasured[] };

type Append = (event: Recorded) => Promise<void>;
type Writing = AsyncDisposable & { append: Append };
type Open = (dataDir: string) => Promise<Writing>;

const warmUpMs = 300;
const syncs = 100;
const pageBytes = 4_096;

if (import.meta.main) {
  console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? ""))));
  process.exit(0);
}

async function measure(options: StoreRoundsOptions): Promise<StoreRounds> {
  const measured = options.callers.map((callers): CallersMeasured => ({ callers, oneEach: [], grouped: [] }));
  for (let round = 0; round < options.rounds; round++) {
    for (const { callers, oneEach, grouped } of measured) {
      oneEach.push(await perSecond(openOneEach, callers, options));
      grouped.push(await perSecond(openGrouped, callers, options));
    }
  }
  return { syncMs: measureSync(options.folder), measured };
}

/** A new database each time, so that no round pays for the rows of those before it. */
async function perSecond(open: Open, callers: number, { folder: within, roundMs }: StoreRoundsOptions) {
  using folder = createFolder(within);
  upgradeDatabase({ dataDir: folder.path, wasLeftOpen: false, now: systemClock.now(), log: silentLog });
  await using writing = await open(folder.path);
  await appendFor(warmUpMs, callers, writing.append);
  // Awaited here: the database must not be closed under the round.
  return await appendFor(roundMs, callers, writing.append);
}

async function appendFor(ms: number, callers: number, append: Append): Promise<number> {
  const startedAt = performance.now();
  let done = 0;
  const call = async () => {
    while (performance.now() - startedAt < ms) {
      await append(event(done));
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return (done * 1_000) / (performance.now() - startedAt);
}

/** As the gateway writes: into the writer's thread, many transactions to a commit. */
async function openGrouped(dataDir: string): Promise<Writing> {
  const died = (error: Error) => {
    throw error;
  };
  const lane = await openLane(databaseFile(dataDir), threadUrl("writer"), { failed: died, committed: () => {} });
  return { append: (event) => lane.write("audit.append", event), [Symbol.asyncDispose]: () => lane.close() };
}

/** The same function on the same kind of connection, in this thread: callers queue, each has a commit of its own. */
async function openOneEach(dataDir: string): Promise<Writing> {
  const client = openWriter(databaseFile(dataDir));
  const transaction = namedTransactions(handleOf(client))["audit.append"];
  const begin = client.prepare("BEGIN IMMEDIATE");
  const commit = client.prepare("COMMIT");
  let last: Promise<void> = Promise.resolve();
  async function commitOne(event: Recorded): Promise<void> {
    begin.run();
    await transaction(event);
    commit.run();
  }
  return {
    append(event) {
      last = last.then(() => commitOne(event));
      return last;
    },
    async [Symbol.asyncDispose]() {
      client.close();
    },
  };
}

function event(index: number): Recorded {
  const actor = { accountId: 1, via: "key wg_live_ab12", address: "203.0.113.7" };
  const detail = { name: `key ${index}`, scopes: ["read", "send"], sessions: null };
  return { action: "key.created", actor, accountId: 1, target: "wg_live_ab12", detail, at: systemClock.now() };
}

/** How long this disk takes to make one page durable: what every commit costs at least. */
function measureSync(within: string): number {
  using folder = createFolder(within);
  const file = openSync(join(folder.path, "page"), "w");
  const page = new Uint8Array(pageBytes);
  const took = Array.from({ length: syncs }, (_, index) => {
    const startedAt = performance.now();
    writeSync(file, page, 0, pageBytes, index * pageBytes);
    fdatasyncSync(file);
    return performance.now() - startedAt;
  });
  closeSync(file);
  return spreadOf(took).median;
}
