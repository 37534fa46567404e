// The composition root: from settings to a running gateway, every room wired, as one thing that can be closed.
import { join, resolve } from "node:path";
import { parseNetwork } from "./core/addresses.ts";
import { startUp } from "./core/audit.ts";
import { type Clock, second } from "./core/clock.ts";
import { WaygateError } from "./core/errors.ts";
import { createIds, type Ids } from "./core/ids.ts";
import type { Log, LogTail } from "./core/log.ts";
import { createMetrics, type Metrics } from "./core/metrics.ts";
import type { Engine } from "./core/ports.ts";
import { dialectsNamed } from "./dialects/dialects.ts";
import { createDialectFormats } from "./dialects/webhook-formats.ts";
import { openEngine } from "./gateway-engine.ts";
import { controlSocketOf, dataDirOf, masterKeysOf } from "./gateway-places.ts";
import { startServer } from "./http/server.ts";
import { showEvent } from "./http/v1/event-json.ts";
import { startCampaigns } from "./jobs/campaigns.ts";
import { startFileSweeper } from "./jobs/file-sweeper.ts";
import { createForgetter, type Forgetter } from "./jobs/forgetter.ts";
import { startHousekeeping } from "./jobs/housekeeping.ts";
import type { MediaFetcher } from "./jobs/media-fetcher.ts";
import { startScheduler } from "./jobs/scheduler.ts";
import type { Sender } from "./jobs/sender.ts";
import { startWebhooks } from "./jobs/webhooks.ts";
import { type AddressRules, readAddressRules } from "./net/address-rules.ts";
import { createCaller } from "./net/caller.ts";
import { createHttpClient, type HttpClient } from "./net/client.ts";
import { placeOf } from "./net/guarded-url.ts";
import { createOwnPlaces } from "./net/own-places.ts";
import { networkOf } from "./network.ts";
import type { SandboxControl } from "./sandbox/control/actions.ts";
import { type CampaignWriting, createCampaignWriting } from "./services/campaign-writing.ts";
import type { Campaigning } from "./services/campaigns.ts";
import { createServices, type Services } from "./services/services.ts";
import type { ProcessFacts } from "./services/system.ts";
import { createTelling, type Telling } from "./services/telling.ts";
import { openUsageCounts, type UsageCounts } from "./services/usage-counts.ts";
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
  const usageCounts = opened.use(await openUsageCounts({ store, ...surroundings }));
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
    campaigning: null,
    campaignWriting: null,
    usageCounts,
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
  const usageCounts = opened.use(await openUsageCounts({ store, clock, log }));
  const sandbox = config.sandbox ? opened.use(await startSandbox(dataDirOf(config))) : null;
  const own = createOwnPlaces();
  if (sandbox !== null) for (const port of portsOf(sandbox.control)) own.add(port);
  const addressRules = readAddressRules(config.allowPrivateUrls, own);
  const network = networkOf(config, sandbox?.control ?? null);
  const { ids, telling } = tellingOf(store, surroundings);
  const inside = openEngine(network, { config, store, addressRules, ...telling, clock, log });
  const { engine, sender, intake, receipts, told, presences, fetcher, answering } = inside;
  // What is received last is taken in before the store is closed, and no file is being fetched any more.
  opened.use(intake);
  opened.use(receipts);
  opened.use(presences);
  opened.use(told);
  opened.use(fetcher);
  opened.use(engine);
  opened.use(sender);
  const forgetter = opened.use(createForgetter({ store, engine, queueChanged: sender.wake, clock, log }));
  const client = opened.use(createHttpClient({ rules: addressRules, plainHttp: "anywhere", maxRedirects: 3 }));
  const metrics = createMetrics();
  const openCaller = (url: string) => createCaller({ url, rules: addressRules, plainHttp: "listed" });
  const delivering = opened.use(
    await startWebhooks({
      ...{ store, ...telling, answers: answering.webhooks, openCaller },
      ...{ counts: usageCounts, metrics, ids, clock, log },
    }),
  );
  const maxBytes = config.mediaMaxMb * 1024 ** 2;
  const campaignWriting = createCampaignWriting({ store, engine, client, maxBytes, clock });
  const campaigns = { store, engine, writing: campaignWriting, offer: sender.offer, clock, log };
  const campaigning = opened.use(startCampaigns(campaigns));
  const forServices = { campaigning, campaignWriting, delivering, forgetter, client, addressRules, usageCounts };
  const outside = { engine, sending: sender, fetching: fetcher, ...forServices };
  const services = opened.use(await openServices({ config, surroundings, store, metrics, ids, telling, ...outside }));
  if (services.fireSchedule !== null) opened.use(startScheduler({ store, fire: services.fireSchedule, clock, log }));
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

/** Loaded only where it is wanted: WhatsApp's definitions alone are megabytes. */
async function startSandbox(dataDir: string) {
  const { startNetworkWithPeople } = await import("./sandbox/start.ts");
  return startNetworkWithPeople({ folder: join(dataDir, "network") });
}

function portsOf({ endpoint }: SandboxControl): number[] {
  return [endpoint.ws, `https://${endpoint.media}`].map((text) => Number(new URL(text).port));
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
  campaigning: Campaigning | null;
  campaignWriting: CampaignWriting | null;
  usageCounts: UsageCounts;
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
