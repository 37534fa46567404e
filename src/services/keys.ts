// API keys: made and shown once, rotated with a grace period, revoked at once.
import { parseNetwork } from "../core/addresses.ts";
import type { Actor } from "../core/audit.ts";
import { type Clock, day } from "../core/clock.ts";
import { invalidField, WaygateError } from "../core/errors.ts";
import { type ApiKey, hashKey, makeKey, type Scope, shownPrefix } from "../core/key.ts";
import { type Page, type PageRequest, pageOf } from "../core/page.ts";
import { sealedKeyCell } from "../store/keys.ts";
import type { Store } from "../store/store.ts";
import { keyEvent } from "./key-event.ts";

export type KeyInput = {
  name: string;
  scopes?: Scope[] | undefined;
  sessions?: string[] | null | undefined;
  addresses?: string[] | null | undefined;
  expiresAt?: number | null | undefined;
};

/** What the maker of a key may do; the key gets no more. */
export type Grant = { accountId: number; scopes: readonly Scope[]; sessions: readonly string[] | null };
export type Keys = ReturnType<typeof createKeys>;

const shownDays = 31;

export function createKeys({ store, clock }: { store: Store; clock: Clock }) {
  async function get(accountId: number, id: number): Promise<ApiKey> {
    const key = await store.keys.find(id);
    if (key === null || key.accountId !== accountId) throw new WaygateError("not_found", "There is no such key.");
    return key;
  }

  return {
    get,
    /** Whosoever's; for the operator alone. */
    findAny: (id: number) => store.keys.find(id),
    async list(accountId: number, page: PageRequest): Promise<Page<ApiKey>> {
      return pageOf(page, (oneMore) => store.keys.list(accountId, oneMore));
    },

    async create(input: KeyInput, grant: Grant, actor: Actor): Promise<{ key: ApiKey; secret: string }> {
      const now = clock.now();
      const expiresAt = input.expiresAt ?? null;
      if (expiresAt !== null && expiresAt <= now) throw invalidField("/expires_at", "The key would be over already.");
      const secret = makeKey();
      const made = {
        accountId: grant.accountId,
        name: input.name,
        prefix: shownPrefix(secret),
        hash: hashKey(secret),
        scopes: scopesWithin(input.scopes, grant.scopes),
        sessions: sessionsWithin(input.sessions ?? null, grant.sessions),
        addresses: networksOf(input.addresses ?? null),
        createdAt: now,
        expiresAt,
      };
      const detail = { name: made.name, scopes: made.scopes, sessions: made.sessions };
      const event = keyEvent("key.created", made, { actor, at: now, detail });
      const id = await store.write("keys.create", { key: made, event });
      return { key: await get(grant.accountId, id), secret };
    },

    /** A new key with the same rights; the old one works on for the grace period. */
    async rotate(old: ApiKey, graceMs: number, grant: Grant, actor: Actor): Promise<{ key: ApiKey; secret: string }> {
      refuseBeyond(grant, old);
      const now = clock.now();
      if (old.expiresAt !== null && old.expiresAt <= now) {
        throw new WaygateError("conflict", "That key has expired; make a new one.");
      }
      const secret = makeKey();
      const { accountId, name, scopes, sessions, addresses, expiresAt } = old;
      const hash = hashKey(secret);
      const prefix = shownPrefix(secret);
      const { sessionId } = old;
      const sealed = store.sealer.seal(Buffer.from(secret), sealedKeyCell(hash));
      const client = sessionId === null ? {} : { client: { sessionId, sealed } };
      const key = { accountId, name, scopes, sessions, addresses, expiresAt, createdAt: now, hash, prefix, ...client };
      const detail = { name, new_prefix: prefix, grace_seconds: Math.round(graceMs / 1_000) };
      const event = keyEvent("key.rotated", old, { actor, at: now, detail });
      const id = await store.write("keys.rotate", { oldId: old.id, endsAt: now + graceMs, key, event });
      return { key: await get(accountId, id), secret };
    },

    async revoke(key: ApiKey, grant: Grant, actor: Actor): Promise<void> {
      refuseBeyond(grant, key);
      const at = clock.now();
      const event = keyEvent("key.revoked", key, { actor, at, detail: { name: key.name } });
      await store.write("keys.revoke", { id: key.id, at, event });
    },

    usesByDay(key: ApiKey): Promise<{ day: number; uses: number }[]> {
      return store.keys.usesByDay(key.id, Math.floor(clock.now() / day) - shownDays);
    },
  };
}

/** Else a key with few rights could become, or end, one with more. */
function refuseBeyond(grant: Grant, key: ApiKey): void {
  scopesWithin(key.scopes, grant.scopes);
  if (grant.sessions !== null && key.sessions === null) {
    throw new WaygateError("forbidden", "This concerns a key for every session, which yours is not good for.");
  }
  sessionsWithin(key.sessions, grant.sessions);
}

function scopesWithin(asked: Scope[] | undefined, granted: readonly Scope[]): Scope[] {
  const scopes = asked ?? [...granted];
  const beyond = scopes.filter((scope) => !granted.includes(scope));
  if (beyond.length === 0) return scopes;
  throw new WaygateError(
    "forbidden",
    `This concerns a key with the scope ${beyond.join(", ")}, which you do not have yourself.`,
  );
}

function sessionsWithin(asked: string[] | null, granted: readonly string[] | null): string[] | null {
  if (granted === null) return asked;
  const sessions = asked ?? [...granted];
  const beyond = sessions.filter((session) => !granted.includes(session));
  if (beyond.length === 0) return sessions;
  throw new WaygateError(
    "forbidden",
    `This concerns a key for the session ${beyond.join(", ")}, which yours is not good for.`,
  );
}

function networksOf(addresses: string[] | null): string[] | null {
  const wrong = addresses?.findIndex((address) => parseNetwork(address) === null) ?? -1;
  if (wrong < 0) return addresses;
  throw invalidField(`/addresses/${wrong}`, "Give an address or a network, like 203.0.113.7 or 10.0.0.0/8.");
}
