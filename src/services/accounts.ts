// What can be done with accounts: by an admin, by their owners, and by whoever registers.
import { type Account, defaultAdminName, type Role } from "../core/account.ts";
import type { Actor, AuditAction, AuditEvent } from "../core/audit.ts";
import type { Clock } from "../core/clock.ts";
import { invalidField, WaygateError } from "../core/errors.ts";
import { hashKey, shownPrefix } from "../core/key.ts";
import { type Page, type PageRequest, pageOf } from "../core/page.ts";
import { adminPlan, defaultPlan } from "../core/plan.ts";
import { type Principal, scopesOfRole } from "../core/principal.ts";
import { readTimeZone } from "../core/wall-clock.ts";
import type { AccountChanges, AccountCreation } from "../store/accounts.ts";
import type { Store } from "../store/store.ts";
import { hashInvite } from "./invites.ts";
import type { Passwords } from "./passwords.ts";
import { planNamed } from "./plans.ts";
import type { SessionRuns } from "./session-runs.ts";

export type AccountInput = {
  username: string;
  password: string | null;
  email?: string | null | undefined;
  role?: Role | undefined;
  plan?: string | undefined;
  timeZone?: string | undefined;
};

export type AccountUpdate = {
  username?: string | undefined;
  password?: string | undefined;
  email?: string | null | undefined;
  role?: Role | undefined;
  plan?: string | undefined;
  timeZone?: string | undefined;
  disabled?: boolean | undefined;
};

export type UnattendedAdmin = { username: string | null; password: string | null; apiKey: string | null };
export type Accounts = ReturnType<typeof createAccounts>;

type Needs = {
  store: Store;
  clock: Clock;
  passwords: Passwords;
  sessionRuns: SessionRuns;
  registration: "closed" | "invite" | "open";
};

