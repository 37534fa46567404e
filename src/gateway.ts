// The composition root: from settings to a running gateway, every room wired, as one thing that can be closed.
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseNetwork } from "./core/addresses.ts";
import { startUp } from "./core/audit.ts";
import { type Clock, second } from "./core/clock.ts";
import { WaygateError } from "./core/errors.ts";
import { createIds, type Ids } from "./core/ids.ts";
import type { Log, LogTail } from "./core/log.ts";
import { createMetrics, type Metrics } from "./core/metrics.ts";
import type { Engine } from "./core/ports.ts";
import { parseMasterKey } from "./core/sealing.ts";
import type { SignalMemory } from "./core/signal-memory.ts";
import { dialectsNamed } from "./dialects/dialects.ts";
import { createDialectFormats } from "./dialects/webhook-formats.ts";
import { createEngine } from "./engine/fleet.ts";
import { createFfmpeg } from "./engine/media/prepare/ffmpeg.ts";
import type { Network } from "./engine/network.ts";
import { startServer } from "./http/server.ts";
import { showEvent } from "./http/v1/event-json.ts";
import { startFileSweeper } from "./jobs/file-sweeper.ts";
import { createForgetter, type Forgetter } from "./jobs/forgetter.ts";
import { startHousekeeping } from "./jobs/housekeeping.ts";
import { createIntake } from "./jobs/intake.ts";
import { createMediaFetcher, type MediaFetcher } from "./jobs/media-fetcher.ts";
import { createReceipts } from "./jobs/receipts.ts";
import { createSender, type Sender } from "./jobs/sender.ts";
import { createTold } from "./jobs/told.ts";
import { startWebhooks } from "./jobs/webhooks.ts";
import { type AddressRules, readAddressRules } from "./net/address-rules.ts";
import { createCaller } from "./net/caller.ts";
import { createHttpClient, type HttpClient } from "./net/client.ts";
import { placeOf } from "./net/guarded-url.ts";
import { createOwnPlaces } from "./net/own-places.ts";
import { networkOf } from "./network.ts";
import type { SandboxControl } from "./sandbox/control/actions.ts";
import { createAnswering } from "./services/answering.ts";
import { createKnownGroups } from "./services/groups.ts";
import { createServices, type Services } from "./services/services.ts";
import { createSessionReports } from "./services/session-reports.ts";
import type { ProcessFacts } from "./services/system.ts";
import { createTelling, type Telling } from "./services/telling.ts";
import type { Delivering } from "./services/webhooks.ts";
import { type Config, SettingFault } from "./settings.ts";
import { openStore, type Store } from "./store/store.ts";
import { setupPages } from "./web/pages.ts";

export type Surroundings = { clock: Clock; log: Log; logTail: LogTail; process: ProcessFacts };

/** The inside without anything that listens: what the command line works on when no gateway runs. */
export type Core = AsyncDisposable & { store: Store; services: Services };

export type Gateway = AsyncDisposable & {
  readonly services: Services;
  /** Where it listens. */
  readonly url: URL;
  /** Where people reach it: the public URL, if there is one. */
  readonly shownUrl: string;
  /** Settles when it cannot go on; whoever started it should end it. */
  readonly failed: Promise<Error>;
  /** Which WhatsApp its sessions connect to. */
  readonly network: Engine["network"];
  /** The network in the box: how its phones are called. Null without --sandbox. */
  readonly sandboxPhones: { number: string; name: string }[] | null;
  /** The first start's link; null once there is an admin. */
  readonly setupLink: string | null;
};

export async function openCore(config: Config, surroundings: Surroundings, doing: string): Promise<Core> {
  await using opened = new AsyncDisposableStack();
  const store = opened.use(await openStoreOf(config, surroundings, doing));
  const inside = {
    config,
    surroundings,
    store,
    metrics: createMetrics(),
    engine: null,
    sending: null,
    fetching: null,
    forgetter: null,
    client: null,
    addressRules: null,
    delivering: null,
    ...tellingOf(store, surroundings),
  };
  const services = opened.use(await openServices(inside));
  const keep = opened.move();
  return { store, services, [Symbol.asyncDispose]: () => keep.disposeAsync() };
}

