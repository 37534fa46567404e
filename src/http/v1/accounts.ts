// /api/v1/accounts: who has an account here; the admin's.
import { type Static, Type } from "@sinclair/typebox";
import { type Account, Email, Password, Role, TimeZone, Username } from "../../core/account.ts";
import { isoTime } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import { callerOf } from "../call.ts";
import { routes } from "../surface.ts";
import type { Resource } from "./resource.ts";
import {
  Id,
  idParameter,
  listOf,
  NoContent,
  PageParameters,
  readId,
  readPage,
  showPage,
  strict,
  Time,
  TimeOrNull,
} from "./shapes.ts";

export const AccountJson = Type.Object(
  {
    id: Id("account", "The account's id."),
    username: Type.String({ examples: ["ada"] }),
    email: Type.Union([Type.String(), Type.Null()], { examples: ["ada@example.org"] }),
    role: Role,
    plan: Type.String({ description: "The name of its plan.", examples: ["free"] }),
    has_password: Type.Boolean({ description: "False for an account that only has API keys.", examples: [true] }),
    time_zone: TimeZone,
    disabled_at: TimeOrNull("When it was switched off; null while it may be used."),
    created_at: Time("When it was made."),
  },
  { title: "Account" },
);

export function accountJson(account: Account, ids: Ids): Static<typeof AccountJson> {
  return {
    id: ids.show("account", account.id),
    username: account.username,
    email: account.email,
    role: account.role,
    plan: account.planName,
    has_password: account.hasPassword,
    time_zone: account.timeZone,
    disabled_at: isoTime(account.disabledAt),
    created_at: isoTime(account.createdAt),
  };
}

const EmailInput = Type.Optional(Type.Union([Email, Type.Null()], { description: "Works as the user name at login." }));
const PlanInput = Type.Optional(
  Type.String({ minLength: 1, maxLength: 64, description: "The name of a plan.", examples: ["pro"] }),
);
const password = "At least 12 characters, and none of the common ones.";

const NewAccount = Type.Object(
  {
    username: Username,
    password: { ...Password, description: password },
    email: EmailInput,
    role: Type.Optional(Role),
    plan: PlanInput,
    time_zone: Type.Optional({ ...TimeZone, default: "UTC" }),
  },
  {
    ...strict,
    title: "NewAccount",
    examples: [
      { username: "ada", password: "a long and lovely phrase", email: "ada@example.org", role: "user", plan: "pro" },
    ],
  },
);

const AccountChanges = Type.Object(
  {
    username: Type.Optional(Username),
    password: Type.Optional({ ...Password, description: `${password} Ends every login of the account.` }),
    email: EmailInput,
    role: Type.Optional(Role),
    plan: PlanInput,
    time_zone: Type.Optional(TimeZone),
    disabled: Type.Optional(Type.Boolean({ description: "Switched off, its keys and logins work no more." })),
  },
  { ...strict, title: "AccountChanges", examples: [{ plan: "business", disabled: false }] },
);

/** Our names for what comes in. */
export function inputOf<T extends { time_zone?: string }>({ time_zone: timeZone, ...rest }: T) {
  return { ...rest, ...(timeZone === undefined ? {} : { timeZone }) };
}

export function accountRoutes({ services, operation }: Resource) {
  const { accounts, ids } = services;
  const show = (account: Account) => accountJson(account, ids);
  const params = idParameter("account", "account");

  return routes()
    .get(
      "/accounts",
      async ({ query }) => showPage(await accounts.list(readPage(query, ids, "account")), ids, "account", show),
      operation(
        {
          id: "listAccounts",
          summary: "List accounts",
          description: "Every account of this gateway, newest first.",
          access: "admin",
        },
        { query: PageParameters, response: { 200: listOf(AccountJson, "AccountList") } },
      ),
    )
    .post(
      "/accounts",
      async ({ body, call, status }) => status(201, show(await accounts.create(inputOf(body), callerOf(call)))),
      operation(
        {
          id: "createAccount",
          summary: "Make an account",
          description: "Makes an account for somebody, who can sign in with this password at once.",
          access: "admin",
          faults: ["conflict"],
        },
        { body: NewAccount, response: { 201: AccountJson } },
      ),
    )
    .get(
      "/accounts/:id",
      async ({ params }) => show(await accounts.get(readId(ids, "account", params.id))),
      operation(
        {
          id: "getAccount",
          summary: "Get an account",
          description: "One account by its id.",
          access: "admin",
          faults: ["not_found"],
        },
        { params, response: { 200: AccountJson } },
      ),
    )
    .patch(
      "/accounts/:id",
      async ({ params, body, call }) =>
        show(await accounts.update(readId(ids, "account", params.id), inputOf(body), callerOf(call))),
      operation(
        {
          id: "updateAccount",
          summary: "Change an account",
          description:
            "Changes what is given and leaves the rest. The last admin can neither be demoted nor switched off. A smaller plan stops nothing that runs: sessions beyond it go on, and new ones are refused. After a change of `time_zone` the day under way ends when it would have.",
          access: "admin",
          faults: ["not_found", "conflict"],
        },
        { params, body: AccountChanges, response: { 200: AccountJson } },
      ),
    )
    .delete(
      "/accounts/:id",
      async ({ params, call, set }) => {
        await accounts.remove(readId(ids, "account", params.id), callerOf(call));
        set.status = 204;
      },
      operation(
        {
          id: "deleteAccount",
          summary: "Remove an account",
          description: "Removes the account with its keys, logins and all that is its own. The last admin stays.",
          access: "admin",
          faults: ["not_found", "conflict"],
        },
        { params, response: { 204: NoContent } },
      ),
    );
}