export function createAccounts({ store, clock, passwords, sessionRuns, registration }: Needs) {
  function eventOf(action: AuditAction, actor: Actor, accountId: number | null, detail: AuditEvent["detail"]) {
    return { action, actor, accountId, target: null, detail, at: clock.now() };
  }

  async function create(input: AccountInput, event: AccountCreation["event"], extra: Partial<AccountCreation> = {}) {
    const { username, password, email = null, role = "user" } = input;
    const account = {
      username,
      email,
      role,
      passwordHash: password === null ? null : await passwords.hash(password, username),
      planId: (await planNamed(store, input.plan ?? (role === "admin" ? adminPlan : defaultPlan))).id,
      createdAt: clock.now(),
      ...(input.timeZone === undefined ? {} : { timeZone: zoneNamed(input.timeZone) }),
    };
    return get(await store.write("accounts.create", { account, event, ...extra }));
  }

  async function get(id: number): Promise<Account> {
    const account = await store.accounts.find(id);
    if (account === null) throw new WaygateError("not_found", "There is no such account.");
    return account;
  }

  return {
    get,
    async list(page: PageRequest): Promise<Page<Account>> {
      return pageOf(page, (oneMore) => store.accounts.list(oneMore));
    },
    /** By user name or e-mail, as the command line names accounts. */
    async getByName(name: string): Promise<Account> {
      const found = await store.accounts.findForLogin(name);
      if (found === null) throw new WaygateError("not_found", `There is no account named ${name}.`);
      return found.account;
    },
    hasAdmin: () => store.accounts.hasAdmin(),

    create(input: AccountInput, actor: Actor): Promise<Account> {
      const detail = { username: input.username, role: input.role ?? "user" };
      return create(input, eventOf("account.created", actor, null, detail));
    },

    /** The first admin, from the set-up page; whoever comes second is refused. */
    setUp(
      input: { username: string; password: string; email?: string | null | undefined },
      actor: Actor,
    ): Promise<Account> {
      const event = eventOf("setup.completed", actor, null, { username: input.username });
      return create({ ...input, role: "admin" }, event, { asFirstAdmin: true });
    },

    /** The first admin, from the settings. */
    setUpUnattended(given: UnattendedAdmin, actor: Actor): Promise<Account> {
      const username = given.username ?? defaultAdminName;
      const event = eventOf("setup.completed", actor, null, { username });
      const key = given.apiKey === null ? {} : { key: keyFromSettings(given.apiKey, clock.now()) };
      return create({ username, password: given.password, role: "admin" }, event, { asFirstAdmin: true, ...key });
    },

    async register(input: AccountInput & { invite?: string | undefined }, actor: Actor): Promise<Account> {
      if (registration === "closed") {
        throw new WaygateError(
          "forbidden",
          "New accounts are made by the admin of this gateway; registration is closed.",
        );
      }
      if (registration === "invite" && input.invite === undefined) {
        throw new WaygateError("forbidden", "Registration needs an invitation from the admin of this gateway.");
      }
      const event = eventOf("account.registered", actor, null, { username: input.username });
      const { invite, username, password, email } = input;
      const used = invite === undefined ? {} : { inviteHash: hashInvite(invite) };
      return create({ username, password, email }, event, used);
    },

    async update(id: number, update: AccountUpdate, actor: Actor): Promise<Account> {
      const account = await get(id);
      const changes: AccountChanges = {};
      if (update.username !== undefined) changes.username = update.username;
      if (update.email !== undefined) changes.email = update.email;
      if (update.role !== undefined) changes.role = update.role;
      if (update.plan !== undefined) changes.planId = (await planNamed(store, update.plan)).id;
      if (update.timeZone !== undefined) changes.timeZone = zoneNamed(update.timeZone);
      if (update.password !== undefined) {
        changes.passwordHash = await passwords.hash(update.password, update.username ?? account.username);
      }
      if (update.disabled !== undefined) {
        changes.disabledAt = update.disabled ? (account.disabledAt ?? clock.now()) : null;
      }
      const events = eventsOf(account, update).map(([action, detail]) => eventOf(action, actor, id, detail));
      const endsLogins = update.password !== undefined || update.disabled === true;
      await store.write("accounts.update", { id, changes, events, endLogins: endsLogins ? { except: null } : null });
      if (update.disabled !== undefined) await sessionRuns.followAccount(id, !update.disabled);
      return get(id);
    },

    /** For what cannot be undone: whoever is signed in shows once more who they are. */
    async confirmPassword({ account: { id, username } }: Principal, password: string, actor: Actor): Promise<boolean> {
      const found = await store.accounts.findForLogin(username);
      const fits = await passwords.verify(password, found?.passwordHash ?? null);
      if (!fits) await store.write("audit.append", eventOf("password.failed", actor, id, {}));
      return fits;
    },

    /** By its owner, who must know the old one; every other login of the account ends. */
    async changePassword(principal: Principal, change: { current: string; next: string }, actor: Actor): Promise<void> {
      const { id, username } = principal.account;
      const found = await store.accounts.findForLogin(username);
      if (!(await passwords.verify(change.current, found?.passwordHash ?? null))) {
        throw new WaygateError("forbidden", "The current password is not right.");
      }
      const passwordHash = await passwords.hash(change.next, username, "/new_password");
      const except = principal.credential.kind === "login" ? principal.credential.login.id : null;
      const events = [eventOf("password.changed", actor, id, {})];
      await store.write("accounts.update", { id, changes: { passwordHash }, events, endLogins: { except } });
    },

    async remove(id: number, actor: Actor): Promise<void> {
      const { username } = await get(id);
      const left = await store.sessions.listAll(id);
      await store.write("accounts.check_removal", { id });
      for (const session of left) await sessionRuns.empty(session);
      for (const webhookId of await store.write("webhooks.remove_all", { accountId: id, at: clock.now() })) {
        while ((await store.write("deliveries.clear", { webhookId, most: deliveriesAtOnce })) === deliveriesAtOnce);
      }
      for (const campaign of await store.write("campaigns.remove_all", { accountId: id, at: clock.now() })) {
        while (await store.write("campaigns.clear", { id: campaign, most: deliveriesAtOnce }));
      }
      await store.write("accounts.remove", { id, event: eventOf("account.removed", actor, id, { username }) });
      await sessionRuns.endAll(left);
    },
  };
}

function zoneNamed(name: string): string {
  const zone = readTimeZone(name);
  if (zone !== null) return zone;
  throw invalidField("/time_zone", "Give a time zone by its IANA name: Europe/Vienna, for instance.");
}

/** In pieces, so that nobody else waits long. */
const deliveriesAtOnce = 500;

function keyFromSettings(key: string, now: number) {
  return {
    name: "from the settings",
    prefix: shownPrefix(key),
    hash: hashKey(key),
    scopes: scopesOfRole("admin"),
    sessions: null,
    addresses: null,
    createdAt: now,
    expiresAt: null,
  };
}

function eventsOf(account: Account, update: AccountUpdate): [AuditAction, AuditEvent["detail"]][] {
  const events: [AuditAction, AuditEvent["detail"]][] = [];
  const names = { username: "username", email: "email", role: "role", plan: "plan", timeZone: "time_zone" } as const;
  const fields = ["username", "email", "role", "plan", "timeZone"] as const;
  const changed = fields.filter((field) => update[field] !== undefined).map((field) => names[field]);
  if (changed.length > 0) events.push(["account.updated", { changed }]);
  if (update.password !== undefined) events.push(["password.changed", {}]);
  if (update.disabled === true && account.disabledAt === null) events.push(["account.disabled", {}]);
  if (update.disabled === false && account.disabledAt !== null) events.push(["account.enabled", {}]);
  return events;
}
