// Runs campaigns: starts those whose time has come, hands on recipients when their turn is and their session has room, and
// stops what must be stopped. All that matters is on disk: after a restart it goes on as if nothing had been.
import { type CampaignWait, hasFailedTooOften, type StopReason, waitingOf } from "../core/campaign.ts";
import { type Clock, second } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Engine } from "../core/ports.ts";
import { quietUntil } from "../core/quiet-hours.ts";
import { createRounds } from "../core/rounds.ts";
import { invertedHours } from "../core/send-estimate.ts";
import type { Session } from "../core/session.ts";
import type { CampaignWriting } from "../services/campaign-writing.ts";
import type { Campaigning } from "../services/campaigns.ts";
import type { RunningCampaign } from "../store/campaign-feeding.ts";
import type { CampaignSession } from "../store/campaigns.ts";
import type { QueuedMessage } from "../store/outbox.ts";
import type { Store } from "../store/store.ts";
import { createFeeder, type Handed } from "./campaigns/feeder.ts";
import { createProgress } from "./campaigns/progress.ts";
import { createRooms, type Room } from "./campaigns/room.ts";
import { createUnderWay } from "./under-way.ts";

export type CampaignJobs = AsyncDisposable & Campaigning;

type Needs = {
  store: Store;
  engine: Engine;
  writing: CampaignWriting;
  offer(sessionId: number, message: QueuedMessage): void;
  clock: Clock;
  log: Log;
  random?: () => number;
};

const tickMs = second;
const clearedAtOnce = 1_000;
/** Of one campaign, before another one of the same session has its turn. */
const batch = 20;
/** What else may change whose turn it is. */
const news: ReadonlySet<string> = new Set(["outbox.settle", "sessions.report", "pacing.brake"]);

