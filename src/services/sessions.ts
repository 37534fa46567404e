// Sessions: found by id or name, made within the plan, changed while they run.
import type { Actor } from "../core/audit.ts";
import type { Clock } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { Ids } from "../core/ids.ts";
import { type Page, type PageRequest, pageOf } from "../core/page.ts";
import { maskProxy, readProxy } from "../core/proxy.ts";
import { type Session, type SessionSettings, usualSettings } from "../core/session.ts";
import { proxyCell, type SessionChanges } from "../store/sessions.ts";
import type { Store } from "../store/store.ts";
import type { ClientKeys } from "./client-keys.ts";
import type { Sending } from "./messages.ts";
import { sessionEvent } from "./session-event.ts";
import type { SessionRuns } from "./session-runs.ts";

/** Whose sessions, and which of them: null is all of the account's. */
export type SessionReach = { accountId: number; sessions: readonly string[] | null };

export type SessionInput = {
  name: string;
  label?: string | null | undefined;
  proxy?: string | null | undefined;
  settings?: Partial<SessionSettings> | undefined;
  /** True unless it is said otherwise. */
  start?: boolean | undefined;
  /** With a client key from the beginning, for those who are to be shown it at once. */
  withKey?: boolean | undefined;
};

export type SessionUpdate = Omit<SessionInput, "name" | "start" | "withKey">;
export type Sessions = ReturnType<typeof createSessions>;

type Needs = {
  store: Store;
  runs: SessionRuns;
  sending: Sending | null;
  clientKeys: ClientKeys;
  clock: Clock;
  ids: Ids;
};

export function createSessions({ store, runs, sending, clientKeys, clock, ids }: Needs) {
  async function findById(shown: string): Promise<Session | null> {
    const id = ids.read("session", shown);
    return id === null ? null : store.sessions.find(id);
  }

  function sealed(proxy: string, owned: { accountId: number; name: string }): Uint8Array {
    return store.sealer.seal(Buffer.from(proxy), proxyCell(owned));
  }

  function changesOf({ label, proxy, settings }: SessionUpdate, row: Session): SessionChanges {
    const changes: SessionChanges = {};
    if (label !== undefined) changes.label = label;
    if (settings !== undefined) changes.settings = settings;
    if (proxy === null) changes.proxy = null;
    // Given back as it was shown, it stays as it is.
    const isAsShown = row.proxy !== null && proxy === maskProxy(row.proxy);
    if (proxy != null && !isAsShown) changes.proxy = sealed(readProxy(proxy, "/proxy"), row);
    return changes;
  }

  function clientKeyFor({ withKey = false }: SessionInput, owned: { accountId: number; name: string }, actor: Actor) {
    if (!withKey) return {};
    const { key, sealed, event } = clientKeys.make(owned, actor);
    return { clientKey: { key: { ...key, sealed }, event } };
  }

  /** By id or by name. */
  async function get({ accountId, sessions }: SessionReach, shown: string): Promise<Session> {
    const byId = await findById(shown);
    const found = byId?.accountId === accountId ? byId : await store.sessions.findByName(accountId, shown);
    if (found !== null && (sessions === null || sessions.includes(found.name))) return found;
    throw new WaygateError("not_found", "There is no such session.");
  }

  return {
    get,
    /** By id or name, whosoever's; for the operator alone. */
    async findAny(shown: string): Promise<Session[]> {
      const byId = await findById(shown);
      return byId === null ? store.sessions.listNamed(shown) : [byId];
    },
    async list({ accountId, sessions }: SessionReach, page: PageRequest): Promise<Page<Session>> {
      return pageOf(page, (oneMore) => store.sessions.list(accountId, sessions, oneMore));
    },
    /** The rows a caller may look into: one that was named, those a key is bound to, or null for all of the account's. */
    async idsWithin(reach: SessionReach, shown: string | undefined): Promise<number[] | null> {
      if (shown !== undefined) return [(await get(reach, shown)).id];
      if (reach.sessions === null) return null;
      const all = await store.sessions.listAll(reach.accountId);
      return all.filter(({ name }) => reach.sessions?.includes(name)).map(({ id }) => id);
    },
    listAll: (accountId: number): Promise<Session[]> => store.sessions.listAll(accountId),

    async create(input: SessionInput, reach: SessionReach, actor: Actor): Promise<Session> {
      if (reach.sessions !== null) {
        throw new WaygateError("forbidden", "This API key is good for its own sessions only and cannot make another.");
      }
      const { name, label = null, start: isWanted = true } = input;
      const owned = { accountId: reach.accountId, name };
      const at = clock.now();
      const session = {
        ...owned,
        label,
        isWanted,
        settings: { ...usualSettings, ...input.settings },
        proxy: input.proxy == null ? null : sealed(readProxy(input.proxy, "/proxy"), owned),
        createdAt: at,
      };
      const event = sessionEvent("session.created", { of: owned, actor, at, detail: { started: isWanted } });
      const id = await store.write("sessions.create", { session, event, ...clientKeyFor(input, owned, actor) });
      return runs.change({ id }, async (row) => {
        if (row.isWanted) await runs.run(row);
      });
    },

    /** What changes holds at once for a session that runs. */
    update(session: Session, update: SessionUpdate, actor: Actor): Promise<Session> {
      return runs.change(session, async (row) => {
        const changes = changesOf(update, row);
        const changed = { changed: namesOf(changes) };
        const event = sessionEvent("session.updated", { of: row, actor, at: clock.now(), detail: changed });
        await store.write("sessions.update", { id: row.id, changes, event });
        const now = await store.sessions.find(row.id);
        if (now !== null && runs.isRunning(now)) await runs.run(now);
        // What waited because it was set so may go now.
        sending?.wake(row.id);
      });
    },
  };
}

function namesOf({ settings = {}, ...changes }: SessionChanges): string[] {
  return [...Object.keys(changes), ...Object.keys(settings)];
}
