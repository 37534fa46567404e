// Durable memory, opened: named transactions into the writer's thread, queries by noun on a reading connection.
import { randomBytes, randomInt } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import type { Clock } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import { makeIdAlphabet } from "../core/ids.ts";
import type { Log } from "../core/log.ts";
import { createSealer, type Sealer } from "../core/sealing.ts";
import type { Session } from "../core/session.ts";
import { accountQueries } from "./accounts.ts";
import { actionQueries } from "./actions.ts";
import { auditQueries } from "./audit.ts";
import { callQueries } from "./calls.ts";
import { feedingQueries } from "./campaign-feeding.ts";
import { recipientQueries } from "./campaign-recipients.ts";
import { campaignQueries } from "./campaigns.ts";
import { chatQueries } from "./chats.ts";
import { contactQueries } from "./contacts.ts";
import type { CopierAnswer, CopierMessage } from "./copier.ts";
import type { Copy } from "./copies.ts";
import { dailySendQueries } from "./daily-sends.ts";
import { databaseFile, occupyDataDirectory, type Runner } from "./data-directory.ts";
import { handleOf, openReader } from "./database.ts";
import { deliveryQueries } from "./deliveries.ts";
import { deliveryLogQueries } from "./delivery-log.ts";
import { eventConsumerQueries } from "./event-consumers.ts";
import { exportQueries } from "./export.ts";
import { fileQueries } from "./file-rows.ts";
import { forgettingQueries } from "./forgetting.ts";
import { groupQueries } from "./groups.ts";
import { createHeldKeys, createHeldSessions } from "./held.ts";
import { idempotencyQueries } from "./idempotency.ts";
import { inboxQueries } from "./inbox.ts";
import { type InstallationFacts, installationQueries, openFacts, resealed, sealFacts } from "./installation.ts";
import { inviteQueries } from "./invites.ts";
import { journalQueries } from "./journal.ts";
import { type KeyHolder, keyQueries } from "./keys.ts";
import { openLane, type Write } from "./lane.ts";
import { loginQueries } from "./logins.ts";
import { loadMasterKeys } from "./master-key.ts";
import { mediaQueries } from "./media.ts";
import { type MediaFiles, mediaFiles } from "./media-files.ts";
import { mediaRetentionQueries } from "./media-retention.ts";
import { messageQueries } from "./messages.ts";
import { outboxQueries } from "./outbox.ts";
import { pacingQueries } from "./pacing.ts";
import { planQueries } from "./plans.ts";
import { presenceQueries } from "./presence.ts";
import { resealSignal } from "./reseal.ts";
import { responseQueries } from "./responses.ts";
import { retentionQueries } from "./retention.ts";
import { scheduleQueries } from "./schedules.ts";
import { upgradeDatabase } from "./schema.ts";
import { sessionQueries } from "./sessions.ts";
import { type SignalMemories, signalMemories } from "./signal.ts";
import { suppressionQueries } from "./suppressions.ts";
import { makeTemporaryFolder, type TemporaryFolder } from "./temporary-folder.ts";
import { threadUrl } from "./threads.ts";
import { uploadQueries } from "./uploads.ts";
import { usageQueries } from "./usage.ts";
import { webhookFigureQueries } from "./webhook-figures.ts";
import { webhookQueries } from "./webhooks.ts";

export type StoreOptions = {
  dataDir: string;
  masterKeys: readonly Uint8Array[];
  /** For whoever finds the directory taken. */
  runner: Runner;
  clock: Clock;
  log: Log;
};

export type StoreSizes = { databaseBytes: number; walBytes: number; writerDepth: number };

