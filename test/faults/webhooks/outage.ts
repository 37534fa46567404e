// The suite "t4": receivers that are down for a day, and a gateway that is off for a day. Two webhooks, one that hears of
// each chat in order and one that does not, are patient; whatever was said meanwhile is with both of them in the end.
import { day, hour, minute, second } from "../../../src/core/clock.ts";
import { type HttpHost, type Reply, startHttpHost } from "../../support/http-host.ts";
import { until } from "../../support/until.ts";
import { secret } from "../../support/webhook-rig.ts";
import { createRandom, type Random } from "../support/random.ts";
import { createFaults, type Faults, type Outcome, type Suite, type SuiteRun, told } from "../support/suite.ts";
import { type Book, checkSequences, createBook } from "./book.ts";
import { openStage, type Stage } from "./stage.ts";

/** How a receiver is down: it says so, it says nothing, it hangs up. */
type Mode = "up" | "failing" | "silent" | "closed";
type Receiver = AsyncDisposable & { name: string; book: Book; attempts(): number; be(mode: Mode): void };
type Story = { stage: Stage; receivers: Receiver[]; random: Random; faults: Faults; size: number; chats: number };

const mostChats = 500;
const eventsPerChat = 20;
const hoursPerSecond = { long: 600 / 3_600, short: 4 };
const parts = 24;
const patienceMs = 240_000;
/** As many as the restarts leave time for: one every five minutes, and those before it was seen that there is no use. */
const attemptsPerDay = (1.5 * day) / (5 * minute);

export const outageSuite: Suite = {
  name: "t4",
  about: "receivers that are down for a day, a gateway that is off for a day; the size is the number of events",
  long: 100_000,
  short: 1_000,
  run,
};

async function run({ size, seed }: SuiteRun): Promise<Outcome> {
  const faults = createFaults();
  const random = createRandom(seed);
  await using stage = await openStage(random);
  const chats = Math.min(mostChats, Math.ceil(size / eventsPerChat));
  await using plain = await openReceiver(stage, "plain", { isOrdered: false, faults });
  await using ordered = await openReceiver(stage, "ordered", { isOrdered: true, faults });
  const story = { stage, receivers: [plain, ordered], random, faults, size, chats };

  const meanwhile = await aDayWithoutReceivers(story);
  const returned = stage.clock.now();
  await theyReturn(story);
  const late = stage.clock.now() - returned;
  faults.check(late < 8 * hour, `the last was taken so long after the return: ${told(late / hour)} hours`);
  const backSeconds = await aDayWithoutGateway(story);
  const lost = await checkAll(story);
  const again = [plain, ordered].map(({ book: { again } }) => again);
  return {
    figure: `${told(size)} events in ${told(chats)} chats to two webhooks, one of them ordered; 24 h down, ${told(meanwhile)} attempts meanwhile, all taken ${(late / hour).toFixed(1)} h after the return; off for a day, all taken within ${told(Math.round(backSeconds))} s of the start; ${told(lost)} lost, ${told(again.reduce((sum, { doubles }) => sum + doubles, 0))} told twice`,
    faults: faults.list(),
  };
}

