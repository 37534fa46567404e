// Sessions that run: started and stopped by their owners, taken up again with the gateway, ended with their accounts.
import type { Actor } from "../core/audit.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf, WaygateError } from "../core/errors.ts";
import { createLanes } from "../core/lanes.ts";
import type { Log } from "../core/log.ts";
import type { Engine, LiveSession, SessionSpec } from "../core/ports.ts";
import { restingStatuses, type Session, whatsappRootKey } from "../core/session.ts";
import type { Store } from "../store/store.ts";
import { sessionEvent } from "./session-event.ts";

export type NetworkKind = Engine["network"]["kind"];
export type SessionRuns = ReturnType<typeof createSessionRuns>;

/** `engine` is null where nothing runs: then only what is written down changes. */
type Needs = { store: Store; engine: Engine | null; clock: Clock; log: Log };

const atOnce = 1_000;

export function createSessionRuns({ store, engine, clock, log }: Needs) {
  const inTurn = createLanes<number>();

  async function asItStands({ id }: { id: number }): Promise<Session> {
    const session = await store.sessions.find(id);
    if (session === null) throw new WaygateError("not_found", "There is no such session.");
    return session;
  }

  /** One after the other for each session, on the row as it then stands; gives back the row as it stands afterwards. */
  async function change(session: { id: number }, work: (row: Session) => Promise<unknown>): Promise<Session> {
    await inTurn(session.id, async () => work(await asItStands(session)));
    return asItStands(session);
  }

  const isRunning = ({ id }: Session) => engine !== null && engine.view(id) !== null;

  async function run(row: Session): Promise<void> {
    await engine?.run(specOf(row));
  }

  async function start(row: Session, actor: Actor): Promise<void> {
    if (row.isWanted && isRunning(row)) return;
    const standing = isRunning(row) ? null : ({ status: "starting", reason: null } as const);
    const event = row.isWanted ? null : sessionEvent("session.started", { of: row, actor, at: clock.now() });
    await store.write("sessions.set_wanted", { id: row.id, isWanted: true, standing, at: clock.now(), event });
    await run(row);
  }

  async function stop(row: Session, actor: Actor): Promise<void> {
    const { id, isWanted } = row;
    // What is at rest already keeps its reason, which says more than that somebody stopped it.
    const rests = restingStatuses.includes(row.status);
    if (isWanted || !rests) {
      const standing = rests ? null : ({ status: "stopped", reason: "stopped" } as const);
      const event = isWanted ? sessionEvent("session.stopped", { of: row, actor, at: clock.now() }) : null;
      await store.write("sessions.set_wanted", { id, isWanted: false, standing, at: clock.now(), event });
    }
    await engine?.stop(id);
    if (!rests) await settle(id);
  }

  /** After the engine's last word, which may have been another. */
  async function settle(sessionId: number): Promise<void> {
    const row = await store.sessions.find(sessionId);
    if (row === null || restingStatuses.includes(row.status)) return;
    const report = { sessionId, at: clock.now(), status: "stopped", reason: "stopped" } as const;
    await store.write("sessions.report", { report, network: null });
  }

  async function logOut(row: Session, actor: Actor): Promise<void> {
    const isLinked = row.identity !== null;
    if (engine === null && isLinked) {
      throw new WaygateError("unavailable", "A session can only be logged out while the gateway runs.");
    }
    await engine?.logOut(specOf(row));
    const at = clock.now();
    const report = { sessionId: row.id, at, status: "logged_out", reason: "logged_out_here", identity: null } as const;
    const by = isLinked ? { event: sessionEvent("session.logged_out", { of: row, actor, at }) } : {};
    await store.write("sessions.report", { report, network: null, ...by });
  }

  /** In pieces, before it goes: all of its messages at once would keep everybody else waiting. */
  async function empty({ id: sessionId }: Session): Promise<void> {
    // First: what waits would make more.
    while ((await store.write("schedules.fail_all", { sessionId, at: clock.now(), most: atOnce })) === atOnce);
    while ((await store.write("messages.remove_all", { sessionId, most: atOnce })) === atOnce);
  }

  async function resume(accountId: number | null): Promise<void> {
    for (const session of await store.sessions.listWanted(accountId)) {
      await orTold(session, () => change(session, run));
    }
  }

  /** One that fails holds up no other. */
  async function orTold({ accountId, name }: Session, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      log.warn({ accountId, session: name, error: messageOf(error) }, "a session did not follow");
    }
  }

  return {
    /** False where only what is written down changes. */
    canRun: engine !== null,
    change,
    run,
    empty,
    isRunning,
    /** Null while it does not run. */
    view: ({ id }: Session): LiveSession | null => engine?.view(id) ?? null,
    /** Which network it was linked on, or would be. */
    networkOf({ network }: Session): NetworkKind {
      if (network === null) return engine?.network.kind ?? "whatsapp";
      if (network === whatsappRootKey) return "whatsapp";
      return network === engine?.network.rootKey ? engine.network.kind : "other";
    },

    start: (session: Session, actor: Actor): Promise<Session> => change(session, (row) => start(row, actor)),
    stop: (session: Session, actor: Actor): Promise<Session> => change(session, (row) => stop(row, actor)),
    restart: (session: Session, actor: Actor): Promise<Session> =>
      change(session, async (row) => {
        await engine?.stop(row.id);
        await start(row, actor);
      }),
    /** Unlinked at WhatsApp, if that can be reached; it can be linked anew afterwards. */
    logOut: (session: Session, actor: Actor): Promise<Session> => change(session, (row) => logOut(row, actor)),
    /** Unlinked first, so that no dead device stays behind on the phone. */
    remove: (session: Session, actor: Actor): Promise<void> =>
      inTurn(session.id, async () => {
        const row = await asItStands(session);
        if (row.identity === null) await engine?.stop(row.id);
        else await engine?.logOut(specOf(row));
        await empty(row);
        const event = sessionEvent("session.removed", { of: row, actor, at: clock.now() });
        await store.write("sessions.remove", { id: row.id, event });
      }),

    /** Once, at the start of the gateway: whatever ran goes on. */
    resumeAll: (): Promise<void> => resume(null),
    /** Sessions run only for accounts that are switched on. */
    async followAccount(accountId: number, isOn: boolean): Promise<void> {
      if (isOn) return resume(accountId);
      for (const session of await store.sessions.listAll(accountId)) {
        await orTold(session, () => inTurn(session.id, async () => engine?.stop(session.id)));
      }
    },
    /** After their account is gone, rows and all: nobody is left to stop them. */
    async endAll(gone: readonly Session[]): Promise<void> {
      for (const session of gone) {
        const { id, identity } = session;
        const end = async () => (identity === null ? engine?.stop(id) : engine?.logOut(specOf(session)));
        await orTold(session, () => inTurn(id, end));
      }
    },
  };
}

function specOf({ id, name, accountId, settings, proxy, network }: Session): SessionSpec {
  return { id, name, accountId, settings, proxy, network };
}
