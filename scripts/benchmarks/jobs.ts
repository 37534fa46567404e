// The suite "jobs": a million recipients brought to a campaign, with the memory that takes; how many a second are handed
// on and completed, beside bare SQLite; and how late one that is due is handed on with all the others waiting.
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { makeKey } from "../../src/core/key.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import { openReader } from "../../src/store/database.ts";
import { createFolder, programCommand, runToEnd, type Server, startServer } from "./children.ts";
import { numberText, quantile, type Report, ratiosOf, spreadOf, spreadText } from "./figures.ts";
import type { JobRounds, JobRoundsOptions } from "./jobs-rounds.ts";
import { built } from "./pair.ts";
import { type Network, startNetwork, until } from "./sessions-fleets.ts";
import { memoryOf, refuseOtherSystems } from "./usage.ts";

const usualRecipients = 1_000_000;
const phone = "15551000001";
const gapMs = 100;
/** So many are handed on, one each time its gap has ended. */
const timed = 300;
const linesAtOnce = 5_000;
const lookEveryMs = 50;
const withinMs = 600_000;
const rounds: Omit<JobRoundsOptions, "folder"> = { rounds: 5, jobs: 6_000, batch: 20 };

type Gateway = { server: Server; key: string; dataDir: string };
type Enqueued = { id: string; seconds: number; beforeMb: number; mostMb: number };

/** [HOW MANY recipients] */
export async function measureJobs([given]: readonly string[]): Promise<Report> {
  refuseOtherSystems();
  const recipients = given === undefined ? usualRecipients : Number(given);
  using folder = createFolder();
  await using network = await startNetwork(folder.path);
  const gateway = await startGateway(folder.path, network);
  await using _server = gateway.server;
  await link(gateway, network);
  const enqueued = await enqueue(gateway, network, recipients);
  const late = await lateness(gateway, enqueued.id);
  const options: JobRoundsOptions = { ...rounds, folder: folder.path };
  const { ours, bare }: JobRounds = JSON.parse(await runToEnd(programCommand("jobs-rounds.ts", options), withinMs));
  const ratios = spreadOf(ratiosOf(ours, bare));
  return {
    title: "Campaigns",
    tables: [
      {
        columns: ["what", "measured", "target"],
        rows: [
          [`${numberText(recipients)} recipients enqueued, a second`, numberText(recipients / enqueued.seconds), ""],
          ["memory more at most, MB", numberText(enqueued.mostMb - enqueued.beforeMb), "flat"],
          ["handed on and completed, a second", spreadText(spreadOf(ours)), ""],
          ["bare SQLite, a second", spreadText(spreadOf(bare)), ""],
          ["gateway ÷ bare", spreadText(ratios, 2), `0.5${ratios.median < 0.5 ? " (missed)" : ""}`],
          ["late with all of them waiting, p50 ms", numberText(quantile(late, 0.5), 1), ""],
          ["late with all of them waiting, p99 ms", numberText(quantile(late, 0.99), 1), ""],
        ],
      },
    ],
    sentences: [
      `Enqueued: a table of ${numberText(recipients)} lines, streamed to the built gateway, ${numberText(enqueued.beforeMb)} MB resident before and ${numberText(enqueued.mostMb)} at most. Handed on: ${numberText(rounds.jobs)} recipients in batches of ${rounds.batch}, each read, written with its message and settled; bare is the same statements by hand on one connection with the same commits, ${rounds.rounds} rounds, median (least–most). Late: ${timed} recipients with ${gapMs} ms between them, from the end of each gap to the message's row.`,
    ],
  };
}

async function startGateway(folder: string, network: Network): Promise<Gateway> {
  const program = join(folder, "gateway");
  copyFileSync(built, program);
  const key = makeKey();
  const env = {
    WAYGATE_ADMIN_API_KEY: key,
    WAYGATE_WA_URL: network.place.ws,
    WAYGATE_WA_ROOT_KEY: network.place.rootKey,
  };
  const dataDir = join(folder, "data");
  const command = (port: number) => [program, "--data-dir", dataDir, "--port", String(port)];
  return { server: await startServer({ command, cwd: folder, env }), key, dataDir };
}

