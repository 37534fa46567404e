// The suite "webhooks": how fast the gateway tells receivers what happened, all of it logged, beside a bare loop that posts
// the same bytes; how soon; what receivers that hang cost the others; and what a million that wait cost in memory.
import { createFolder, type Folder, programCommand, runToEnd, type Server, startServer } from "./children.ts";
import { numberText, quantile, type Report, ratiosOf, spreadOf, spreadText, type Table } from "./figures.ts";
import { until } from "./sessions-fleets.ts";
import { cpuSecondsOf, memoryOf, refuseOtherSystems } from "./usage.ts";
import type { BareOptions } from "./webhooks-bare.ts";
import { type Gateway, makeGateway } from "./webhooks-gateway.ts";
import type { Came } from "./webhooks-receiver.ts";

type Speed = { perSecond: number; cpuMicrosEach: number };
type Receiver = AsyncDisposable & {
  url(path: string): string;
  port: number;
  came(): Promise<Came>;
  anew(keeps: boolean): Promise<void>;
};

const usualRounds = 3;
const endpoints = 10;
/** As many as the gateway has under way at most. */
const atOnce = 64;
const events = 6_000;
const chats = 500;
const speedTarget = 0.6;
const paced = { messages: 600, everyMs: 10 };
const isolation = { endpoints: 1_000, hanging: 100, events: 40, everyMs: 600, warmUp: 5, target: 1.2 };
const waiting = 1_000_000;
const withinMs = 300_000;
const buildsUpMs = 15_000;

export async function measureWebhooks([given]: readonly string[]): Promise<Report> {
  refuseOtherSystems();
  using folder = createFolder();
  await using receiver = await startReceiver(folder);
  const rounds = given === undefined ? usualRounds : Number(given);
  const tables = [
    await speeds(receiver, rounds),
    await delays(receiver),
    await others(receiver),
    await memory(receiver),
  ];
  return { title: "Webhooks", tables, sentences };
}

const sentences = [
  `Speed: ${numberText(events)} messages that came in ${chats} chats while the gateway was off, told to ${endpoints} webhooks after its start, from the first that arrives until what came of the last is on disk; what they are told is made in the same time. Bare is a loop over \`node:http\` with ${atOnce} in flight over ${endpoints} agents that posts the same bytes to the same receiver.`,
  `Delay: a message a hundredth of a second is taken on over the API; the first attempt at telling one webhook of it arrives so long after the API has answered that it is on disk. Others: one event every ${isolation.everyMs} ms is told to ${numberText(isolation.endpoints)} webhooks, of which none or ${isolation.hanging} never answer.`,
];

