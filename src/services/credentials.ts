// One resolver for every surface: what was presented, and who that is. Asked at each request, so that a revocation holds
// from the next one on.
import { isInAny, parseNetwork } from "../core/addresses.ts";
import { type Clock, minute } from "../core/clock.ts";
import { messageOf, WaygateError } from "../core/errors.ts";
import { couldBeKey, hashKey, sameHash } from "../core/key.ts";
import type { Log } from "../core/log.ts";
import { type Principal, scopesOfRole } from "../core/principal.ts";
import type { LoginHolder } from "../store/logins.ts";
import type { Store } from "../store/store.ts";
import type { KeyUses } from "./key-uses.ts";

export type Credentials = ReturnType<typeof createCredentials>;

type Needs = { store: Store; clock: Clock; log: Log; keyUses: KeyUses };

export function createCredentials({ store, clock, log, keyUses }: Needs) {
  /** Written at most once a minute, and nobody waits for it. */
  function noteSeen({ login }: LoginHolder): void {
    const now = clock.now();
    if (now - login.lastSeenAt < minute) return;
    store
      .write("logins.seen", { id: login.id, at: now })
      .catch((error) => log.warn({ error: messageOf(error) }, "a login's last use could not be noted"));
  }

  async function holderOf(presented: string, from: { readonly address: string }): Promise<Principal> {
    const hash = couldBeKey(presented) ? hashKey(presented) : null;
    const holder = hash === null ? null : await store.keys.findHolder(hash);
    if (hash === null || holder === null || !sameHash(hash, holder.hash)) throw refused("This API key is not known.");
    const { key, account } = holder;
    if (key.revokedAt !== null) throw refused("This API key was revoked.");
    if (key.expiresAt !== null && key.expiresAt <= clock.now()) throw refused("This API key has expired.");
    if (account.disabledAt !== null) throw refused("The account of this API key is switched off.");
    if (key.addresses !== null && !isAllowedFrom(from.address, key.addresses)) {
      throw new WaygateError("forbidden", "This API key may not be used from this address.");
    }
    const held = scopesOfRole(account.role);
    return {
      account: { id: account.id, username: account.username, role: account.role },
      credential: { kind: "key", key },
      scopes: key.scopes.filter((scope) => held.includes(scope)),
      sessions: key.sessions,
      requestsPerMinute: holder.requestsPerMinute,
    };
  }

  return {
    async byKey(presented: string, from: { readonly address: string }): Promise<Principal> {
      const principal = await holderOf(presented, from);
      if (principal.credential.kind === "key") keyUses.count(principal.credential.key.id);
      return principal;
    },
    /** While one use of it goes on. */
    byKeyAgain: holderOf,

    async byLogin(tokenId: string): Promise<Principal> {
      const holder = await store.logins.findHolder(tokenId);
      if (holder === null) throw refused("This login has ended; sign in again.");
      if (holder.login.expiresAt <= clock.now()) throw refused("This login has expired; sign in again.");
      const { account, login } = holder;
      if (account.disabledAt !== null) throw refused("This account is switched off.");
      noteSeen(holder);
      return {
        account: { id: account.id, username: account.username, role: account.role },
        credential: { kind: "login", login },
        scopes: scopesOfRole(account.role),
        sessions: null,
        requestsPerMinute: holder.requestsPerMinute,
      };
    },
  };
}

function refused(sentence: string): WaygateError {
  return new WaygateError("unauthenticated", sentence);
}

function isAllowedFrom(address: string, allowed: readonly string[]): boolean {
  return isInAny(
    address,
    allowed.flatMap((text) => parseNetwork(text) ?? []),
  );
}