async function ask<T>({ server, key }: Gateway, path: string, body?: object | string): Promise<T> {
  const type = typeof body === "string" ? "text/csv" : "application/json";
  const answer = await fetch(`${server.origin}/api/v1${path}`, {
    headers: { "X-API-Key": key, ...(body === undefined ? {} : { "Content-Type": type }) },
    ...(body === undefined ? {} : { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`);
  const isJson = answer.headers.get("content-type")?.includes("json") === true;
  return (isJson ? await answer.json() : await answer.text()) as T;
}

async function link(gateway: Gateway, network: Network): Promise<void> {
  await ask(gateway, "/sessions", { name: "shop", pacing: "off" });
  const qr = await ask<string>(gateway, "/sessions/shop/qr?format=raw&wait=30");
  await network.scan({ phone, qr });
  const isConnected = async () => (await ask<{ status: string }>(gateway, "/sessions/shop")).status === "connected";
  await until("the session to be connected", isConnected, withinMs);
}

const numberOf = (place: number) => `1666${String(place).padStart(7, "0")}`;

async function enqueue(gateway: Gateway, network: Network, recipients: number): Promise<Enqueued> {
  await network.addPeople(Array.from({ length: timed }, (_, place) => numberOf(place)));
  const { server, key } = gateway;
  const delay = gapMs / 1_000;
  const message = { text: "Hello {{name}}, your order {{order}} is on its way." };
  const body = { session_id: "shop", message, delay_min: delay, delay_max: delay, stop_after_failures: null };
  const { id } = await ask<{ id: string }>(gateway, "/campaigns", body);
  const resident = () => memoryOf(server.pid).residentBytes / 1e6;
  const beforeMb = resident();
  let mostMb = beforeMb;
  const looking = setInterval(() => {
    mostMb = Math.max(mostMb, resident());
  }, lookEveryMs);
  const began = performance.now();
  const answer = await fetch(`${server.origin}/api/v1/campaigns/${id}/recipients`, {
    method: "POST",
    headers: { "X-API-Key": key, "Content-Type": "text/csv" },
    body: tableOf(recipients),
  });
  const { added } = (await answer.json()) as { added: number };
  clearInterval(looking);
  if (added !== recipients) throw new Error(`${added} of ${recipients} recipients were added`);
  return { id, seconds: (performance.now() - began) / 1_000, beforeMb, mostMb };
}

function tableOf(recipients: number): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next = 0;
  return new ReadableStream({
    pull(sink) {
      const many = Math.min(linesAtOnce, recipients - next);
      const lines = Array.from(
        { length: many },
        (_, n) => `${numberOf(next + n)},"Person ${next + n}",A-${next + n}\n`,
      );
      sink.enqueue(encoder.encode(`${next === 0 ? "phone,name,order\n" : ""}${lines.join("")}`));
      next += many;
      if (next >= recipients) sink.close();
    },
  });
}

/** In ascending order. */
async function lateness(gateway: Gateway, id: string): Promise<number[]> {
  await ask(gateway, `/campaigns/${id}/start`, {});
  const isDone = async () => (await ask<{ processed: number }>(gateway, `/campaigns/${id}`)).processed >= timed - 20;
  await until("enough to be handed on", isDone, withinMs);
  await ask(gateway, `/campaigns/${id}/pause`, {});
  using client = openReader(databaseFile(gateway.dataDir));
  const rows = client
    .query<{ at: number }, []>("SELECT created_at AS at FROM messages WHERE from_me = 1 ORDER BY id")
    .all();
  return rows
    .slice(1)
    .map(({ at }, place) => at - (rows[place]?.at ?? 0) - gapMs)
    .toSorted((one, other) => one - other);
}
