// Everything the gateway can do, wired once over the store and the clock.
import type { Clock } from "../core/clock.ts";
import type { Ids } from "../core/ids.ts";
import type { Log, LogTail } from "../core/log.ts";
import type { Metrics } from "../core/metrics.ts";
import type { Engine } from "../core/ports.ts";
import type { AddressRules } from "../net/address-rules.ts";
import type { HttpClient } from "../net/client.ts";
import type { Store } from "../store/store.ts";
import { createAccounts } from "./accounts.ts";
import { createAudit } from "./audit.ts";
import { createCalls } from "./calls.ts";
import { createCampaignEstimates } from "./campaign-estimates.ts";
import { createCampaignRecipients } from "./campaign-recipients.ts";
import { createCampaignUploads } from "./campaign-upload.ts";
import type { CampaignWriting } from "./campaign-writing.ts";
import { type Campaigning, createCampaigns } from "./campaigns.ts";
import { createChats } from "./chats.ts";
import { createClientKeys } from "./client-keys.ts";
import { createCredentials } from "./credentials.ts";
import { createEventConsumers } from "./event-consumers.ts";
import { createEventFeed } from "./event-feed.ts";
import { createExports } from "./export.ts";
import { createForgetting, type Forgetter } from "./forgetting.ts";
import { createInvites } from "./invites.ts";
import { createKeyReset } from "./key-reset.ts";
import { createKeyUses } from "./key-uses.ts";
import { createKeys } from "./keys.ts";
import { createLogins } from "./logins.ts";
import { createMedia, type Fetching } from "./media.ts";
import { createMediaLinks } from "./media-links.ts";
import { createMessageActions } from "./message-actions.ts";
import { createMessages, type Sending } from "./messages.ts";
import { createPasswords } from "./passwords.ts";
import { createPlans } from "./plans.ts";
import { createPreparer } from "./preparing.ts";
import { createRepeats } from "./repeats.ts";
import { createScheduleContents } from "./schedule-contents.ts";
import { createScheduleFiring } from "./schedule-firing.ts";
import { createSchedules } from "./schedules.ts";
import { createSendEstimates } from "./send-estimates.ts";
import { createSessionPairing } from "./session-pairing.ts";
import { createSessionAsks } from "./session-requests.ts";
import { createSessionRuns } from "./session-runs.ts";
import { createSessions } from "./sessions.ts";
import { createSetup } from "./setup.ts";
import { createSuppressions } from "./suppressions.ts";
import { createSystem, type ProcessFacts } from "./system.ts";
import type { Telling } from "./telling.ts";
import { createUploads } from "./uploads.ts";
import { createUsage } from "./usage.ts";
import type { UsageCounts } from "./usage-counts.ts";
import { createWebhookDeliveries } from "./webhook-deliveries.ts";
import { createWebhooks, type Delivering } from "./webhooks.ts";

export type ServiceNeeds = {
  store: Store;
  /** Null where no session runs: on the command line, beside no gateway. */
  engine: Engine | null;
  sending: Sending | null;
  fetching: Fetching | null;
  forgetter: Forgetter | null;
  /** For addresses that others give; null where none are called. */
  client: HttpClient | null;
  addressRules: AddressRules | null;
  delivering: Delivering | null;
  campaigning: Campaigning | null;
  campaignWriting: CampaignWriting | null;
  usageCounts: UsageCounts;
  telling: Telling;
  clock: Clock;
  log: Log;
  logTail: LogTail;
  ids: Ids;
  metrics: Metrics;
  process: ProcessFacts;
  settings: {
    registration: "closed" | "invite" | "open";
    loginDays: number;
    mediaMaxMb: number;
    uploadsTotalMb: number;
  };
};

export type Services = Awaited<ReturnType<typeof createServices>>;

const mb = 1_024 ** 2;