export async function openGateway(config: Config, surroundings: Surroundings): Promise<Gateway> {
  const { clock, log } = surroundings;
  await using opened = new AsyncDisposableStack();
  const store = opened.use(await openStoreOf(config, surroundings, "serve"));
  const sandbox = config.sandbox ? opened.use(await startSandbox(dataDirOf(config))) : null;
  const own = createOwnPlaces();
  if (sandbox !== null) for (const port of portsOf(sandbox.control)) own.add(port);
  const addressRules = readAddressRules(config.allowPrivateUrls, own);
  const network = networkOf(config, sandbox?.control ?? null);
  const { ids, telling } = tellingOf(store, surroundings);
  const inside = openEngine(network, { config, surroundings, store, addressRules, ...telling });
  const { engine, sender, intake, receipts, told, fetcher, answering } = inside;
  // What is received last is taken in before the store is closed, and no file is being fetched any more.
  opened.use(intake);
  opened.use(receipts);
  opened.use(told);
  opened.use(fetcher);
  opened.use(engine);
  opened.use(sender);
  const forgetter = opened.use(createForgetter({ store, engine, queueChanged: sender.wake, clock, log }));
  const client = opened.use(createHttpClient({ rules: addressRules, plainHttp: "anywhere", maxRedirects: 3 }));
  const metrics = createMetrics();
  const openCaller = (url: string) => createCaller({ url, rules: addressRules, plainHttp: "listed" });
  const delivering = opened.use(
    await startWebhooks({ store, ...telling, answers: answering.webhooks, openCaller, ids, clock, log }),
  );
  const outside = { engine, sending: sender, fetching: fetcher, forgetter, client, addressRules, delivering };
  const services = opened.use(await openServices({ config, surroundings, store, metrics, ids, telling, ...outside }));
  const mediaTotalBytes = config.mediaTotalMb === 0 ? null : config.mediaTotalMb * 1024 ** 2;
  const keptDays = { events: config.eventDays, deliveries: config.deliveryDays, bodies: config.deliveryBodyDays };
  opened.use(startHousekeeping({ store, clock, log, mediaTotalBytes, keptDays }));
  opened.use(startFileSweeper({ store, log }));
  await setUpUnattended(config, services, log);
  const publicUrl = config.publicUrl === null ? null : new URL(config.publicUrl);
  const server = opened.use(
    startServer({
      services,
      clock,
      log,
      metrics,
      jwtSecret: store.facts.jwtSecret,
      pages: setupPages,
      dialects: dialectsNamed(config.dialects),
      dialectLimits: config,
      host: config.host,
      port: config.port,
      controlSocket: controlSocketOf(dataDirOf(config)),
      sandbox: sandbox?.control ?? null,
      publicUrl,
      trustedProxies: config.trustedProxies.flatMap((text) => parseNetwork(text) ?? []),
      corsOrigins: config.corsOrigins,
      addressRequestsPerMinute: config.addressRequestsPerMinute,
      bodyLimitBytes: config.bodyLimitKb * 1024,
      fileLimitBytes: config.mediaMaxMb * 1024 ** 2,
      graceMs: config.shutdownGraceSeconds * second,
    }),
  );
  own.add(placeOf(server.url).port);
  await services.sessionRuns.resumeAll();
  const shownUrl = (publicUrl ?? reachable(server.url)).href.replace(/\/+$/, "");
  store.announce({ url: shownUrl });
  const token = (await services.setup.isDone()) ? null : services.setup.token;
  const keep = opened.move();
  return {
    services,
    url: server.url,
    shownUrl,
    failed: store.failed,
    network: engine.network,
    sandboxPhones: sandbox?.control.phones.list() ?? null,
    setupLink: token === null ? null : `${shownUrl}/setup#token=${token}`,
    [Symbol.asyncDispose]: () => keep.disposeAsync(),
  };
}

type EngineNeeds = Pick<Inside, "config" | "surroundings" | "store"> & Telling & { addressRules: AddressRules };

/** What brings a session up wakes whoever sends for it, and what it receives whoever takes it in. */
function openEngine(network: Network, { config, surroundings, store, addressRules, formats }: EngineNeeds) {
  const { clock, log } = surroundings;
  if (network.kind !== "whatsapp") {
    log.warn({ network: network.kind, url: network.url }, "this is not WhatsApp: sessions connect to another network");
  }
  const write = createSessionReports({ store, log, network: network.rootKey });
  const engine = createEngine({
    network,
    openMemory: async (id) => telling(await store.signal.open(id), () => intake.wake(id)),
    receipts: (id, values) => receipts.take(id, values),
    past: (id, value) => intake.past(id, value),
    told: (id, value) => told.take(id, value),
    findSent: (id, waId) => store.outbox.contentOf(id, waId) ?? store.actions.contentOf(id, waId),
    report: async (report) => {
      await write(report);
      if (report.status !== "connected") return;
      sender.wake(report.sessionId);
      fetcher.connected(report.sessionId);
      intake.connected(report.sessionId);
    },
    clock,
    log,
    addressRules,
    keepAliveMs: config.waKeepAliveSeconds * second,
    folder: store.temporary.path,
    ...(config.ffmpeg === null ? {} : { transcode: createFfmpeg({ program: programOf(config.ffmpeg) }) }),
  });
  const sender = createSender({ store, engine, clock, log });
  const fetcher = createMediaFetcher({ store, engine, clock, log, maxBytes: config.mediaMaxMb * 1024 ** 2 });
  const groups = createKnownGroups({ store, engine, clock });
  const intake = createIntake({
    store,
    groups,
    reader: engine.reader,
    fileWanted: fetcher.wake,
    someoneWrote: sender.someoneWrote,
    clock,
    log,
  });
  const answering = createAnswering({ store, engine, formats, wake: sender.wake, clock, log });
  const told = createTold({ store, reader: engine.reader, fileWanted: fetcher.wake, ...answering, clock, log });
  const receipts = createReceipts({ store, delivered: sender.heard, clock });
  return { engine, sender, intake, receipts, told, fetcher, answering };
}

