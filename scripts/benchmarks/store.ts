// The suite "store": durable writes per second, grouped beside one commit each, here and on a disk that syncs slowly.
import { createFolder, programCommand, runToEnd } from "./children.ts";
import { numberText, type Report, ratiosOf, spreadOf, spreadText, type Table } from "./figures.ts";
import { slowDisk, tracer } from "./slow-disk.ts";
import type { StoreRounds, StoreRoundsOptions } from "./store-rounds.ts";

type Rounds = Omit<StoreRoundsOptions, "folder">;

const here: Rounds = { callers: [1, 16, 64], rounds: 5, roundMs: 1_500 };
const slow: Rounds = { callers: [1, 16, 64], rounds: 3, roundMs: 1_500 };
const withinMs = 300_000;
const slowerByMs = 2;

export async function measureStore(): Promise<Report> {
  const measured = await measureRounds(here, []);
  const tables = [tableOf(measured)];
  const sentences = [
    `The transaction is "audit.append": one read, one hash, one row in a table with an index. ${here.rounds} rounds, each on a new database, one way and the other in turn: median (least–most). A sync of one page takes ${numberText(measured.syncMs, 2)} ms on this disk.`,
  ];
  if (tracer === null) {
    sentences.push("The slow disk was left out: it needs strace, which delays every sync.");
  } else {
    const delayed = await measureRounds(slow, slowDisk(slowerByMs));
    tables.push(tableOf(delayed));
    sentences.push(
      `The second table: the same with every fsync and fdatasync held up by ${slowerByMs} ms (a sync of one page: ${numberText(delayed.syncMs, 2)} ms), ${slow.rounds} rounds.`,
    );
  }
  return { title: "Durable writes per second", sentences, tables };
}

async function measureRounds(rounds: Rounds, prefix: string[]): Promise<StoreRounds> {
  using folder = createFolder();
  const options: StoreRoundsOptions = { ...rounds, folder: folder.path };
  return JSON.parse(await runToEnd([...prefix, ...programCommand("store-rounds.ts", options)], withinMs));
}

function tableOf({ measured }: StoreRounds): Table {
  return {
    columns: ["callers", "one commit each", "grouped", "grouped ÷ one each"],
    rows: measured.map(({ callers, oneEach, grouped }) => [
      String(callers),
      spreadText(spreadOf(oneEach)),
      spreadText(spreadOf(grouped)),
      spreadText(spreadOf(ratiosOf(grouped, oneEach)), 2),
    ]),
  };
}
