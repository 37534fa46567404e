// Sessions: made, changed, started and stopped by their owners. What each says of itself comes in session-reports.ts.
import type { Actor, AuditAction, AuditEvent } from "../core/audit.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf, WaygateError } from "../core/errors.ts";
import type { Ids } from "../core/ids.ts";
import { createLanes } from "../core/lanes.ts";
import type { Log } from "../core/log.ts";
import { type Page, type PageRequest, pageOf } from "../core/page.ts";
import type { Engine, LiveSession, SessionSpec } from "../core/ports.ts";
import { maskProxy, readProxy } from "../core/proxy.ts";
import {
  restingStatuses,
  type Session,
  type SessionSettings,
  usualSettings,
  whatsappRootKey,
} from "../core/session.ts";
import { proxyCell, type SessionChanges } from "../store/sessions.ts";
import type { Store } from "../store/store.ts";

/** Whose sessions, and which of them: null is all of the account's. */
export type SessionReach = { accountId: number; sessions: readonly string[] | null };

export type SessionInput = {
  name: string;
  label?: string | null | undefined;
  proxy?: string | null | undefined;
  settings?: Partial<SessionSettings> | undefined;
  /** True unless it is said otherwise. */
  start?: boolean | undefined;
};

export type SessionUpdate = Omit<SessionInput, "name" | "start">;
export type NetworkKind = Engine["network"]["kind"];
export type Sessions = ReturnType<typeof createSessions>;

/** `engine` is null where nothing runs: then only what is written down changes. */
export type SessionNeeds = { store: Store; engine: Engine | null; clock: Clock; log: Log; ids: Ids };

