// Webhooks without a WhatsApp: a store with a session in it whose people say things, the jobs that tell of them, and
// receivers that are real servers. The clock stands still until it is moved.
import { commandLine } from "../../src/core/audit.ts";
import type { Clock } from "../../src/core/clock.ts";
import { createIds } from "../../src/core/ids.ts";
import { silentLog } from "../../src/core/log.ts";
import { createMetrics } from "../../src/core/metrics.ts";
import { usualSettings } from "../../src/core/session.ts";
import type { Webhook } from "../../src/core/webhook.ts";
import { createDialectFormats } from "../../src/dialects/webhook-formats.ts";
import { showEvent } from "../../src/http/v1/event-json.ts";
import { startWebhooks, type WebhookJobs, type WebhookNeeds } from "../../src/jobs/webhooks.ts";
import { createCaller } from "../../src/net/caller.ts";
import { createTelling } from "../../src/services/telling.ts";
import { openUsageCounts } from "../../src/services/usage-counts.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { type NewWebhook, webhookCell } from "../../src/store/webhooks.ts";
import { anywhere } from "./addresses.ts";
import { createTestClock } from "./clock.ts";
import { alice, keyOf, said, text } from "./inbox.ts";

export const clockOfRig = createTestClock;
export const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

export async function openRigStore(dataDir: string, clock: Clock): Promise<Store> {
  const runner = { pid: process.pid, doing: "test" };
  return openStore({ dataDir, masterKeys: [], runner, clock, log: silentLog });
}

/** Once for a folder. */
export async function fillRig(store: Store, clock: Clock, plan = "unlimited"): Promise<number> {
  const at = clock.now();
  const entry = { actor: commandLine, accountId: 0, target: null, detail: {}, at } as const;
  const planId = (await store.plans.findByName(plan))!.id;
  const account = { username: "ada", email: null, passwordHash: null, role: "user", planId, createdAt: at } as const;
  const accountId = await store.write("accounts.create", { account, event: { ...entry, action: "account.created" } });
  const session = {
    ...{ accountId, name: "shop", label: null, settings: usualSettings, proxy: null, isWanted: false, createdAt: at },
  };
  return store.write("sessions.create", { session, event: { ...entry, action: "session.created" } });
}

let cells = 0;

export async function addWebhook(store: Store, changes: Partial<NewWebhook> & { url: string }): Promise<number> {
  const cell = `cell ${cells++} of ${process.pid}`;
  const sealed = store.sealer.seal(Buffer.from(secret), webhookCell("secret", cell));
  const webhook: NewWebhook = {
    ...{ accountId: 1, cell, description: null, format: "native", events: ["message.received"], sessions: null },
    ...{ chats: null, headers: null, secret: sealed, timeoutMs: 2_000, isOrdered: false, retry: "default" },
    ...{ state: "active", createdAt: 0 },
    ...changes,
  };
  const event = {
    actor: commandLine,
    accountId: 1,
    target: null,
    detail: {},
    at: 0,
    action: "webhook.created",
  } as const;
  return store.write("webhooks.create", { webhook, event });
}

/** So many messages at once, each in the group with that number. */
export async function say(
  store: Store,
  clock: Clock,
  words: readonly { group: number; text: string }[],
): Promise<void> {
  const values = words.map(({ group, text: word }) => {
    const jid = `1203630000000${String(group).padStart(5, "0")}@g.us`;
    const key = keyOf({ kind: "group", jid }, `W ${word}`, alice);
    return { ...said(key, text(word)), at: clock.now() };
  });
  await store.write("intake.take", { sessionId: 1, arrived: [{ inboxId: null, values }], at: clock.now() });
}

export type Rig = AsyncDisposable & { store: Store; jobs: WebhookJobs; find(id: number): Promise<Webhook> };

/** On a store that is filled; both end with it. */
export async function startRig(
  store: Store,
  clock: Clock,
  more: Partial<Pick<WebhookNeeds, "openCaller" | "random" | "answers" | "metrics">> = {},
): Promise<Rig> {
  const ids = createIds(store.facts.idAlphabet);
  const others = createDialectFormats;
  const { formats, maker } = createTelling({ store, ids, clock, log: silentLog, show: showEvent, others });
  const openCaller = (url: string) => createCaller({ url, rules: anywhere, plainHttp: "listed" });
  // Half is what a schedule says, neither more nor less.
  const given = { openCaller, answers: null, metrics: createMetrics(), random: () => 0.5, ...more };
  const counts = await openUsageCounts({ store, clock, log: silentLog });
  const jobs = await startWebhooks({ store, maker, formats, counts, ids, clock, log: silentLog, ...given });
  return {
    store,
    jobs,
    find: async (id) => (await store.webhooks.find(id))!,
    async [Symbol.asyncDispose]() {
      await jobs[Symbol.asyncDispose]();
      await counts[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** What a receiver got, in its order: the texts of messages. */
export function textsIn(received: readonly { body: Buffer }[]): string[] {
  return received.map(({ body }) => JSON.parse(body.toString()).text);
}
