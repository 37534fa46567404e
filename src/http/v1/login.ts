// /api/v1/login and /logout: a browser gets a cookie, a program a token; /api/v1/logins lists and ends them.
import { type Static, Type } from "@sinclair/typebox";
import { isoTime } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import type { Login } from "../../core/login.ts";
import type { StartedLogin } from "../../services/logins.ts";
import { type Call, callerOf, principalOf } from "../call.ts";
import { routes } from "../surface.ts";
import { AccountJson, accountJson } from "./accounts.ts";
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
} from "./shapes.ts";

export const StartedLoginJson = Type.Object(
  {
    token: Type.String({
      description: "Good as `Authorization: Bearer …`.",
      examples: ["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.…"],
    }),
    expires_at: Time("When the login ends by itself."),
    account: AccountJson,
  },
  { title: "StartedLogin" },
);

const Credentials = Type.Object(
  {
    username: Type.String({ minLength: 1, maxLength: 254, description: "The user name or the e-mail address." }),
    password: Type.String({ minLength: 1, maxLength: 256 }),
  },
  { ...strict, title: "Credentials", examples: [{ username: "ada", password: "a long and lovely phrase" }] },
);

const LogoutInput = Type.Object(
  { everywhere: Type.Optional(Type.Boolean({ default: false, description: "End every login of the account." })) },
  { ...strict, title: "Logout", examples: [{ everywhere: true }] },
);

const LoginJson = Type.Object(
  {
    id: Id("login", "The login's id."),
    current: Type.Boolean({ description: "True for the one that asks.", examples: [true] }),
    address: Type.Union([Type.String(), Type.Null()], { examples: ["203.0.113.7"] }),
    user_agent: Type.Union([Type.String(), Type.Null()], { examples: ["Mozilla/5.0"] }),
    created_at: Time("When it began."),
    last_seen_at: Time("When it was last used, to the minute."),
    expires_at: Time("When it ends by itself."),
  },
  { title: "Login" },
);

/** For whoever has just shown who they are: the token, and the same token as a cookie. */
export async function welcome({ tokens, cookies, services }: Resource, call: Call, started: StartedLogin) {
  const { account, tokenId, expiresAt } = started;
  const token = await tokens.sign(tokenId, expiresAt);
  call.headers.push(["Set-Cookie", cookies.set(token, expiresAt, isSecure(call))]);
  return { token, expires_at: isoTime(expiresAt), account: accountJson(account, services.ids) };
}

/** From where a login comes, as its owner will see it in the list. */
export function comesFrom(call: Call) {
  return { address: call.address, userAgent: call.request.headers.get("user-agent") };
}

export function loginRoutes(resource: Resource) {
  const { services, operation, cookies } = resource;
  const { logins, ids } = services;
  const params = idParameter("login", "login");

  return routes()
    .post(
      "/login",
      async ({ body, call }) => welcome(resource, call, await logins.logIn({ ...body, ...comesFrom(call) })),
      operation(
        {
          id: "logIn",
          summary: "Log in",
          description:
            "With user name (or e-mail address) and password. Answers with a token and sets it as a cookie for browsers. Too many failures are slowed down.",
          access: "public",
          faults: ["unauthenticated", "forbidden"],
        },
        { body: Credentials, response: { 200: StartedLoginJson } },
      ),
    )
    .post(
      "/logout",
      async ({ body, call, set }) => {
        const { account, credential } = principalOf(call);
        if (body.everywhere === true) await logins.endAll(account.id, callerOf(call));
        else if (credential.kind === "login") await logins.end(credential.login, callerOf(call));
        call.headers.push(["Set-Cookie", cookies.clear(isSecure(call))]);
        set.status = 204;
      },
      operation(
        {
          id: "logOut",
          summary: "Log out",
          description:
            "Ends this login, or every login of the account. Their tokens stop working with the next request.",
          access: "login",
          bodyIsOptional: true,
        },
        { body: LogoutInput, response: { 204: NoContent } },
      ),
    )
    .get(
      "/logins",
      async ({ query, call }) => {
        const page = await logins.list(principalOf(call).account.id, readPage(query, ids, "login"));
        return showPage(page, ids, "login", (login) => loginJson(login, call, ids));
      },
      operation(
        {
          id: "listLogins",
          summary: "List logins",
          description: "Where your account is signed in, newest first.",
          access: "login",
        },
        { query: PageParameters, response: { 200: listOf(LoginJson, "LoginList") } },
      ),
    )
    .delete(
      "/logins/:id",
      async ({ params, call, set }) => {
        const { account } = principalOf(call);
        await logins.end(await logins.get(account.id, readId(ids, "login", params.id)), callerOf(call));
        set.status = 204;
      },
      operation(
        {
          id: "endLogin",
          summary: "End a login",
          description: "Signs out one browser or program of yours, at once.",
          access: "login",
          faults: ["not_found"],
        },
        { params, response: { 204: NoContent } },
      ),
    );
}

function loginJson(login: Login, call: Call, ids: Ids): Static<typeof LoginJson> {
  const { credential } = principalOf(call);
  return {
    id: ids.show("login", login.id),
    current: credential.kind === "login" && credential.login.id === login.id,
    address: login.address,
    user_agent: login.userAgent,
    created_at: isoTime(login.createdAt),
    last_seen_at: isoTime(login.lastSeenAt),
    expires_at: isoTime(login.expiresAt),
  };
}

function isSecure(call: Call): boolean {
  return call.origin.startsWith("https:");
}
