// The part of the composition root between the store and WhatsApp: the engine, and the jobs that it wakes and that serve it.
import { type Clock, second } from "./core/clock.ts";
import type { Log } from "./core/log.ts";
import type { SignalMemory } from "./core/signal-memory.ts";
import { createEngine } from "./engine/fleet.ts";
import { createFfmpeg } from "./engine/media/prepare/ffmpeg.ts";
import type { Network } from "./engine/network.ts";
import { createIntake } from "./jobs/intake.ts";
import { createMediaFetcher } from "./jobs/media-fetcher.ts";
import { createPresences } from "./jobs/presences.ts";
import { createReceipts } from "./jobs/receipts.ts";
import { createSender } from "./jobs/sender.ts";
import { createTold } from "./jobs/told.ts";
import type { AddressRules } from "./net/address-rules.ts";
import { createAnswering } from "./services/answering.ts";
import { createKnownGroups } from "./services/groups.ts";
import { createSessionReports } from "./services/session-reports.ts";
import type { Telling } from "./services/telling.ts";
import { type Config, SettingFault } from "./settings.ts";
import type { Store } from "./store/store.ts";

type EngineNeeds = Pick<Telling, "formats"> & {
  config: Config;
  store: Store;
  addressRules: AddressRules;
  clock: Clock;
  log: Log;
};

/** What brings a session up wakes whoever sends for it, and what it receives whoever takes it in. */
export function openEngine(network: Network, { config, store, addressRules, formats, clock, log }: EngineNeeds) {
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
      presences.connected(report.sessionId);
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
  const presences = createPresences({ store, engine, clock, log });
  const heard = { reader: engine.reader, fileWanted: fetcher.wake, presences, ...answering };
  const told = createTold({ store, ...heard, clock, log });
  const receipts = createReceipts({ store, delivered: sender.heard, clock });
  return { engine, sender, intake, receipts, told, presences, fetcher, answering };
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