export function createSessions({ store, engine, clock, log, ids }: SessionNeeds) {
  const inTurn = createLanes<number>();

  function eventOf(
    action: AuditAction,
    session: { accountId: number; name: string },
    actor: Actor,
    detail: AuditEvent["detail"] = {},
  ) {
    return { action, actor, accountId: session.accountId, target: session.name, detail, at: clock.now() };
  }

  /** By id or by name. */
  async function get({ accountId, sessions }: SessionReach, shown: string): Promise<Session> {
    const id = ids.read("session", shown);
    const byId = id === null ? null : await store.sessions.find(id);
    const found = byId?.accountId === accountId ? byId : await store.sessions.findByName(accountId, shown);
    if (found === null || (sessions !== null && !sessions.includes(found.name))) throw unknown();
    return found;
  }

  /** One after the other for each session, on the row as it then stands. */
  function withRow<T>({ id }: { id: number }, work: (session: Session) => Promise<T>): Promise<T> {
    return inTurn(id, async () => {
      const session = await store.sessions.find(id);
      if (session === null) throw unknown();
      return work(session);
    });
  }

  async function asItStands({ id }: { id: number }): Promise<Session> {
    const session = await store.sessions.find(id);
    if (session === null) throw unknown();
    return session;
  }

  async function run(session: Session): Promise<void> {
    await engine?.run(specOf(session));
  }

  async function start(session: Session, actor: Actor): Promise<void> {
    const runs = (engine?.view(session.id) ?? null) !== null;
    if (session.isWanted && runs) return;
    const standing = runs ? null : ({ status: "starting", reason: null } as const);
    const event = session.isWanted ? null : eventOf("session.started", session, actor);
    await store.write("sessions.set_wanted", { id: session.id, isWanted: true, standing, at: clock.now(), event });
    await run(session);
  }

  async function stop(session: Session, actor: Actor): Promise<void> {
    const { id, isWanted } = session;
    // What is at rest already keeps its reason, which is more than that somebody stopped it.
    const rests = restingStatuses.includes(session.status);
    const standing = rests ? null : ({ status: "stopped", reason: "stopped" } as const);
    if (isWanted || !rests) {
      const event = isWanted ? eventOf("session.stopped", session, actor) : null;
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

  async function logOut(session: Session, actor: Actor): Promise<void> {
    if (engine === null && session.identity !== null) {
      throw new WaygateError("unavailable", "A session can only be logged out while the gateway runs.");
    }
    await engine?.logOut(session.id);
    const report = {
      sessionId: session.id,
      at: clock.now(),
      status: "logged_out",
      reason: "logged_out_here",
      identity: null,
    } as const;
    await store.write("sessions.report", {
      report,
      network: null,
      ...(session.identity === null ? {} : { event: eventOf("session.logged_out", session, actor) }),
    });
  }

  /** All that an account has. */
  function listAll(accountId: number): Promise<Session[]> {
    return store.sessions.list(accountId, null, { before: null, limit: Number.MAX_SAFE_INTEGER });
  }

  async function resume(accountId: number | null): Promise<void> {
    for (const session of await store.sessions.listWanted(accountId)) {
      await orTold(session.id, () => withRow(session, run));
    }
  }

  /** One that fails holds up no other. */
  async function orTold(session: number, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      log.warn({ session, error: messageOf(error) }, "a session did not follow");
    }
  }

  return {
    get,
    async list({ accountId, sessions }: SessionReach, page: PageRequest): Promise<Page<Session>> {
      return pageOf(page, (oneMore) => store.sessions.list(accountId, sessions, oneMore));
    },
    /** Null while it does not run. */
    view: ({ id }: Session): LiveSession | null => engine?.view(id) ?? null,
    /** Which network it was linked on, or would be. */
    networkOf({ network }: Session): NetworkKind {
      if (network === null) return engine?.network.kind ?? "whatsapp";
      if (network === whatsappRootKey) return "whatsapp";
      return network === engine?.network.rootKey ? engine.network.kind : "other";
    },

    async create(input: SessionInput, reach: SessionReach, actor: Actor): Promise<Session> {
      if (reach.sessions !== null) {
        throw new WaygateError("forbidden", "This API key is good for its own sessions only and cannot make another.");
      }
      const { name, label = null, start: isWanted = true } = input;
      const owned = { accountId: reach.accountId, name };
      const session = {
        ...owned,
        label,
        isWanted,
        settings: { ...usualSettings, ...input.settings },
        proxy: input.proxy == null ? null : sealed(readProxy(input.proxy, "/proxy"), owned),
        createdAt: clock.now(),
      };
      const event = eventOf("session.created", owned, actor, { started: isWanted });
      const id = await store.write("sessions.create", { session, event });
      if (isWanted) await withRow({ id }, run);
      return asItStands({ id });
    },

    /** What changes holds at once for a session that runs. */
    async update(session: Session, update: SessionUpdate, actor: Actor): Promise<Session> {
      await withRow(session, async (row) => {
        const changes: SessionChanges = {};
        if (update.label !== undefined) changes.label = update.label;
        if (update.settings !== undefined) changes.settings = update.settings;
        if (update.proxy === null) changes.proxy = null;
        // Given back as it was shown, it stays as it is.
        else if (update.proxy !== undefined && (row.proxy === null || update.proxy !== maskProxy(row.proxy))) {
          changes.proxy = sealed(readProxy(update.proxy, "/proxy"), row);
        }
        const event = eventOf("session.updated", row, actor, { changed: namesOf(changes) });
        await store.write("sessions.update", { id: row.id, changes, event });
        if (row.isWanted) await run(await asItStands(row));
      });
      return asItStands(session);
    },

    async start(session: Session, actor: Actor): Promise<Session> {
      await withRow(session, (row) => start(row, actor));
      return asItStands(session);
    },
    async stop(session: Session, actor: Actor): Promise<Session> {
      await withRow(session, (row) => stop(row, actor));
      return asItStands(session);
    },
    async restart(session: Session, actor: Actor): Promise<Session> {
      await withRow(session, async (row) => {
        await engine?.stop(row.id);
        await start(row, actor);
      });
      return asItStands(session);
    },
    /** Unlinked at WhatsApp, if that can be reached; it can be linked anew afterwards. */
    async logOut(session: Session, actor: Actor): Promise<Session> {
      await withRow(session, (row) => logOut(row, actor));
      return asItStands(session);
    },
    /** Unlinked first, so that no dead device stays behind on the phone. */
    remove(session: Session, actor: Actor): Promise<void> {
      return withRow(session, async (row) => {
        if (row.identity === null) await engine?.stop(row.id);
        else await engine?.logOut(row.id);
        await store.write("sessions.remove", { id: row.id, event: eventOf("session.removed", row, actor) });
      });
    },

    /** Once, at the start of the gateway: whatever ran goes on. */
    resumeAll: (): Promise<void> => resume(null),
    /** Sessions run only for accounts that are switched on. */
    async followAccount(accountId: number, isOn: boolean): Promise<void> {
      if (isOn) return resume(accountId);
      for (const { id } of await listAll(accountId)) await inTurn(id, async () => engine?.stop(id));
    },
    listAll,
    /** After their account is gone, rows and all: nobody is left to stop them. */
    async endAll(gone: readonly Session[]): Promise<void> {
      for (const { id, identity } of gone) {
        await orTold(id, () => inTurn(id, async () => (identity === null ? engine?.stop(id) : engine?.logOut(id))));
      }
    },
  };

  function sealed(proxy: string, owned: { accountId: number; name: string }): Uint8Array {
    return store.sealer.seal(Buffer.from(proxy), proxyCell(owned));
  }
}

function specOf({ id, name, accountId, settings, proxy, network }: Session): SessionSpec {
  return { id, name, accountId, settings, proxy, network };
}

function namesOf({ settings = {}, ...changes }: SessionChanges): string[] {
  return [...Object.keys(changes), ...Object.keys(settings)];
}

function unknown(): WaygateError {
  return new WaygateError("not_found", "There is no such session.");
}