export type Store = AsyncDisposable & {
  write: Write;
  /** For what nobody waits for: it goes to the disk with whatever is written next. */
  writeSoon: Write;
  /** For readers who must see that. */
  written(): Promise<void>;
  accounts: ReturnType<typeof accountQueries>;
  actions: ReturnType<typeof actionQueries>;
  audit: ReturnType<typeof auditQueries>;
  campaigns: ReturnType<typeof campaignQueries>;
  campaignFeeding: ReturnType<typeof feedingQueries>;
  campaignRecipients: ReturnType<typeof recipientQueries>;
  idempotency: ReturnType<typeof idempotencyQueries>;
  invites: ReturnType<typeof inviteQueries>;
  journal: ReturnType<typeof journalQueries>;
  keys: ReturnType<typeof keyQueries>;
  logins: ReturnType<typeof loginQueries>;
  calls: ReturnType<typeof callQueries>;
  chats: ReturnType<typeof chatQueries>;
  contacts: ReturnType<typeof contactQueries>;
  deliveries: ReturnType<typeof deliveryQueries>;
  deliveryLog: ReturnType<typeof deliveryLogQueries>;
  inbox: ReturnType<typeof inboxQueries>;
  messages: ReturnType<typeof messageQueries>;
  media: ReturnType<typeof mediaQueries>;
  mediaRetention: ReturnType<typeof mediaRetentionQueries>;
  files: MediaFiles;
  temporary: TemporaryFolder;
  eventConsumers: ReturnType<typeof eventConsumerQueries>;
  export: ReturnType<typeof exportQueries>;
  fileRows: ReturnType<typeof fileQueries>;
  groups: ReturnType<typeof groupQueries>;
  forgettings: ReturnType<typeof forgettingQueries>;
  outbox: ReturnType<typeof outboxQueries>;
  pacing: ReturnType<typeof pacingQueries>;
  plans: ReturnType<typeof planQueries>;
  presence: ReturnType<typeof presenceQueries>;
  responses: ReturnType<typeof responseQueries>;
  retention: ReturnType<typeof retentionQueries>;
  schedules: ReturnType<typeof scheduleQueries>;
  signal: SignalMemories;
  sessions: ReturnType<typeof sessionQueries>;
  suppressions: ReturnType<typeof suppressionQueries>;
  uploads: ReturnType<typeof uploadQueries>;
  usage: ReturnType<typeof usageQueries>;
  dailySends: ReturnType<typeof dailySendQueries>;
  webhooks: ReturnType<typeof webhookQueries>;
  webhookFigures: ReturnType<typeof webhookFigureQueries>;
  facts: InstallationFacts;
  sealer: Sealer;
  announce(facts: { url: string }): void;
  /** Told of every commit, by the names of what was in it, before those who asked for it; ends with what it gives. */
  onCommit(tell: (names: readonly string[]) => void): () => void;
  backup(target: string): Promise<Copy>;
  /** Everything into the file itself, and nothing left of what it was before. False while somebody reads. */
  checkpoint(): Promise<boolean>;
  sizes(): StoreSizes;
  /** Settles when nothing can be written any more. */
  failed: Promise<Error>;
};

