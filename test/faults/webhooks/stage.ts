// Webhooks over hours and days in minutes: the jobs that tell of what happens, on a store of their own, with a clock that
// runs as fast as it is told to, stands still, or leaps; and ends of the gateway in between.
import { commandLine } from "../../../src/core/audit.ts";
import type { Clock } from "../../../src/core/clock.ts";
import type { Store } from "../../../src/store/store.ts";
import type { NewWebhook } from "../../../src/store/webhooks.ts";
import { createFolder } from "../../support/folder.ts";
import { hurryEvery } from "../../support/quick-timers.ts";
import { until } from "../../support/until.ts";
import { addWebhook, fillRig, openRigStore, type Rig, say, startRig } from "../../support/webhook-rig.ts";
import type { Random } from "../support/random.ts";

export type MovedClock = Clock & {
  /** So many times as fast as time goes; 0 stands still. */
  run(times: number): void;
  advance(ms: number): void;
};
export type Stage = AsyncDisposable & {
  clock: MovedClock;
  rig(): Rig;
  add(webhook: Partial<NewWebhook> & { url: string }): Promise<number>;
  remove(id: number): Promise<void>;
  resume(id: number): Promise<void>;
  /** So many words, one after the other, round the chats, and each numbered by how many there were before it. */
  say(words: { count: number; chats: number }): Promise<void>;
  said(): number;
  /** The gateway ends, orderly, something goes on without it, and it begins anew. */
  restart(meanwhile?: () => Promise<void>): Promise<void>;
  /** How often it did. */
  restarts(): number;
  /** Leaps from one time at which something is due to the next, until nothing is, or it is enough. */
  leap(isEnough?: () => boolean | Promise<boolean>): Promise<void>;
  /** Nothing is under way, and nothing may be attempted now; or it is enough. */
  quiet(isEnough?: () => boolean): Promise<void>;
};

const start = Date.parse("2026-11-20T09:00:00Z");
const atOnce = 500;
const patienceMs = 240_000;
/** What is due is looked for every second: here that often, or every leap would take one. */
export const sweepsPerSecond = 25;

export function createMovedClock(): MovedClock {
  let [base, since, rate] = [start, performance.now(), 0];
  const now = () => Math.floor(base + (performance.now() - since) * rate);
  const from = (ms: number, times: number) => {
    [base, since, rate] = [ms, performance.now(), times];
  };
  return { now, run: (times) => from(now(), times), advance: (ms) => from(now() + ms, rate) };
}

export async function openStage(random: Random): Promise<Stage> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(createFolder());
  opened.use(hurryEvery("sweep", sweepsPerSecond));
  const clock = createMovedClock();
  const fine = 1_000_000;
  const more = { random: () => random.below(fine) / fine };
  const store = await openRigStore(folder.path, clock);
  await fillRig(store, clock);
  let rig = await startRig(store, clock, more);
  let [restarts, said] = [0, 0];
  opened.defer(() => rig[Symbol.asyncDispose]());

  async function sayIt({ count, chats }: { count: number; chats: number }): Promise<void> {
    const from = said;
    said += count;
    for (let first = from; first < said; first += atOnce) {
      const words = Array.from({ length: Math.min(atOnce, said - first) }, (_, place) => ({
        group: (first + place) % chats,
        text: `word ${first + place}`,
      }));
      await say(rig.store, clock, words);
    }
  }

  async function quiet(isEnough = () => false): Promise<void> {
    let calm = 0;
    await until(
      "nothing to be under way",
      async () => {
        const { store, jobs } = rig;
        const { ready, readyInOrder } = store.deliveries;
        const due = await store.webhooks.listDue();
        const isReady = due.some(({ webhook: { id, isOrdered } }) => {
          const read = isOrdered ? readyInOrder : ready;
          return read(id, Number.MIN_SAFE_INTEGER, 1).length > 0;
        });
        const isBehind = due.some(({ webhook }) => (jobs.seenBy(webhook.id) ?? 0) < store.journal.end());
        calm = isReady || isBehind || jobs.underWay() > 0 ? 0 : calm + 1;
        return calm > 2 || isEnough();
      },
      patienceMs,
    );
  }

  const keep = opened.move();
  return {
    clock,
    quiet,
    say: sayIt,
    said: () => said,
    rig: () => rig,
    add: (webhook) => addWebhook(rig.store, { createdAt: clock.now(), ...webhook }),
    remove: (id) => setState(rig.store, id, "removed"),
    resume: (id) => setState(rig.store, id, "active"),
    restarts: () => restarts,
    async restart(meanwhile = async () => {}) {
      restarts += 1;
      await rig[Symbol.asyncDispose]();
      const reopened = await openRigStore(folder.path, clock);
      const away = { ...rig, store: reopened };
      rig = away;
      await meanwhile();
      rig = await startRig(reopened, clock, more);
    },
    async leap(isEnough = () => false) {
      for (;;) {
        await quiet();
        const nextAt = rig.store.deliveries.nextAt();
        if (nextAt === null || (await isEnough())) return;
        clock.advance(Math.max(nextAt - clock.now(), 0));
        await until("what is due to be ready", () => rig.store.deliveries.nextAt() !== nextAt, patienceMs);
      }
    },
    [Symbol.asyncDispose]: () => keep.disposeAsync(),
  };
}

async function setState(store: Store, id: number, state: "active" | "removed"): Promise<void> {
  const action = state === "active" ? ("webhook.resumed" as const) : ("webhook.removed" as const);
  const event = { actor: commandLine, accountId: 1, target: null, detail: {}, at: 0, action };
  await store.write("webhooks.set_state", { id, state, at: 0, event });
}