/** Where it is, found as a shell would find it. */
function programOf(name: string): string {
  const program = Bun.which(name);
  if (program === null) throw new SettingFault("ffmpeg", "there is no such program");
  return program;
}

/** `received` once there is something in the inbox. */
function telling(memory: SignalMemory, received: () => void): SignalMemory {
  return {
    ...memory,
    async commit(changes) {
      await memory.commit(changes);
      if (changes.opened.length > 0) received();
    },
  };
}

/** The sandbox keeps its own data: nothing of it can get among the real numbers. */
export function dataDirOf(config: Config): string {
  return config.sandbox ? join(config.dataDir, "sandbox") : config.dataDir;
}

/** Loaded only where it is wanted: WhatsApp's definitions alone are megabytes. */
async function startSandbox(dataDir: string) {
  const { startNetworkWithPeople } = await import("./sandbox/start.ts");
  return startNetworkWithPeople({ folder: join(dataDir, "network") });
}

function portsOf({ endpoint }: SandboxControl): number[] {
  return [endpoint.ws, `https://${endpoint.media}`].map((text) => Number(new URL(text).port));
}

/** In the data directory, unless its path is too long for a socket: then in the system's own folder, under its digest. */
export function controlSocketOf(dataDir: string): string {
  const usual = join(resolve(dataDir), "control.sock");
  if (Buffer.byteLength(usual) <= maxSocketPath) return usual;
  const digest = createHash("sha256").update(resolve(dataDir)).digest("hex").slice(0, 16);
  return join(tmpdir(), `waygate-${digest}.sock`);
}

const maxSocketPath = 100;

/** The key in use first, then the one before it. */
export function masterKeysOf(config: Config): Uint8Array[] {
  return [config.masterKey, config.masterKeyPrevious].flatMap((text) => {
    const key = text === null ? null : parseMasterKey(text);
    return key === null ? [] : [key];
  });
}

function openStoreOf(config: Config, { clock, log, process }: Surroundings, doing: string): Promise<Store> {
  const runner = { pid: process.pid, doing };
  return openStore({ dataDir: resolve(dataDirOf(config)), masterKeys: masterKeysOf(config), runner, clock, log });
}

type Inside = {
  config: Config;
  surroundings: Surroundings;
  store: Store;
  metrics: Metrics;
  engine: Engine | null;
  sending: Sender | null;
  fetching: MediaFetcher | null;
  forgetter: Forgetter | null;
  client: HttpClient | null;
  addressRules: AddressRules | null;
  delivering: Delivering | null;
  ids: Ids;
  telling: Telling;
};

function openServices({ config, surroundings, ...rest }: Inside): Promise<Services> {
  return createServices({ ...surroundings, ...rest, settings: config });
}

function tellingOf(store: Store, { clock, log }: Surroundings): { ids: Ids; telling: Telling } {
  const ids = createIds(store.facts.idAlphabet);
  return { ids, telling: createTelling({ store, ids, clock, log, show: showEvent, others: createDialectFormats }) };
}

/** The first admin, from the settings, for a first start without a person; nothing once there is one. */
async function setUpUnattended(config: Config, services: Services, log: Log): Promise<void> {
  const { adminUsername: username, adminPassword: password, adminApiKey: apiKey } = config;
  if ((username ?? password ?? apiKey) === null || (await services.accounts.hasAdmin())) return;
  if (password === null && apiKey === null) {
    throw new SettingFault("adminUsername", "an admin needs admin_password or admin_api_key as well");
  }
  try {
    const made = await services.accounts.setUpUnattended({ username, password, apiKey }, startUp);
    log.info({ username: made.username }, "the admin has been made from the settings");
  } catch (error) {
    if (error instanceof WaygateError && error.code === "invalid")
      throw new SettingFault("adminPassword", error.message);
    throw error;
  }
}

/** An address that listens everywhere is reached by this machine's own name for itself. */
function reachable(url: URL): URL {
  const shown = new URL(url);
  if (shown.hostname === "0.0.0.0" || shown.hostname === "[::]") shown.hostname = "localhost";
  return shown;
}