export async function openStore(options: StoreOptions): Promise<Store> {
  const { dataDir, clock, log } = options;
  await using opened = new AsyncDisposableStack();
  const directory = opened.adopt(occupyDataDirectory(dataDir, options.runner, clock.now()), (held) => held.close());
  upgradeDatabase({ dataDir, wasLeftOpen: directory.wasLeftOpen, now: clock.now(), log });
  const file = databaseFile(dataDir);
  const held = { keys: createHeldKeys<KeyHolder>(), sessions: createHeldSessions<Session>() };
  const failure = Promise.withResolvers<Error>();
  const listeners = new Set<(names: readonly string[]) => void>();
  const lane = opened.adopt(
    await openLane(file, threadUrl("writer"), {
      failed: failure.resolve,
      committed(names) {
        for (const one of Object.values(held)) one.committed(names);
        for (const tell of listeners) tell(names);
      },
    }),
    (lane) => lane.close(),
  );
  const client = opened.adopt(openReader(file), (reader) => reader.close());
  const db = handleOf(client);

  const installation = installationQueries(db);
  const isNew = (await installation.rows()).length === 0;
  const sealer = createSealer(loadMasterKeys({ given: options.masterKeys, dataDir, mayMake: isNew }));
  if (isNew) {
    const facts = { idAlphabet: makeIdAlphabet(randomInt), jwtSecret: randomBytes(32) };
    await lane.write("installation.create", { rows: sealFacts(facts, sealer), createdAt: clock.now() });
  }
  const rows = await installation.rows();
  const facts = openFacts(rows, sealer);
  const stale = resealed(rows, facts, sealer);
  if (stale.length > 0) await lane.write("installation.reseal", { rows: stale });
  const sessions = sessionQueries(db, { held: held.sessions, sealer });
  const keys = keyQueries(db, { held: held.keys, sealer });
  const webhooks = webhookQueries(db, sealer);
  // With one key alone nothing can be sealed with another.
  if (options.masterKeys.length > 1) {
    await lane.write("sessions.reseal", { rows: await sessions.stale() });
    await lane.write("keys.reseal", { rows: await keys.stale() });
    await lane.write("webhooks.reseal", { rows: await webhooks.stale() });
    await resealSignal(db, sealer, lane.write);
  }

  const keep = opened.move();
  return {
    write: lane.write,
    writeSoon: lane.writeSoon,
    written: lane.written,
    accounts: accountQueries(db),
    actions: actionQueries(db),
    audit: auditQueries(db),
    campaigns: campaignQueries(db),
    campaignFeeding: feedingQueries(db),
    campaignRecipients: recipientQueries(db),
    idempotency: idempotencyQueries(db),
    invites: inviteQueries(db),
    journal: journalQueries(db),
    keys,
    logins: loginQueries(db),
    calls: callQueries(db),
    chats: chatQueries(db),
    contacts: contactQueries(db),
    deliveries: deliveryQueries(db),
    deliveryLog: deliveryLogQueries(db),
    inbox: inboxQueries(db),
    messages: messageQueries(db),
    media: mediaQueries(db),
    mediaRetention: mediaRetentionQueries(db),
    files: mediaFiles(dataDir, clock),
    temporary: makeTemporaryFolder(dataDir),
    eventConsumers: eventConsumerQueries(db),
    export: exportQueries(db),
    fileRows: fileQueries(db),
    groups: groupQueries(db),
    forgettings: forgettingQueries(db),
    outbox: outboxQueries(db),
    pacing: pacingQueries(db),
    plans: planQueries(db),
    presence: presenceQueries(db),
    responses: responseQueries(db),
    retention: retentionQueries(db),
    schedules: scheduleQueries(db),
    signal: signalMemories(db, { write: lane.write, sealer, clock }),
    sessions,
    suppressions: suppressionQueries(db),
    uploads: uploadQueries(db),
    usage: usageQueries(db),
    dailySends: dailySendQueries(db),
    webhooks,
    webhookFigures: webhookFigureQueries(db),
    facts,
    sealer,
    announce: directory.announce,
    onCommit(tell) {
      listeners.add(tell);
      return () => void listeners.delete(tell);
    },
    failed: failure.promise,
    checkpoint: lane.checkpoint,
    backup: (target) => copyInThread({ source: file, target }),
    sizes: () => ({ databaseBytes: sizeOf(file), walBytes: sizeOf(`${file}-wal`), writerDepth: lane.depth() }),
    [Symbol.asyncDispose]: () => keep.disposeAsync(),
  };
}

function copyInThread(message: CopierMessage): Promise<Copy> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(threadUrl("copier"), { name: "copier" });
    worker.onmessage = ({ data }: MessageEvent<CopierAnswer>) => {
      worker.terminate();
      if ("copy" in data) resolve(data.copy);
      else reject(new WaygateError("unavailable", data.fault));
    };
    worker.onerror = (event) => {
      worker.terminate();
      reject(new WaygateError("unavailable", `The copy failed: ${event.message}`));
    };
    worker.postMessage(message);
  });
}

function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}
