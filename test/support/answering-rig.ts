// Webhooks whose receivers answer, without a WhatsApp: what is said because of it is kept, and goes nowhere.
import type { Clock } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import { createEngine } from "../../src/engine/fleet.ts";
import { createAnswers } from "../../src/services/answers.ts";
import { createWebhookAnswers } from "../../src/services/webhook-answers.ts";
import type { Store } from "../../src/store/store.ts";
import { anywhere } from "./addresses.ts";
import { keyOf, said, text } from "./inbox.ts";
import { fillRig, type Rig, startRig } from "./webhook-rig.ts";

const nowhere = "ws://127.0.0.1:9/";
const rootKey = "00".repeat(32);

/** Once for a folder: its session is linked, or it could not answer anybody. */
export async function fillAnsweringRig(store: Store, clock: Clock): Promise<void> {
  const sessionId = await fillRig(store, clock);
  const identity = { phone: "15550001111", lid: "999999999999999", device: 1, displayName: "The shop", platform: null };
  const report = { sessionId, at: clock.now(), status: "connected", reason: null, identity } as const;
  await store.write("sessions.report", { report, network: rootKey });
}

/** On a store that is filled; all of it ends with it. */
export async function startAnsweringRig(store: Store, clock: Clock): Promise<Rig> {
  const engine = createEngine({
    network: { kind: "sandbox", url: nowhere, rootKey, ca: null, mediaHost: null, version: null },
    openMemory: store.signal.open,
    report: async () => {},
    findSent: store.outbox.contentOf,
    receipts: async () => {},
    told: () => {},
    past: async () => {},
    clock,
    log: silentLog,
    addressRules: anywhere,
    keepAliveMs: 1_000,
  });
  const answers = createAnswers({ store, engine, clock });
  const own = createWebhookAnswers({ store, answers, wake: () => {}, clock, log: silentLog });
  const rig = await startRig(store, clock, { answers: own });
  return {
    ...rig,
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      await rig[Symbol.asyncDispose]();
    },
  };
}

/** One of several people writes to the session. */
export async function write(store: Store, clock: Clock, { by, word }: { by: number; word: string }): Promise<void> {
  const face = { phone: `1555200000${by}`, lid: `22222222222222${by}` };
  const value = { ...said(keyOf({ kind: "person", face }, `W ${word}`, face), text(word)), at: clock.now() };
  await store.write("intake.take", { sessionId: 1, arrived: [{ inboxId: null, values: [value] }], at: clock.now() });
}
