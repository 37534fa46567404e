// Takes in what has been received: the rows of the inbox become messages, reactions, votes, in the order in which they
// came. What a crash left behind is taken in at the next start by the same lines that work live.
import type { Clock } from "../core/clock.ts";
import { second } from "../core/clock.ts";
import { messageOf, WaygateError } from "../core/errors.ts";
import type { InboundValue, PastValue, PeopleView } from "../core/inbound.ts";
import type { Log } from "../core/log.ts";
import type { Reader } from "../core/ports.ts";
import { createRounds, type Rounds } from "../core/rounds.ts";
import type { Session, SessionSettings } from "../core/session.ts";
import type { KnownGroups } from "../services/groups.ts";
import type { WaitingRow } from "../store/inbox.ts";
import type { Arrived, OpenedVote, TakenValue } from "../store/intake.ts";
import type { Store } from "../store/store.ts";
import { createRights, type Deletion } from "./rights.ts";
import { createUnderWay } from "./under-way.ts";

export type Intake = AsyncDisposable & {
  /** There is something in this session's inbox. */
  wake(sessionId: number): void;
  /** Of the time before the session was linked; may come twice. */
  past(sessionId: number, value: PastValue): Promise<void>;
  /** WhatsApp can be asked again for what somebody waits to know. */
  connected(sessionId: number): void;
};

type Needs = {
  store: Store;
  groups: KnownGroups;
  reader(): Promise<Reader>;
  /** A message with a file is on disk. */
  fileWanted(sessionId: number): void;
  /** Somebody else wrote, and it is on disk. */
  someoneWrote(sessionId: number): void;
  clock: Clock;
  log: Log;
};
/** `after` is behind what has been taken in, cannot be, or waits; `isAnew` when that is to be looked at once more. */
type Lane = { rounds: Rounds; isAnew: boolean; after: number };
/** Whose word it is: what our own phone tells of others has passed its own judgement. */
type Source = "network" | "own_phone";
type SealedVote = Extract<InboundValue, { encrypted: unknown }>;

const atOnce = 200;
const retryMs = 2 * second;

