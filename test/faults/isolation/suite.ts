// T5: of twenty receivers one hangs, one drips, one resets and one answers with 64 MB, and the others are told as if they
// did not; and while three hundred hang, files come, requests are answered, and whoever is well is told what happens.
import { randomBytes } from "node:crypto";
import { startRawHost } from "../../support/raw-host.ts";
import { until } from "../../support/until.ts";
import { settledBytes } from "../bombs/memory.ts";
import { link, openWorld, type World } from "../sessions/world.ts";
import { asAdmin, must, request } from "../support/rig.ts";
import { createFaults, type Faults, type Outcome, type Suite, type SuiteRun, told } from "../support/suite.ts";
import { type Receivers, startReceivers } from "./receivers.ts";

export const isolationSuite: Suite = {
  name: "t5",
  about:
    "receivers that hang, drip, reset and never end beside others; the size is messages in each of three stretches",
  long: 1_500,
  short: 20,
  run,
};

const mine = "15550000001";
const others = "15551000003";
const endpoints = 20;
const everyMs = 40;
const hanging = 300;
/** Under way at a time, of those: as many as there may be in all, and as there are when some have been given up. */
const leastHanging = 200;
const requests = 200;
const drainMs = 60_000;
const megabyte = 1024 ** 2;
const mostGrowth = 50 * megabyte;
const mostPerEndpoint = 10;
type Stage = { world: World; receivers: Receivers; faults: Faults };
let words = 0;

async function run({ size }: SuiteRun): Promise<Outcome> {
  const faults = createFaults();
  await using receivers = await startReceivers(endpoints);
  await using world = await openWorld({ WAYGATE_ALLOW_PRIVATE_URLS: "127.0.0.1" });
  for (const number of [mine, others]) world.control.phones.add({ number });
  await link(world, { name: "shop", phone: mine, pacing: "off" });
  for (const url of receivers.urls) await addWebhook(world, url);
  const stage = { world, receivers, faults };
  await stretch(stage, "warming up", Math.min(size, 50));
  const { pid } = world.rig.gateway();
  const before = await settledBytes(pid, 2_000);

  const calm = await stretch(stage, "with all of them well", size);
  receivers.turnBad(true);
  const rough = await stretch(stage, "beside four that are not", size);
  for (const { name, open } of receivers.bad)
    faults.check(open() <= mostPerEndpoint, `one that ${name}: ${open()} connections at a time`);
  receivers.turnBad(false);
  await untilAllTold(stage);
  calm.push(...(await stretch(stage, "with all of them well again", size)));

  const ratio = percentile(rough, 99) / Math.max(percentile(calm, 99), 1);
  const hung = await besideHanging(stage);
  const after = await settledBytes(pid, 20_000, before + mostGrowth);
  const inMb = (bytes: number) => Math.round(bytes / megabyte);
  faults.check(after - before < mostGrowth, `the memory has grown by ${inMb(after - before)} MB and stays so`);
  const both = (delays: number[]) => `${percentile(delays, 50)} and ${percentile(delays, 99)} ms`;
  return {
    figure: `median and p99 of 16 receivers ${both(calm)}, beside four bad ones ${both(rough)}: ${ratio.toFixed(2)} times; ${hung}; memory ${inMb(before)} MB before, ${inMb(after)} MB after`,
    faults: faults.list(),
  };
}

async function addWebhook({ rig }: World, url: string, more: object = {}): Promise<string> {
  const body = { url, events: ["message.received"], timeout_seconds: 5, retry: [1, 2, 4, 8, 16], ...more };
  return (await must<{ id: string }>(`${rig.origin()}/api/v1/webhooks`, { body, headers: asAdmin })).id;
}

