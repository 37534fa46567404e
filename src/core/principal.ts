// Who is asking: an account, through a key or a login, with what it may do.
import type { Role } from "./account.ts";
import type { Actor } from "./audit.ts";
import type { ApiKey, Scope } from "./key.ts";
import type { Login } from "./login.ts";

export type Credential = { kind: "key"; key: ApiKey } | { kind: "login"; login: Login };

export type Principal = {
  account: { id: number; username: string; role: Role };
  credential: Credential;
  scopes: readonly Scope[];
  /** Names of the sessions it is bound to; null is all of the account's. */
  sessions: readonly string[] | null;
  requestsPerMinute: number | null;
};

/** What an account may hand out at most. */
export function scopesOfRole(role: Role): Scope[] {
  return role === "admin" ? ["read", "send", "manage", "admin"] : ["read", "send", "manage"];
}

export function isAdmin(principal: Principal): boolean {
  return principal.account.role === "admin" && principal.scopes.includes("admin");
}

export function actorOf(principal: Principal, address: string | null): Actor {
  const { credential, account } = principal;
  return { accountId: account.id, via: credential.kind === "key" ? `key ${credential.key.prefix}` : "login", address };
}

export function anonymous(address: string | null): Actor {
  return { accountId: null, via: "anonymous", address };
}
