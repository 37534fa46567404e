// From the journal to deliveries: every webhook is told what happened after its place in the journal, and its place moves
// on in the commit that makes the deliveries. What happens while the gateway is off is told after its start.
import { type Clock, minute, second } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { createRounds } from "../../core/rounds.ts";
import type { DeliveryMaker } from "../../services/delivery-making.ts";
import type { ReadyDelivery } from "../../store/ready-deliveries.ts";
import type { Store } from "../../store/store.ts";
import type { DueWebhook } from "../../store/webhooks.ts";
import { createUnderWay } from "../under-way.ts";
import type { Directory } from "./directory.ts";

export type FanOut = AsyncDisposable & {
  /** Something has happened, or there is somebody else to be told of it. */
  wake(): void;
  /** The webhooks are others. */
  follow(): void;
  /** Up to where this one has been told, or need not be; null for one that is told nothing now. */
  seenBy(webhookId: number): number | null;
};

type Needs = {
  store: Pick<Store, "journal" | "write" | "onCommit">;
  directory: Pick<Directory, "all" | "reload">;
  maker: DeliveryMaker;
  /** There are new deliveries for it. */
  made(webhookId: number, deliveries: readonly ReadyDelivery[]): void;
  clock: Clock;
  log: Log;
};
/** Where it has come to without having anything to tell is written down now and then: read again, it would change nothing. */
type Place = { at: number; written: number; isDue: boolean };
type Group = { accountId: number; from: number; members: DueWebhook[] };

const eventsAtOnce = 200;
const groupsAtOnce = 50;
const unwrittenAtMost = 1_000;
const retryMs = 2 * second;

export function createFanOut({ store, directory, maker, made, clock, log }: Needs): FanOut {
  const places = new Map<number, Place>();
  const { own, ended } = createUnderWay(log, "what happened could not be made known");
  let isOver = false;
  let retry: ReturnType<typeof setTimeout> | undefined;
  const rounds = createRounds({ work: bringAllOn, isOver: () => isOver, own });
  const stopListening = store.onCommit(wake);
  const writing = setInterval(() => {
    for (const place of places.values()) place.isDue = place.at > place.written;
    wake();
  }, minute);
  writing.unref?.();

  function wake(): void {
    if (places.size > 0) rounds.wake();
  }

  async function bringAllOn(): Promise<void> {
    // Whoever has committed is told first.
    await new Promise((resolve) => setImmediate(resolve));
    clearTimeout(retry);
    try {
      const end = store.journal.end();
      const groups = behind(end);
      if (groups.length > groupsAtOnce) wake();
      await Promise.all(groups.slice(0, groupsAtOnce).map((group) => bringOn(group, end)));
    } catch (error) {
      log.error({ error: messageOf(error) }, "what happened could not be made known yet; it is tried again");
      if (!isOver) retry = setTimeout(wake, retryMs);
    }
  }

  /** Those that stand at the same place of the same account read on together. */
  function behind(end: number): Group[] {
    const groups = new Map<string, Group>();
    for (const member of directory.all()) {
      const { id, accountId } = member.webhook;
      const place = places.get(id);
      if (place === undefined || (place.at >= end && !place.isDue)) continue;
      const key = `${accountId} ${place.at}`;
      const group = groups.get(key) ?? { accountId, from: place.at, members: [] };
      groups.set(key, group);
      group.members.push(member);
    }
    return [...groups.values()];
  }

  async function bringOn({ accountId, from, members }: Group, end: number): Promise<void> {
    const events = await store.journal.after(accountId, from, eventsAtOnce);
    const last = events.at(-1)?.id ?? from;
    const isMore = events.length === eventsAtOnce;
    // Up to `end` everything was there to be read.
    const to = isMore ? last : Math.max(end, last);
    const { bodies, deliveries } = await maker.make(
      events,
      members.map(({ webhook }) => webhook),
    );
    const targets = members.flatMap(({ webhook: { id } }, index) => {
      const own = deliveries[index] ?? [];
      const { isDue = false, written: before = to } = places.get(id) ?? {};
      return own.length > 0 || isDue || to - before >= unwrittenAtMost
        ? [{ webhookId: id, cursor: { from, to }, deliveries: own }]
        : [];
    });
    const at = clock.now();
    const all = targets.length === 0 ? [] : await store.write("deliveries.fan_out", { accountId, at, bodies, targets });
    const written = new Map(targets.map(({ webhookId }, index) => [webhookId, all[index] ?? null]));
    for (const { webhook } of members) settle(webhook.id, { from, to }, written);
    if (isMore) wake();
  }

  function settle(
    id: number,
    { from, to }: { from: number; to: number },
    written: Map<number, ReadyDelivery[] | null>,
  ): void {
    const place = places.get(id);
    const own = written.get(id);
    // Whatever became of its place in the meantime.
    if (own != null && own.length > 0) made(id, own);
    // It was moved, or taken away, in the meantime: whoever did that has woken us.
    if (place === undefined || place.at !== from) return;
    if (own === null) {
      places.delete(id);
      directory.reload().catch((error) => log.error({ error: messageOf(error) }, "the webhooks could not be read"));
      return;
    }
    place.at = to;
    if (own === undefined) return;
    place.written = to;
    place.isDue = false;
  }

  return {
    wake,
    follow() {
      const known = new Set<number>();
      for (const { webhook } of directory.all()) {
        const { id, cursor } = webhook;
        known.add(id);
        const place = places.get(id);
        if (place === undefined || place.at < cursor) places.set(id, { at: cursor, written: cursor, isDue: false });
      }
      for (const id of places.keys()) if (!known.has(id)) places.delete(id);
      wake();
    },
    seenBy: (webhookId) => places.get(webhookId)?.at ?? null,
    async [Symbol.asyncDispose]() {
      isOver = true;
      stopListening();
      clearInterval(writing);
      clearTimeout(retry);
      await ended();
    },
  };
}
