// T13: every event of the catalogue in every format, signed with secrets of every sort and told to a receiver that checks
// all it gets as the public specification and the documents have it; and whatever is changed on the way is refused.
import { gatewayItself } from "../../../src/core/audit.ts";
import { minute } from "../../../src/core/clock.ts";
import { type EventType, eventTypes } from "../../../src/core/events.ts";
import { createIds } from "../../../src/core/ids.ts";
import { silentLog } from "../../../src/core/log.ts";
import { type WebhookFormatName, webhookFormats } from "../../../src/core/webhook.ts";
import { createDialectFormats } from "../../../src/dialects/webhook-formats.ts";
import { showEvent } from "../../../src/http/v1/event-json.ts";
import { createClientKeys } from "../../../src/services/client-keys.ts";
import { createTelling } from "../../../src/services/telling.ts";
import type { WebhookFormats } from "../../../src/services/webhook-format.ts";
import type { Store } from "../../../src/store/store.ts";
import { webhookCell } from "../../../src/store/webhooks.ts";
import { createFolder } from "../../support/folder.ts";
import { type HttpHost, startHttpHost } from "../../support/http-host.ts";
import { until } from "../../support/until.ts";
import { addWebhook, clockOfRig, fillRig, openRigStore, startRig } from "../../support/webhook-rig.ts";
import { createRandom, type Random } from "../support/random.ts";
import { createFaults, type Faults, type Outcome, type Suite, type SuiteRun, told } from "../support/suite.ts";
import { type Got, isBotwave, isDigest, isStandard, isWapiconnect } from "./checks.ts";
import { checkInPython, type Signed } from "./python.ts";
import { tryRotation } from "./rotation.ts";
import { anySecret, spoiltEvent } from "./texts.ts";

export const signatureSuite: Suite = {
  name: "t13",
  about: "signatures by the public algorithm and the documents' own checks; the size is rounds over all events",
  long: 150,
  short: 2,
  run,
};

const types = Object.keys(eventTypes) as EventType[];
const reference = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  body: Buffer.from('{"test": 2432232314}'),
  headers: {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  },
};
const referenceAt = 1_614_265_330_000;

type World = {
  store: Store;
  formats: WebhookFormats;
  ids: ReturnType<typeof createIds>;
  host: HttpHost;
  clock: ReturnType<typeof clockOfRig>;
  wake(webhookId: number): void;
  apiKey: string;
  random: Random;
  faults: Faults;
  sums: { signed: number; refused: number };
  /** Of the last round. */
  last: (Signed & { format: WebhookFormatName })[];
};

async function run({ size, seed }: SuiteRun): Promise<Outcome> {
  const random = createRandom(seed);
  const faults = createFaults();
  const sums = { signed: 0, refused: 0 };
  faults.check(isStandard(reference, reference.secret, referenceAt), "the reference: the check itself does not hold");
  using folder = createFolder();
  await using host = await startHttpHost((response) => response.end());
  const clock = clockOfRig();
  const store = await openRigStore(folder.path, clock);
  await fillRig(store, clock);
  await using rig = await startRig(store, clock);
  const ids = createIds(store.facts.idAlphabet);
  const others = createDialectFormats;
  const { formats } = createTelling({ store, ids, clock, log: silentLog, show: showEvent, others });
  const session = await store.sessions.find(1);
  if (session === null) throw new Error("there is no session");
  const { secret: apiKey } = await createClientKeys({ store, clock }).ensure(session, gatewayItself);
  const wake = (id: number) => rig.jobs.wake(id);
  const world: World = { ...{ store, formats, ids, host, clock, wake, apiKey }, random, faults, sums, last: [] };
  for (let round = 0; round < size; round++) await tellAll(round, world);
  const python = await checkInPython(world.last, faults);
  const rotated = await tryRotation(Math.max(3, Math.ceil(size / 5)), random, faults);
  return {
    figure: `${types.length} events in ${webhookFormats.length} formats: ${told(sums.signed)} signed and verified, ${told(sums.refused)} mutations refused, ${told(rotated)} attempts around changed secrets, ${python === null ? "no Python here" : `${told(python)} verified in Python`}`,
    faults: faults.list(),
  };
}

/** Every event once in each format that knows of it, all at once, to webhooks with secrets of their own. */
async function tellAll(round: number, world: World): Promise<void> {
  const { store, host, clock, random } = world;
  clock.advance(random.below(100 * minute));
  const secrets = new Map<WebhookFormatName, string>();
  let made = 0;
  host.received.length = 0;
  for (const format of webhookFormats) {
    const secret = anySecret(random);
    secrets.set(format, secret);
    const cell = `round ${round} ${format}`;
    const sealed = store.sealer.seal(Buffer.from(secret), webhookCell("secret", cell));
    // Of nothing but what it is made for below.
    const only = { events: ["webhook.disabled"], sessions: [1] };
    const url = `http://127.0.0.1:${host.port}/${format}`;
    const webhookId = await addWebhook(store, { url, format, cell, secret: sealed, ...only });
    made += await makeDeliveries(webhookId, format, world);
    world.wake(webhookId);
  }
  await until("all to be told", () => host.received.length >= made, 60_000);
  world.last = host.received.map(({ path, headers, body }) => {
    const format = path.slice(1) as WebhookFormatName;
    return { headers: headers as Got["headers"], body, format, secret: secrets.get(format) ?? "" };
  });
  for (const one of world.last) judge(one, world);
}

let lastEvent = 1_000_000;

