// What the operator may do from the command line: operations by name, each with its arguments as a schema. The same
// table answers beside a running gateway, over its control socket, and alone, on the data itself.
import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { type Account, Email, Role, Username } from "../core/account.ts";
import { commandLine } from "../core/audit.ts";
import { day, isoTime } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import { type ApiKey, Scope } from "../core/key.ts";
import { scopesOfRole } from "../core/principal.ts";
import { action, everything, type OperatorAction } from "./operator-action.ts";
import { sessionActions } from "./operator-sessions.ts";
import type { Services } from "./services.ts";

const named = Type.Object({ username: Type.String() });

export const operatorActions = {
  "user.add": action(
    Type.Object({
      username: Username,
      password: Type.String(),
      email: Type.Optional(Email),
      role: Type.Optional(Role),
      plan: Type.Optional(Type.String()),
    }),
    async (services, input) => accountLine(services, await services.accounts.create(input, commandLine)),
  ),
  "user.list": action(Type.Object({}), async (services) => {
    const { rows } = await services.accounts.list(everything);
    return rows.toReversed().map((account) => accountLine(services, account));
  }),
  "user.passwd": action(
    Type.Object({ username: Type.String(), password: Type.String() }),
    async (services, { username, password }) => {
      const { id } = await services.accounts.getByName(username);
      return accountLine(services, await services.accounts.update(id, { password }, commandLine));
    },
  ),
  "user.disable": action(named, async (services, { username }) => setDisabled(services, username, true)),
  "user.enable": action(named, async (services, { username }) => setDisabled(services, username, false)),
  "key.create": action(
    Type.Object({
      username: Type.String(),
      name: Type.String({ minLength: 1, maxLength: 100 }),
      scopes: Type.Optional(Type.Array(Scope, { minItems: 1 })),
      sessions: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
      days: Type.Optional(Type.Integer({ minimum: 1 })),
    }),
    async (services, { username, days, ...input }) => {
      const account = await services.accounts.getByName(username);
      const expiresAt = days === undefined ? null : services.clock.now() + days * day;
      const grant = { accountId: account.id, scopes: scopesOfRole(account.role), sessions: null };
      const { key, secret } = await services.keys.create({ ...input, expiresAt }, grant, commandLine);
      return { ...keyLine(services, key, account), key: secret };
    },
  ),
  "key.list": action(Type.Object({ username: Type.Optional(Type.String()) }), async (services, { username }) => {
    const accounts =
      username === undefined
        ? (await services.accounts.list(everything)).rows.toReversed()
        : [await services.accounts.getByName(username)];
    const lists = accounts.map(async (account) => {
      const { rows } = await services.keys.list(account.id, everything);
      return rows.toReversed().map((key) => keyLine(services, key, account));
    });
    return (await Promise.all(lists)).flat();
  }),
  "key.revoke": action(Type.Object({ id: Type.String() }), async (services, { id }) => {
    const rowId = services.ids.read("key", id);
    const key = rowId === null ? null : await services.keys.findAny(rowId);
    if (key === null) throw new WaygateError("not_found", `There is no key ${id}; "waygate key list" shows their ids.`);
    const grant = { accountId: key.accountId, scopes: scopesOfRole("admin"), sessions: null };
    await services.keys.revoke(key, grant, commandLine);
    return { id, prefix: key.prefix, name: key.name };
  }),
  ...sessionActions,
  backup: action(Type.Object({ file: Type.String() }), async (services, { file }) =>
    services.system.backup(file, commandLine),
  ),
  "audit.verify": action(Type.Object({}), async (services) => {
    const broken = await services.audit.findBreak();
    return { whole: broken === null, broken_at: broken === null ? null : services.ids.show("audit", broken) };
  }),
} satisfies Record<string, OperatorAction>;

export type OperatorActionName = keyof typeof operatorActions;
export type OperatorInput<N extends OperatorActionName> = Static<(typeof operatorActions)[N]["input"]>;
export type OperatorResult<N extends OperatorActionName> = Awaited<ReturnType<(typeof operatorActions)[N]["run"]>>;

export function isOperatorAction(name: string): name is OperatorActionName {
  return Object.hasOwn(operatorActions, name);
}

export async function operate(services: Services, name: OperatorActionName, input: unknown): Promise<unknown> {
  const { input: schema, run }: OperatorAction = operatorActions[name];
  const [fault] = Value.Errors(schema, input);
  if (fault !== undefined) {
    const field = fault.path.slice(1);
    throw new WaygateError("invalid", `${field}: ${fault.schema.description ?? fault.message}`);
  }
  return run(services, input as never);
}

async function setDisabled(services: Services, username: string, disabled: boolean) {
  const { id } = await services.accounts.getByName(username);
  return accountLine(services, await services.accounts.update(id, { disabled }, commandLine));
}

function accountLine({ ids }: Services, account: Account) {
  return {
    id: ids.show("account", account.id),
    username: account.username,
    email: account.email,
    role: account.role,
    plan: account.planName,
    disabled: account.disabledAt !== null,
    created_at: isoTime(account.createdAt),
  };
}

function keyLine({ ids, clock }: Services, key: ApiKey, account: Account) {
  const isOver = key.expiresAt !== null && key.expiresAt <= clock.now();
  return {
    id: ids.show("key", key.id),
    account: account.username,
    name: key.name,
    prefix: key.prefix,
    scopes: key.scopes,
    state: key.revokedAt !== null ? "revoked" : isOver ? "expired" : "works",
    uses: key.uses,
    last_used_at: isoTime(key.lastUsedAt),
    expires_at: isoTime(key.expiresAt),
  };
}