async function startReceiver(folder: Folder): Promise<Receiver> {
  const command = (port: number) => [process.execPath, `${import.meta.dir}/webhooks-receiver.ts`, String(port)];
  const server = await startServer({ command, cwd: folder.path });
  return {
    url: (path) => server.origin + path,
    port: Number(new URL(server.origin).port),
    came: async () => (await (await fetch(`${server.origin}/came`)).json()) as Came,
    anew: async (keeps) => void (await fetch(`${server.origin}/anew${keeps ? "?keep" : ""}`)),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function addWebhooks(
  gateway: Gateway,
  receiver: Receiver,
  paths: readonly string[],
  event: string,
): Promise<void> {
  await using server = await gateway.start();
  for (const path of paths) {
    await gateway.ask(server, "POST", "/api/v1/webhooks", { url: receiver.url(path), events: [event] });
  }
}

function pathsOf(howMany: number, hanging = 0): string[] {
  return Array.from({ length: howMany }, (_, place) => `/${place < hanging ? "hang" : "e"}/${place}`);
}

async function speeds(receiver: Receiver, rounds: number): Promise<Table> {
  using gateway = await makeGateway();
  await addWebhooks(gateway, receiver, pathsOf(endpoints), "message.received");
  const [ours, theirs]: Speed[][] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const { speed, sample } = await tellAll(gateway, receiver);
    ours?.push(speed);
    theirs?.push(await postBare(receiver, sample));
  }
  const row = (name: string, measured: readonly Speed[] = []) => [
    name,
    spreadText(spreadOf(measured.map(({ perSecond }) => perSecond))),
    spreadText(spreadOf(measured.map(({ cpuMicrosEach }) => cpuMicrosEach))),
    "",
  ];
  const ratio = spreadOf(ratiosOf(ours?.map((one) => one.perSecond) ?? [], theirs?.map((one) => one.perSecond) ?? []));
  const verdict = `${ratio.median >= speedTarget ? "reached" : "missed"}: ${speedTarget}`;
  return {
    columns: ["deliveries", "a second", "CPU µs each", "target"],
    rows: [row("gateway", ours), row("bare", theirs), ["gateway ÷ bare", spreadText(ratio, 2), "", verdict]],
  };
}

async function tellAll(gateway: Gateway, receiver: Receiver) {
  await gateway.fill(events, chats);
  await receiver.anew(false);
  await using server = await gateway.start();
  const before = cpuSecondsOf(server.pid);
  const total = events * endpoints;
  await until("everybody to be told", async () => (await receiver.came()).count >= total, withinMs);
  await until("all of it to be logged", async () => gateway.isAllLogged(), withinMs);
  const endedAt = performance.timeOrigin + performance.now();
  const { firstAt, sample } = await receiver.came();
  if (sample === null) throw new Error("nothing came");
  const cpuMicrosEach = ((cpuSecondsOf(server.pid) - before) * 1e6) / total;
  return { speed: { perSecond: (total * 1_000) / (endedAt - firstAt), cpuMicrosEach }, sample };
}

async function postBare(receiver: Receiver, { headers, body }: NonNullable<Came["sample"]>): Promise<Speed> {
  const { host: _, connection: __, ...own } = headers;
  const given: BareOptions = {
    ...{ port: receiver.port, paths: pathsOf(endpoints), headers: own, body, atOnce, count: events * endpoints },
  };
  return JSON.parse(await runToEnd(programCommand("webhooks-bare.ts", given), withinMs));
}

async function delays(receiver: Receiver): Promise<Table> {
  using gateway = await makeGateway();
  await addWebhooks(gateway, receiver, pathsOf(1), "message.queued");
  await using server = await gateway.start();
  await receiver.anew(true);
  const queued = await queueMessages(gateway, server, paced.messages, paced.everyMs);
  await until("all to be told", async () => (await receiver.came()).count >= paced.messages, withinMs);
  const { at } = await receiver.came();
  const late = queued
    .slice(paced.messages / 10)
    .map(({ id, answeredAt }) => (at[`${id} /e/0`] ?? Number.NaN) - answeredAt);
  const sorted = late.toSorted((a, b) => a - b);
  const text = (part: number) => numberText(quantile(sorted, part), 1);
  return {
    columns: ["delay from commit to first attempt", "median ms", "p99 ms"],
    rows: [["one webhook", text(0.5), text(0.99)]],
  };
}

type Queued = { id: string; answeredAt: number };

async function queueMessages(gateway: Gateway, server: Server, howMany: number, everyMs: number): Promise<Queued[]> {
  const began = performance.now();
  const asked: Promise<Queued>[] = [];
  for (let made = 0; made < howMany; made++) {
    await Bun.sleep(Math.max(0, began + made * everyMs - performance.now()));
    const body = {
      session_id: "shop",
      to: `+1555100${1_000 + (made % 100)}`,
      text: `Your order ${made} is on its way.`,
    };
    const queued = gateway.ask<{ id: string }>(server, "POST", "/api/v1/messages", body);
    asked.push(queued.then(({ id }) => ({ id, answeredAt: performance.timeOrigin + performance.now() })));
  }
  return Promise.all(asked);
}

async function others(receiver: Receiver): Promise<Table> {
  const { endpoints: all, hanging, target } = isolation;
  const none = await toldAfter(receiver, 0);
  const some = await toldAfter(receiver, hanging);
  const ratio = some.median / none.median;
  const row = (name: string, { median, p99 }: { median: number; p99: number }) => [
    name,
    numberText(median, 1),
    numberText(p99, 1),
    "",
  ];
  return {
    columns: [
      `${numberText(all)} webhooks, the ${numberText(all - hanging)} that answer`,
      "median ms",
      "p99 ms",
      "target",
    ],
    rows: [
      row("none hangs", none),
      row(`${hanging} hang`, some),
      ["median ÷ median", numberText(ratio, 2), "", `${ratio <= target ? "reached" : "missed"}: ${target}`],
    ],
  };
}

async function toldAfter(receiver: Receiver, hanging: number) {
  using gateway = await makeGateway();
  await addWebhooks(gateway, receiver, pathsOf(isolation.endpoints, hanging), "message.queued");
  await using server = await gateway.start();
  await receiver.anew(true);
  const queued = await queueMessages(gateway, server, isolation.events, isolation.everyMs);
  const healthy = pathsOf(isolation.endpoints).slice(isolation.hanging);
  const wanted = isolation.events * (isolation.endpoints - hanging);
  await until("those that answer to be told", async () => (await receiver.came()).count >= wanted, withinMs);
  const { at } = await receiver.came();
  const late = queued
    .slice(isolation.warmUp)
    .flatMap(({ id, answeredAt }) => healthy.map((path) => (at[`${id} ${path}`] ?? Number.NaN) - answeredAt));
  const sorted = late.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
}

async function memory(receiver: Receiver): Promise<Table> {
  using gateway = await makeGateway();
  await addWebhooks(gateway, receiver, ["/hang/0"], "message.received");
  const held = async () => {
    await using server = await gateway.start();
    await Bun.sleep(buildsUpMs);
    return memoryOf(server.pid).residentBytes / 1_048_576;
  };
  const none = await held();
  gateway.fillWaiting(waiting);
  const some = await held();
  return {
    columns: [`memory after ${buildsUpMs / 1_000} s, MiB`, "resident"],
    rows: [
      ["nothing waits", numberText(none)],
      [`${numberText(waiting)} deliveries wait`, numberText(some)],
    ],
  };
}