async function makeDeliveries(webhookId: number, format: WebhookFormatName, world: World): Promise<number> {
  const { store, formats, random, clock } = world;
  const bodies = [];
  const deliveries = [];
  for (const type of types) {
    lastEvent += random.between(1, 2 ** 30);
    const full = spoiltEvent(type, lastEvent, random);
    const body = await formats[format].bodyOf(full);
    if (body === null) continue;
    const about = { eventId: lastEvent, format, lane: random.below(5) };
    bodies.push({ ...about, body });
    deliveries.push({ ...about, type, eventAt: full.event.at });
  }
  const targets = [{ webhookId, cursor: null, deliveries }];
  await store.write("deliveries.fan_out", { accountId: 1, at: clock.now(), bodies, targets });
  return deliveries.length;
}

type Check = (got: Got, secret: string) => boolean;

/** All that a receiver of this format may go by. */
function checksOf(format: WebhookFormatName, now: number): [name: string, holds: Check][] {
  const digest = (header: string): [string, Check] => [header, (got, secret) => isDigest(got, header, secret)];
  const standard: [string, Check] = ["Standard Webhooks", (got, secret) => isStandard(got, secret, now)];
  const native = [standard, digest("x-botwave-signature"), digest("x-botbat-signature")];
  const printed: [string, Check] = ["botwave's own check", isBotwave];
  switch (format) {
    case "native":
      return [...native, printed];
    case "envelope":
      return [...native, printed, digest("x-webhook-signature")];
    case "wapiconnect":
      return [["wapiconnect's own check", isWapiconnect], digest("x-webhook-signature")];
    case "clients":
      return [];
  }
}

function judge({ format, secret, ...got }: World["last"][number], world: World): void {
  const { clock, faults, sums, apiKey, random, ids } = world;
  const now = clock.now();
  const { event } = JSON.parse(got.body.toString());
  const id = got.headers["webhook-id"] ?? "";
  faults.check(ids.read("event", id) !== null, `${format}: webhook-id names no event`);
  faults.check(Number(got.headers["content-length"]) === got.body.length, `${format}: the length is another, ${event}`);
  if (format === "clients") {
    faults.check(got.headers["x-api-key"] === apiKey, `clients: the key is another, ${event}`);
    faults.check(got.headers["webhook-signature"] === undefined, `clients: it is signed with a secret nobody has`);
    sums.signed += 1;
  }
  for (const [name, holds] of checksOf(format, now)) {
    const isRight = faults.check(holds(got, secret), `${format}: ${name} does not hold, ${event} ${got.body}`);
    sums.signed += 1;
    if (!isRight) continue;
    for (const [what, changed, by = secret] of mutations(got, name, secret, random)) {
      faults.check(!holds(changed, by), `${format}: ${name} holds with ${what}, ${event}`);
      sums.refused += 1;
    }
  }
}

type Mutation = [what: string, got: Got, secret?: string];

function mutations({ headers, body }: Got, name: string, secret: string, random: Random): Mutation[] {
  const spoil = (change: (bytes: Buffer) => Buffer): Got => ({ headers, body: change(Buffer.from(body)) });
  const set = (header: string, value: string): Got => ({ headers: { ...headers, [header]: value }, body });
  const place = random.below(body.length - 1);
  const all: Mutation[] = [
    ["another secret", { headers, body }, anySecret(random) + random.word(4)],
    ["no secret", { headers, body }, ""],
    ["a secret that begins otherwise", { headers, body }, secret.replace(/^(whsec_)?./, (head) => otherEnd(head))],
    ["nothing of the body", spoil(() => Buffer.from("{}"))],
    // It is JSON as before.
    ["another digit in the body", spoil((bytes) => Buffer.from(bytes.toString().replace(/\d/, otherDigit)))],
  ];
  // What reads the body as JSON does not see how it is written.
  if (name !== "wapiconnect's own check") {
    all.push(
      ["a bit of the body turned", spoil((bytes) => turned(bytes, place, random))],
      [
        "a byte of the body left out",
        spoil((bytes) => Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + 1)])),
      ],
      ["a blank behind the body", spoil((bytes) => Buffer.concat([bytes, Buffer.from(" ")]))],
    );
  }
  if (name !== "Standard Webhooks") return all;
  const [id = "", stamp = "", signature = ""] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(
    (header) => headers[header] ?? "",
  );
  return [
    ...all,
    ["another id", set("webhook-id", `${id}x`)],
    [
      "a part of the time in the id",
      {
        headers: { ...headers, "webhook-id": `${id}.${stamp.slice(0, 1)}`, "webhook-timestamp": stamp.slice(1) },
        body,
      },
    ],
    ["a second later", set("webhook-timestamp", String(Number(stamp) + 1))],
    ["a second earlier", set("webhook-timestamp", String(Number(stamp) - 1))],
    ["a time out of all tolerance", set("webhook-timestamp", String(Number(stamp) - 301))],
    ["another version", set("webhook-signature", signature.replaceAll("v1,", "v1a,"))],
    ["half a signature", set("webhook-signature", signature.slice(0, signature.length / 2))],
    ["no signature", set("webhook-signature", "")],
  ];
}

const otherEnd = (text: string) => text.slice(0, -1) + (text.endsWith("A") ? "B" : "A");
const otherDigit = (digit: string) => String((Number(digit) + 1) % 10);

function turned(bytes: Buffer, place: number, random: Random): Buffer {
  bytes[place] = (bytes[place] ?? 0) ^ (1 << random.below(8));
  return bytes;
}