export function startCampaigns({
  store,
  engine,
  writing,
  offer,
  clock,
  log,
  random = Math.random,
}: Needs): CampaignJobs {
  const feeder = createFeeder({ store, engine, writing, offer, clock, random });
  const roomOf = createRooms({ store, engine, clock });
  const progress = createProgress(clock);
  const { own, ended } = createUnderWay(log, "a campaign could not be carried on");
  /** Why each hands nothing on just now. */
  const waits = new Map<number, CampaignWait>();
  /** By account: the plan's messages of the day are used up until then. */
  const limitedUntil = new Map<number, number>();
  let isAnyThere = true;
  let isOver = false;
  let turn = 0;
  let alarm: ReturnType<typeof setTimeout> | undefined;
  const rounds = createRounds({ work: round, isOver: () => isOver, own });
  const stopListening = store.onCommit((names) => {
    if (names.some((name) => name.startsWith("campaigns.") || (isAnyThere && news.has(name)))) rounds.wake();
  });
  const ticking = setInterval(() => isAnyThere && rounds.wake(), tickMs);
  ticking.unref?.();
  rounds.wake();

  async function round(): Promise<void> {
    try {
      for (const id of await store.campaigns.removed()) await clear(id);
      const nextStart = await store.campaignFeeding.nextStart();
      const now = clock.now();
      if (nextStart !== null && nextStart <= now) await store.write("campaigns.start_due", { now });
      const running = await store.campaignFeeding.running();
      isAnyThere = running.length > 0 || nextStart !== null;
      progress.keep(running);
      for (const id of waits.keys()) if (!running.some((one) => one.id === id)) waits.delete(id);
      if (running.length > 0) await carryOn(running);
    } catch (error) {
      if (!isOver) log.warn({ error: messageOf(error) }, "campaigns could not be carried on; it is tried again");
    }
  }

  async function clear(id: number): Promise<void> {
    while (!isOver && (await store.write("campaigns.clear", { id, most: clearedAtOnce })));
  }

  async function carryOn(running: readonly RunningCampaign[]): Promise<void> {
    const sessionIds = [...new Set(running.flatMap(({ sessions }) => sessions.map(({ sessionId }) => sessionId)))];
    const rooms = new Map<number, Room>();
    for (const id of sessionIds) rooms.set(id, await roomOf(id));
    const going: RunningCampaign[] = [];
    for (const campaign of running) if (await goesOn(campaign, rooms)) going.push(campaign);
    turn += 1;
    // Whoever was first is last the next time.
    for (const sessionId of rotated(sessionIds, turn)) {
      const room = rooms.get(sessionId);
      if (room !== undefined) await feedSession(room, rotated(going, turn));
    }
    wakeAt(going);
  }

  /** False for one that is over, or stops. */
  async function goesOn(campaign: RunningCampaign, rooms: ReadonlyMap<number, Room>): Promise<boolean> {
    const { id } = campaign;
    const at = clock.now();
    if (waitingOf(campaign) + campaign.queued === 0) {
      await store.write("campaigns.complete", { id, at });
      return false;
    }
    const reason = stopReasonOf(campaign, rooms);
    if (reason !== null) {
      log.warn({ campaignId: id, reason }, "a campaign has stopped by itself");
      await store.write("campaigns.stop", { id, reason, at });
      return false;
    }
    if (progress.isDue(campaign)) await store.write("campaigns.tell_progress", { id, at });
    const wait = waitOf(campaign, rooms);
    if (wait === null) waits.delete(id);
    else waits.set(id, wait);
    return true;
  }

  /** Why none of it may go, through whichever session. */
  function closedFor({ accountId, settings: { window } }: RunningCampaign, now: number): CampaignWait | null {
    const opens = window === null ? null : quietUntil(invertedHours(window), now);
    if (opens !== null) return { reason: "window", until: opens };
    const limited = limitedUntil.get(accountId) ?? 0;
    return limited > now ? { reason: "daily_limit", until: limited } : null;
  }

  /** Why none of its sessions may send the next; what ends first. */
  function waitOf(campaign: RunningCampaign, rooms: ReadonlyMap<number, Room>): CampaignWait | null {
    const now = clock.now();
    const closed = closedFor(campaign, now);
    if (closed !== null) return closed;
    const each = campaign.sessions.map(({ sessionId, nextAt }): CampaignWait | null => {
      const room = rooms.get(sessionId);
      // Busy with its own messages, it goes on.
      if (room?.wait?.reason === "busy" && campaign.queued > 0) return null;
      if (room === undefined || room.wait !== null) return room?.wait ?? { reason: "offline", until: null };
      return nextAt !== null && nextAt > now ? { reason: "gap", until: nextAt } : null;
    });
    if (each.some((wait) => wait === null)) return null;
    const known = each.filter((wait) => wait !== null);
    const soonest = known.toSorted((one, other) => (one.until ?? Number.MAX_VALUE) - (other.until ?? Number.MAX_VALUE));
    return soonest[0] ?? { reason: "offline", until: null };
  }

  async function feedSession(room: Room, campaigns: readonly RunningCampaign[]): Promise<void> {
    const { session } = room;
    if (session === null) return;
    const done = new Set<number>();
    while (room.free > 0 && !isOver && done.size < campaigns.length) {
      for (const campaign of campaigns) {
        const of = campaign.sessions.find(({ sessionId }) => sessionId === session.id);
        const isTurn = of !== undefined && mayFeed(campaign, of);
        if (done.has(campaign.id) || !isTurn || room.free <= 0) {
          done.add(campaign.id);
          continue;
        }
        const isOneByOne = campaign.settings.gapMs !== null;
        const most = isOneByOne ? 1 : Math.min(batch, room.free);
        const { handed, limitedForMs } = await feedOrTold(campaign, { session, of }, most);
        room.free -= handed;
        if (limitedForMs !== null) limitedUntil.set(campaign.accountId, clock.now() + limitedForMs);
        if (isOneByOne || handed < most || limitedForMs !== null) done.add(campaign.id);
      }
    }
  }

  /** One that fails holds up no other, and is tried again with the next tick. */
  async function feedOrTold(
    campaign: RunningCampaign,
    by: { session: Session; of: CampaignSession },
    most: number,
  ): Promise<Handed> {
    try {
      return await feeder.feed(campaign, by, most);
    } catch (error) {
      if (!isOver)
        log.warn(
          { campaignId: campaign.id, error: messageOf(error) },
          "a campaign could not be handed on; it is tried again",
        );
      return { handed: 0, limitedForMs: null };
    }
  }

  function mayFeed(campaign: RunningCampaign, { nextAt }: CampaignSession): boolean {
    const now = clock.now();
    return closedFor(campaign, now) === null && (nextAt === null || nextAt <= now);
  }

  /** When the next gap ends; whatever else is waited for is seen with the next tick. */
  function wakeAt(going: readonly RunningCampaign[]): void {
    clearTimeout(alarm);
    const now = clock.now();
    const gaps = going.flatMap(({ sessions }) =>
      sessions.flatMap(({ nextAt }) => (nextAt !== null && nextAt > now ? [nextAt] : [])),
    );
    if (isOver || gaps.length === 0) return;
    alarm = setTimeout(() => rounds.wake(), Math.min(Math.min(...gaps) - now, tickMs));
  }

  return {
    waitOf: (campaignId) => waits.get(campaignId) ?? null,
    async [Symbol.asyncDispose]() {
      isOver = true;
      stopListening();
      clearInterval(ticking);
      clearTimeout(alarm);
      await ended();
    },
  };
}

const unlinked = ["logged_out", "failed"];

/** Null while it may go on. */
function stopReasonOf(campaign: RunningCampaign, rooms: ReadonlyMap<number, Room>): StopReason | null {
  if (hasFailedTooOften(campaign)) return "failures";
  const of = campaign.sessions.flatMap((one) => {
    const room = rooms.get(one.sessionId);
    return room?.session == null ? [] : [{ room, brakeKnown: one.brakeKnown ?? 0, session: room.session }];
  });
  if (of.every(({ session }) => unlinked.includes(session.status))) return "no_session";
  const linked = of.filter(({ session }) => !unlinked.includes(session.status));
  // Brakes that were on when it was set going are waited for.
  const isNew = linked.some(({ room, brakeKnown }) => room.brake !== null && room.brake.until > brakeKnown);
  const isBraked = linked.every(({ room }) => room.brake !== null);
  return isNew && isBraked ? (linked[0]?.room.brake?.reason ?? null) : null;
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const from = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(from), ...items.slice(0, from)];
}