async function openReceiver(
  stage: Stage,
  name: string,
  { isOrdered, faults }: { isOrdered: boolean; faults: Faults },
): Promise<Receiver> {
  // Requests take no time by a clock that stands, and some by one that runs.
  const now = () => stage.clock.now();
  const book = createBook({ name, secret, isOrdered, now, toleranceMs: hour, faults });
  let [mode, attempts]: [Mode, number] = ["up", 0];
  const reply: Reply = (response, request) => {
    host.received.length = 0;
    attempts += 1;
    if (mode === "closed") return void response.socket?.destroy();
    book.hear(request, mode === "up");
    if (mode !== "silent") response.writeHead(mode === "up" ? 200 : 503).end();
  };
  const host: HttpHost = await startHttpHost(reply);
  const url = `http://127.0.0.1:${host.port}/`;
  await stage.add({ url, isOrdered, retry: "patient", timeoutMs: second });
  return {
    ...{ name, book, attempts: () => attempts },
    be: (other) => {
      mode = other;
    },
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}

/** Six tenths of all is said in its course; in the middle of it the gateway ends and begins anew. */
async function aDayWithoutReceivers({ stage, receivers, random, faults, size, chats }: Story): Promise<number> {
  const before = Math.floor(size / 10);
  await stage.say({ count: before, chats });
  await untilTaken(stage, receivers, before);
  const attemptsBefore = receivers.map(({ attempts }) => attempts());
  const end = stage.clock.now() + day;
  stage.clock.run((size > 10 * mostChats ? hoursPerSecond.long : hoursPerSecond.short) * 3_600);
  for (let part = 0; part < parts; part++) {
    // Whoever never heard of an attempt cannot say in which order the first ones came.
    for (const receiver of receivers) {
      receiver.be(random.pick(receiver.name === "plain" ? ["failing", "silent"] : ["failing", "silent", "closed"]));
    }
    const from = before + Math.floor((part * size) / 2 / parts);
    const next = before + Math.floor(((part + 1) * size) / 2 / parts);
    await stage.say({ count: next - from, chats });
    if (part === parts / 2) await stage.restart();
    const until_ = end - ((parts - 1 - part) * day) / parts;
    await until("an hour to pass", () => stage.clock.now() >= until_, patienceMs);
  }
  stage.clock.run(0);
  const counts = receivers.map(({ attempts }, place) => attempts() - (attemptsBefore[place] ?? 0));
  for (const [place, { name, book }] of receivers.entries()) {
    faults.check(book.taken() === before, `taken while it was down: ${book.taken() - before} at ${name}`);
    const count = counts[place] ?? 0;
    faults.check(count < attemptsPerDay + before, `called again and again while it was down: ${count} times, ${name}`);
  }
  return counts.reduce((sum, count) => sum + count, 0);
}

/** In the middle of it the gateway ends once more. */
async function theyReturn({ stage, receivers, size, faults }: Story): Promise<void> {
  for (const receiver of receivers) receiver.be("up");
  const said = Math.floor(size / 10) + Math.floor(size / 2);
  const half = () => receivers.every(({ book }) => book.taken() > said / 2);
  // Left alone for some minutes, they are tried again after them.
  await until("the last attempts to end", () => stage.rig().jobs.underWay() === 0, patienceMs);
  stage.clock.advance(6 * minute);
  await stage.quiet(half);
  await stage.restart();
  await stage.leap();
  for (const { name, book } of receivers) {
    faults.check(book.taken() === said, `not taken after the return: ${said - book.taken()} at ${name}`);
  }
}

/** The rest is said while nobody is told. */
async function aDayWithoutGateway({ stage, receivers, size, chats }: Story): Promise<number> {
  const from = Math.floor(size / 10) + Math.floor(size / 2);
  await stage.restart(async () => {
    await stage.say({ count: size - from, chats });
    stage.clock.advance(day);
  });
  const begun = performance.now();
  await untilTaken(stage, receivers, size);
  return (performance.now() - begun) / 1_000;
}

/** On a busy machine a receiver may have been too late, and is tried again. */
async function untilTaken(stage: Stage, receivers: readonly Receiver[], count: number): Promise<void> {
  const areTaken = () => receivers.every(({ book }) => book.taken() >= count);
  await stage.leap(areTaken);
  if (!areTaken()) throw new Error("not all was taken, and nothing is due any more");
}

async function checkAll({ stage, receivers, faults, size }: Story): Promise<number> {
  await stage.quiet();
  const { store } = stage.rig();
  const wanted: number[] = [];
  for (let after = 0; ; ) {
    const events = await store.journal.after(1, after, 1_000);
    wanted.push(...events.filter(({ type }) => type === "message.received").map(({ id }) => id));
    const last = events.at(-1);
    if (last === undefined) break;
    after = last.id;
  }
  faults.check(wanted.length === size, `in the journal: ${wanted.length}, not ${size}`);
  let lost = 0;
  for (const [place, { name, book }] of receivers.entries()) {
    lost += checkSequences(book, wanted, name, faults);
    const texts = new Set([...book.told.values()].map(({ text }) => text));
    faults.check(texts.size === size, `different words: ${texts.size}, not ${size} at ${name}`);
    const webhook = await stage.rig().find(place + 1);
    faults.check(webhook.state === "active", `its webhook is ${webhook.state}: ${name}`);
    faults.check(webhook.failingSince === null, `said to be failing still: ${name}`);
    const failed = await store.deliveryLog.list({ webhookId: webhook.id, states: ["failed"] }, null, 5);
    faults.check(failed.length === 0, `given up: ${failed.length} and more at ${name}`);
  }
  return lost;
}