/** So many messages, evenly; gives back how long each took to each of the well, when all have all of them. */
async function stretch({ world, receivers, faults }: Stage, what: string, count: number): Promise<number[]> {
  const texts = new Set<string>();
  for (let n = 0; n < count; n++) {
    const text = `word ${words++}`;
    texts.add(text);
    world.control.phones.send(others, { to: mine, text });
    await Bun.sleep(everyMs);
  }
  const of = (all: readonly { text: string }[]) => all.filter(({ text }) => texts.has(text));
  const areThere = () => [...receivers.well.values()].every((all) => of(all).length >= count);
  await until(`all to be told ${what}`, areThere, drainMs).catch((error: Error) => faults.add(error.message));
  for (const [path, all] of receivers.well) {
    const own = of(all).map(({ text }) => text);
    faults.check(own.length === count, `${what}: ${path} was told ${own.length} of ${count}`);
    faults.check(own.join() === [...texts].join(), `${what}: ${path} was told in another order`);
  }
  return [...receivers.well.values()].flatMap((all) =>
    all.filter(({ text }) => texts.has(text)).map(({ delayMs }) => delayMs),
  );
}

/** Those that were bad as well, now that they are not. */
async function untilAllTold({ world, faults }: Stage): Promise<void> {
  const origin = `${world.rig.origin()}/api/v1/webhooks`;
  const { data } = await must<{ data: { id: string }[] }>(`${origin}?limit=200`, { headers: asAdmin });
  const isTold = async ({ id }: { id: string }) => {
    const left = `${origin}/${id}/deliveries?status=pending&limit=1`;
    return (await must<{ data: unknown[] }>(left, { headers: asAdmin })).data.length === 0;
  };
  for (const one of data)
    await until(`${one.id} to be told all`, () => isTold(one), drainMs).catch((error: Error) =>
      faults.add(error.message),
    );
}

/** What of the others' while hundreds hang: a figure, and faults where somebody has to wait for them. */
async function besideHanging(stage: Stage): Promise<string> {
  const { world, faults } = stage;
  await using host = await startRawHost(() => {});
  const ids: string[] = [];
  for (let n = 0; n < hanging; n++)
    ids.push(await addWebhook(world, `http://127.0.0.1:${host.port}/${n}`, { timeout_seconds: 30, retry: [] }));
  world.control.phones.send(others, { to: mine, text: `word ${words++}` });
  const mostly = () => host.open() >= leastHanging;
  await until("hundreds to hang", mostly, 20_000).catch((error: Error) => faults.add(error.message));
  const begun = performance.now();
  const file = fileComes(world);
  const answers = askAround(world);
  const delays = await stretch(stage, `beside ${host.open()} that hang`, 20);
  const [fileMs, asked] = await Promise.all([file, answers]);
  const lastMs = Math.round(performance.now() - begun);
  // Else it would have shown nothing.
  faults.check(mostly(), `only ${host.open()} hang by now`);
  faults.check(asked.failed === 0, `beside those that hang, ${asked.failed} requests were not answered`);
  for (const id of ids)
    await must(`${world.rig.origin()}/api/v1/webhooks/${id}`, { method: "DELETE", headers: asAdmin });
  return `beside ${told(host.received.length)} that hang a file comes in ${fileMs} ms, requests are answered in ${percentile(asked.times, 99)} ms (p99), receivers are told in ${percentile(delays, 99)} ms (p99), all in ${lastMs} ms`;
}

/** From a phone, and from WhatsApp's host, to where it can be had. */
async function fileComes({ control, rig }: World): Promise<number> {
  const begun = performance.now();
  const media = { kind: "document", mimetype: "application/zip", base64: randomBytes(500_000).toString("base64") };
  const { id } = control.phones.send(others, { to: mine, media });
  const isThere = async () => {
    type Shown = { wa_id: string; media: { status: string } | null };
    const { data } = await must<{ data: Shown[] }>(`${rig.origin()}/api/v1/messages?limit=50`, { headers: asAdmin });
    return data.some(({ wa_id, media }) => wa_id === id && media?.status === "stored");
  };
  await until("the file to be here", isThere, drainMs);
  return Math.round(performance.now() - begun);
}

async function askAround({ rig }: World): Promise<{ times: number[]; failed: number }> {
  const times: number[] = [];
  let failed = 0;
  for (let n = 0; n < requests; n++) {
    const begun = performance.now();
    const { status } = await request(`${rig.origin()}/api/v1/sessions`, { headers: asAdmin });
    times.push(Math.round(performance.now() - begun));
    if (status !== 200) failed += 1;
  }
  return { times, failed };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * share) / 100))] ?? 0;
}