export function createIntake(needs: Needs): Intake {
  const { store, groups, reader, fileWanted, someoneWrote, clock, log } = needs;
  const lanes = new Map<number, Lane>();
  const { own, ended } = createUnderWay(log, "taking in has failed");
  const retries = new Set<ReturnType<typeof setTimeout>>();
  let isOver = false;
  const rights = createRights({ groups, clock, again });
  own(wakeAll());

  /** What was left behind. */
  async function wakeAll(): Promise<void> {
    for (const id of await store.inbox.sessionsWaiting()) wake(id);
  }

  function laneOf(sessionId: number): Lane {
    const known = lanes.get(sessionId);
    if (known !== undefined) return known;
    const rounds = createRounds({ work: () => drain(sessionId, lane), isOver: () => isOver, own });
    const lane: Lane = { rounds, isAnew: false, after: 0 };
    lanes.set(sessionId, lane);
    return lane;
  }

  /** From the beginning: something that waited need not wait any longer. */
  function again(sessionId: number): void {
    laneOf(sessionId).isAnew = true;
    wake(sessionId);
  }

  function wake(sessionId: number): void {
    laneOf(sessionId).rounds.wake();
  }

  async function drain(sessionId: number, lane: Lane): Promise<void> {
    try {
      if (lane.isAnew) [lane.after, lane.isAnew] = [0, false];
      while (!isOver && (await takeSome(sessionId, lane)));
    } catch (error) {
      log.warn({ sessionId, error: messageOf(error) }, "what was received could not be taken in; it is tried again");
      const timer = setTimeout(() => {
        retries.delete(timer);
        wake(sessionId);
      }, retryMs);
      retries.add(timer);
    }
  }

  /** False when there is nothing more. */
  async function takeSome(sessionId: number, lane: Lane): Promise<boolean> {
    const rows = await store.inbox.waiting(sessionId, lane.after, atOnce);
    const last = rows.at(-1);
    if (last === undefined) return false;
    const taking = await takingFor(sessionId);
    if (taking === null) return false;
    const arrived: Arrived[] = [];
    for (const row of rows) {
      const read = taking.reader.stanza(row.stanza, meOf(taking.session), taking.people);
      // A vote needs its poll, which may have come just before it.
      if (read.some(isSealed)) await take(taking, arrived.splice(0));
      const understood = await understand(taking, row, read);
      if (understood !== null) arrived.push(understood);
    }
    await take(taking, arrived);
    lane.after = last.id;
    return rows.length === atOnce;
  }

  async function takingFor(sessionId: number): Promise<Taking | null> {
    const session = await store.sessions.find(sessionId);
    return session === null ? null : { session, people: store.inbox.people(sessionId), reader: await reader() };
  }

  /** Null for what stays where it is until it is known what it means, and for what means nothing. */
  async function understand(taking: Taking, row: WaitingRow, read: readonly InboundValue[]): Promise<Arrived | null> {
    const values = await wanted(taking, read, row.isPeer ? "own_phone" : "network");
    if (values === null || (row.isPeer && values.every(({ type }) => type === "ignored"))) return null;
    return { inboxId: row.isPeer ? null : row.id, values };
  }

  /** All in one transaction; should one of them not be taken, each in its own. */
  async function take(taking: Taking, arrived: readonly Arrived[]): Promise<void> {
    if (arrived.length === 0) return;
    const { id: sessionId, settings } = taking.session;
    const fetchesFiles = settings.mediaDownload === "on";
    try {
      await store.write("intake.take", { sessionId, arrived, fetchesFiles, at: clock.now() });
    } catch (error) {
      if (!(error instanceof WaygateError && error.code === "internal")) throw error;
      if (arrived.length > 1) for (const one of arrived) await take(taking, [one]);
      // Ours to mend: it stays where it is for the next version, and does not hold up those behind it.
      else
        log.error(
          { inboxId: arrived[0]?.inboxId, error: messageOf(error) },
          "something received could not be taken in",
        );
      return;
    }
    const values = arrived.flatMap((one) => one.values);
    if (fetchesFiles && values.some(hasFile)) fileWanted(sessionId);
    if (values.some(isFromOthers)) someoneWrote(sessionId);
  }

  /** Null where somebody has to be asked first. */
  async function wanted(taking: Taking, read: readonly InboundValue[], source: Source): Promise<TakenValue[] | null> {
    const values: TakenValue[] = [];
    for (const value of read) {
      if (isUnwanted(value, taking.session.settings)) continue;
      if (value.type === "deletion") {
        const isByAdmin = source === "own_phone" || (await judge(taking, value));
        if (isByAdmin === null) return null;
        values.push({ ...value, isByAdmin });
        continue;
      }
      const opened = isSealed(value) ? await open(taking, value) : value;
      if (opened !== null) values.push(opened);
    }
    return values;
  }

  function judge({ session, people }: Taking, deletion: Deletion): Promise<boolean | null> {
    return rights.isByAdmin(deletion, { sessionId: session.id, me: meOf(session), people });
  }

  async function open({ session, reader: { vote: openVote } }: Taking, vote: SealedVote): Promise<OpenedVote | null> {
    const { key, poll, at } = vote;
    const known = await store.inbox.poll(session.id, poll.waId);
    const me = meOf(session);
    if (known === null) return null;
    const creator = known.creator ?? me;
    const options = openVote(vote.encrypted, { ...known, waId: poll.waId, creator }, key.sender ?? me);
    return options === null ? null : { type: "vote", key, poll, options, at };
  }

  return {
    wake,
    async past(sessionId, value) {
      const taking = await takingFor(sessionId);
      if (taking === null) return;
      const at = clock.now();
      if (value.type === "name") return store.write("intake.name", { sessionId, ...value, at });
      const values = (await wanted(taking, value.values, "own_phone")) ?? [];
      if (value.values.length > 0 && values.length === 0) return;
      await store.write("intake.past", { sessionId, ...value, values, at });
      const all = value.receipts.map((receipt) => ({ sessionId, receipt, at, isPast: true }));
      if (all.length > 0) await store.write("intake.receipts", { all });
    },
    connected: rights.connected,
    async [Symbol.asyncDispose]() {
      isOver = true;
      rights[Symbol.dispose]();
      for (const timer of retries) clearTimeout(timer);
      await ended();
    },
  };
}

type Taking = { session: Session; people: PeopleView; reader: Reader };

function meOf({ identity }: Session): { phone: string | null; lid: string | null } {
  return { phone: identity?.phone ?? null, lid: identity?.lid ?? null };
}

function hasFile(value: TakenValue): boolean {
  return value.type === "message" && value.locator !== null;
}

function isFromOthers(value: TakenValue): boolean {
  return value.type === "message" && !value.key.isFromMe;
}

function isSealed(value: InboundValue): value is SealedVote {
  return value.type === "vote" && "encrypted" in value;
}

/** After it was acknowledged: nobody is told that we did not want it. */
function isUnwanted(value: InboundValue, settings: SessionSettings): boolean {
  if (value.type === "ignored") return false;
  const { kind } = value.key.chat;
  return (
    (kind === "group" && settings.ignoreGroups) ||
    (kind === "status" && settings.ignoreStatus) ||
    (kind === "channel" && settings.ignoreChannels)
  );
}
