// Logging in and out. The token that a browser or program carries only names a row here; the row is the login.
import { randomUUID } from "node:crypto";
import type { Account } from "../core/account.ts";
import { limitKey } from "../core/addresses.ts";
import type { Actor } from "../core/audit.ts";
import { type Clock, day, minute } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { Login } from "../core/login.ts";
import { type Page, type PageRequest, pageOf } from "../core/page.ts";
import { anonymous } from "../core/principal.ts";
import type { Store } from "../store/store.ts";
import type { Passwords } from "./passwords.ts";
import { createThrottle } from "./throttle.ts";

export type LoginAttempt = { username: string; password: string; address: string; userAgent: string | null };
export type StartedLogin = { account: Account; tokenId: string; expiresAt: number };
export type Logins = ReturnType<typeof createLogins>;

type Needs = { store: Store; clock: Clock; passwords: Passwords; loginDays: number };

const throttleWindowMs = 15 * minute;
const mostPerNameAndAddress = 10;
const mostPerAddress = 50;
/** High, because a stranger must not be able to lock somebody out from everywhere. */
const mostPerName = 200;
const maxUserAgent = 200;

export function createLogins({ store, clock, passwords, loginDays }: Needs) {
  const throttle = createThrottle(clock, throttleWindowMs);

  async function get(accountId: number, id: number): Promise<Login> {
    const login = await store.logins.find(id);
    if (login === null || login.accountId !== accountId) throw new WaygateError("not_found", "There is no such login.");
    return login;
  }

  /** For somebody who has just proven who they are: at login, at set-up, after registering. */
  async function start(account: Account, from: { address: string; userAgent: string | null }): Promise<StartedLogin> {
    const now = clock.now();
    const tokenId = randomUUID();
    const expiresAt = now + loginDays * day;
    const actor = { accountId: account.id, via: "login", address: from.address };
    await store.write("logins.create", {
      login: {
        accountId: account.id,
        tokenId,
        createdAt: now,
        lastSeenAt: now,
        expiresAt,
        address: from.address,
        userAgent: from.userAgent?.slice(0, maxUserAgent) ?? null,
      },
      event: { action: "login.succeeded", actor, accountId: account.id, target: null, detail: {}, at: now },
    });
    return { account, tokenId, expiresAt };
  }

  async function refuse(attempt: LoginAttempt, accountId: number | null): Promise<never> {
    const actor = anonymous(attempt.address);
    // A name that is nobody's may be a password in the wrong field: it is not kept.
    const detail = accountId === null ? {} : { username: attempt.username };
    await store.write("audit.append", {
      action: "login.failed",
      actor,
      accountId,
      target: null,
      detail,
      at: clock.now(),
    });
    throw new WaygateError("unauthenticated", "User name and password do not fit.");
  }

  return {
    get,
    start,
    async logIn(attempt: LoginAttempt): Promise<StartedLogin> {
      const names = throttleNames(attempt);
      throttle.check(names);
      const found = await store.accounts.findForLogin(attempt.username);
      const fits = await passwords.verify(attempt.password, found?.passwordHash ?? null, () => throttle.check(names));
      if (found === null || !fits) {
        throttle.failed(names);
        return refuse(attempt, found?.account.id ?? null);
      }
      if (found.account.disabledAt !== null) throw new WaygateError("forbidden", "This account is switched off.");
      throttle.succeeded(names);
      return start(found.account, attempt);
    },
    async list(accountId: number, page: PageRequest): Promise<Page<Login>> {
      return pageOf(page, (oneMore) => store.logins.list(accountId, oneMore));
    },
    async end(login: Login, actor: Actor): Promise<void> {
      const { id, accountId } = login;
      const event = { action: "login.ended", actor, accountId, target: null, detail: {}, at: clock.now() } as const;
      await store.write("logins.end", { id, event });
    },
    async endAll(accountId: number, actor: Actor): Promise<void> {
      const event = { action: "login.ended_all", actor, accountId, target: null, detail: {}, at: clock.now() } as const;
      await store.write("logins.end_all", { accountId, except: null, event });
    },
  };
}

function throttleNames({ username, address }: LoginAttempt) {
  const name = username.toLowerCase();
  const from = limitKey(address);
  return [
    { name: `${name} ${from}`, most: mostPerNameAndAddress },
    { name: `from ${from}`, most: mostPerAddress },
    { name: `as ${name}`, most: mostPerName },
  ];
}