export async function createServices(needs: ServiceNeeds) {
  const { store, engine, sending, fetching, forgetter, client, clock, log, logTail, ids, metrics } = needs;
  const { addressRules, delivering, campaigning, campaignWriting: writing, usageCounts } = needs;
  const passwords = createPasswords();
  const keyUses = createKeyUses({ store, clock, log });
  const sessionRuns = createSessionRuns({ store, engine, clock, log });
  const clientKeys = createClientKeys({ store, clock });
  const sessions = createSessions({ store, runs: sessionRuns, sending, clientKeys, clock, ids });
  const sessionAsks = createSessionAsks({ engine, clock });
  const { registration, mediaMaxMb, uploadsTotalMb } = needs.settings;
  const repeats = createRepeats({ store, clock });
  const maxBytes = mediaMaxMb * mb;
  const preparer = engine === null ? null : createPreparer({ store, engine, client, maxBytes, clock });
  const messages = createMessages({ store, engine, sending, repeats, preparer, clock });
  const contents = createScheduleContents({ store, client, maxBytes, preparer });
  const schedules = createSchedules({ store, engine, sending, preparer, contents, messages, repeats, clock });
  const accounts = createAccounts({ store, clock, passwords, sessionRuns, registration });
  const credentials = createCredentials({ store, clock, log, keyUses });
  const keys = createKeys({ store, clock });
  const usage = createUsage({ store, counts: usageCounts, clock });
  const { eventBodies } = needs.telling;
  const sendEstimates = createSendEstimates({ store, clock });
  const campaignRecipients = createCampaignRecipients({ store });
  const estimates = createCampaignEstimates({ store, recipients: campaignRecipients, sendEstimates, clock });
  const eventFeed = createEventFeed({ store, bodies: eventBodies, log });
  return {
    ids,
    clock,
    logTail,
    accounts,
    audit: createAudit({ store }),
    campaigns: createCampaigns({ store, writing, campaigning, estimates, messages, sessions, repeats, clock, ids }),
    campaignRecipients,
    campaignUploads: createCampaignUploads({ store, clock }),
    credentials,
    eventBodies,
    eventConsumers: createEventConsumers({ store, clock, ids }),
    eventFeed,
    exports: createExports({ store }),
    forgetting: createForgetting({ store, engine, forgetter, clock, ids }),
    invites: createInvites({ store, clock }),
    keys,
    keyReset: createKeyReset({ store, clock, credentials, keys }),
    clientKeys,
    logins: createLogins({ store, clock, passwords, loginDays: needs.settings.loginDays }),
    calls: createCalls({ store }),
    chats: createChats({ store, asks: sessionAsks, clock }),
    messages,
    messageActions: createMessageActions({ store, engine, sending, repeats, messages, clock }),
    media: createMedia({ store, engine, fetching, clock }),
    mediaLinks: createMediaLinks({ store, ids, clock }),
    plans: createPlans({ store, clock }),
    schedules,
    /** Null where no session runs. */
    fireSchedule:
      engine === null || preparer === null
        ? null
        : createScheduleFiring({ store, engine, sending, preparer, clock, log }),
    sendEstimates,
    sessions,
    sessionRuns,
    sessionPairing: createSessionPairing({ store, engine }),
    sessionAsks,
    setup: await createSetup({ accounts, clock }),
    suppressions: createSuppressions({ store, clock }),
    system: createSystem({ store, clock, metrics, process: needs.process }),
    uploads: createUploads({ store, clock, maxBytes: mediaMaxMb * mb, totalBytes: uploadsTotalMb * mb }),
    usage,
    usageCounts,
    webhooks: createWebhooks({ store, delivering, sessions, addressRules, clock, ids }),
    webhookDeliveries: createWebhookDeliveries({ store, ...needs.telling, delivering, usage, clock, ids }),
    async [Symbol.asyncDispose]() {
      eventFeed[Symbol.dispose]();
      await keyUses[Symbol.asyncDispose]();
    },
  };
}
