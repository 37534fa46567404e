// T9: every route of the document, with every kind of credential, to own and foreign things: the exact status of the
// table, and nothing changed by what was refused. And what is revoked is refused from the next request on.
import { readDocument } from "../support/document.ts";
import { faultFault, successFault } from "../support/problem.ts";
import { createRandom, type Random } from "../support/random.ts";
import { openRig, type Rig } from "../support/rig.ts";
import { changedTables, stateOf } from "../support/state.ts";
import { createFaults, type Faults, type Outcome, type Suite, type SuiteRun, told } from "../support/suite.ts";
import { ask, type WireRequest } from "../support/wire.ts";
import { cellsOf, createRequests, type Requests } from "./cells.ts";
import { allCredentials } from "./credentials.ts";
import { checkRevocations } from "./revocation.ts";
import { type Cell, expectedOf } from "./table.ts";
import { masterKey, openWorld, type World } from "./world.ts";

export const accessSuite: Suite = {
  name: "t9",
  about: "every route with every kind of credential; the size is cells of the table per route at most",
  long: 1_000,
  short: 8,
  run,
};

/** Everybody asks from an address of his own: throttles of logins by address are not what this is about. */
const settings = {
  WAYGATE_REGISTRATION: "open",
  WAYGATE_MASTER_KEY: masterKey.toString("hex"),
  WAYGATE_TRUSTED_PROXIES: "127.0.0.1",
};
const atOnce = 16;
let addresses = 0;

async function run({ size, seed }: SuiteRun): Promise<Outcome> {
  const faults = createFaults();
  const random = createRandom(seed);
  await using rig = await openRig(settings);
  const document = await readDocument(rig.origin());
  const world = await openWorld(rig, document);
  const credentials = allCredentials(world);
  const requests = createRequests(world);
  let asked = 0;
  for (const op of document.operations) {
    const cells = pickCells(cellsOf(op, credentials, world), size, random);
    asked += cells.length;
    try {
      await checkCells(cells, requests, { world, rig, faults });
    } catch (error) {
      faults.add(`${op.id}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const revoked = await checkRevocations(rig, document, faults);
  return {
    figure: `${told(asked)} cells of ${document.operations.length} routes × ${credentials.length} kinds of credential × whose thing it is; ${told(revoked)} requests after a revocation, ${faults.list().filter((fault) => /not refused/.test(fault)).length} ways of it leaked`,
    faults: faults.list(),
  };
}

type Surroundings = { world: World; rig: Rig; faults: Faults };

async function checkCells(cells: readonly Cell[], requests: Requests, { world, rig, faults }: Surroundings) {
  const { refused = [], accepted = [] } = Object.groupBy(cells, (cell) =>
    expectedOf(cell).status >= 400 ? "refused" : "accepted",
  );
  const prepared = await inTurns(refused, async (cell) => ({ cell, request: await requests.requestFor(cell) }));
  const state = stateOf(rig.database);
  await inTurns(prepared, ({ cell, request }) => check(cell, request, world, faults));
  const changed = changedTables(state, stateOf(rig.database));
  faults.check(changed.length === 0, `${cells[0]?.op.id}: what was refused changed ${changed.join(", ")}`);
  await inTurns(accepted, async (cell) => check(cell, await requests.requestFor(cell), world, faults));
}

/** When not all fit, of every sort of cell one before a second of any. */
function pickCells(cells: readonly Cell[], size: number, random: Random): Cell[] {
  const sorts = Object.values(Object.groupBy(random.shuffled(cells), sortOf)).map((sort) => sort ?? []);
  const picked: Cell[] = [];
  for (let turn = 0; picked.length < Math.min(size, cells.length); turn++) {
    picked.push(...sorts.flatMap((sort) => sort[turn] ?? []));
  }
  return picked.slice(0, size);
}

function sortOf(cell: Cell): string {
  const { status, code } = expectedOf(cell);
  return `${cell.target} ${cell.body} ${cell.credential.meaning.kind} ${status} ${code}`;
}

/** Some at a time, in order of starting. */
async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = [...items.entries()];
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return results;
}

async function check(cell: Cell, request: WireRequest, world: World, faults: Faults): Promise<void> {
  const { op, credential, target, body } = cell;
  const cellName = `${op.id}, ${credential.name}, ${target === "none" ? "" : `${target} thing, `}${body} body`;
  const expected = expectedOf(cell);
  const from = `10.${(++addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses & 255}`;
  const answer = await ask(world.origin, { ...request, headers: [...request.headers, ["X-Forwarded-For", from]] });
  if (answer === null) return faults.add(`${cellName}: no answer`);
  // Dialects write their codes in capitals.
  const named = (answer.json as { code?: unknown } | undefined)?.code;
  const code = typeof named === "string" ? named.toLowerCase() : null;
  const isRight = answer.status === expected.status && (expected.code === null || expected.code === code);
  if (!isRight) {
    return faults.add(
      `${cellName}: ${answer.status} ${code ?? ""} instead of ${expected.status} ${expected.code ?? ""}`,
    );
  }
  const wrong =
    answer.status >= 400 ? faultFault(answer, op, world.document) : successFault(answer, op, world.document);
  if (wrong !== null) faults.add(`${cellName}: ${wrong}`);
  if (op.method !== "GET") return;
  const head = await ask(world.origin, { ...request, method: "HEAD" });
  const isSame = head !== null && head.status === expected.status && head.text === "";
  if (!isSame) faults.add(`${cellName}: HEAD answers ${head?.status} and GET ${expected.status}`);
}
