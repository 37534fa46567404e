// /api/v1/me: who the caller is, and what belongs to it alone.
import { Type } from "@sinclair/typebox";
import { Email, TimeZone } from "../../core/account.ts";
import { isoTime } from "../../core/clock.ts";
import { Scope } from "../../core/key.ts";
import { type Call, callerOf, principalOf } from "../call.ts";
import { routes } from "../surface.ts";
import { AccountJson, accountJson, inputOf } from "./accounts.ts";
import { PlanJson, planJson } from "./plans.ts";
import type { Resource } from "./resource.ts";
import { NoContent, strict, TimeOrNull } from "./shapes.ts";

const MeJson = Type.Object(
  {
    account: AccountJson,
    plan: PlanJson,
    credential: Type.Object(
      {
        type: Type.Union([Type.Literal("key"), Type.Literal("login")], { examples: ["key"] }),
        id: Type.String({ examples: ["key_Ab3dE6gH"] }),
        name: Type.Union([Type.String(), Type.Null()], { description: "Of the key.", examples: ["shop"] }),
        scopes: Type.Array(Scope),
        sessions: Type.Union([Type.Array(Type.String()), Type.Null()], { description: "null is all." }),
        expires_at: TimeOrNull("When it ends by itself."),
      },
      { description: "What you showed to get in.", title: "UsedCredential" },
    ),
  },
  { title: "Me" },
);

const MyChanges = Type.Partial(
  Type.Object({
    email: Type.Union([Email, Type.Null()], { description: "Your e-mail address; null removes it." }),
    time_zone: TimeZone,
  }),
  { ...strict, title: "MyChanges", examples: [{ email: "ada@example.org", time_zone: "Europe/Berlin" }] },
);

const PasswordChange = Type.Object(
  {
    current_password: Type.String({ minLength: 1, maxLength: 256 }),
    new_password: Type.String({
      minLength: 1,
      maxLength: 256,
      description: "At least 12 characters, and none of the common ones.",
    }),
  },
  {
    ...strict,
    title: "PasswordChange",
    examples: [{ current_password: "a long and lovely phrase", new_password: "an even longer lovely phrase" }],
  },
);

export function meRoutes({ services, operation }: Resource) {
  const { accounts, plans, ids } = services;

  async function me(call: Call) {
    const { account, credential, scopes, sessions } = principalOf(call);
    const own = await accounts.get(account.id);
    const isKey = credential.kind === "key";
    return {
      account: accountJson(own, ids),
      plan: planJson(await plans.get(own.planId), ids),
      credential: {
        type: credential.kind,
        id: isKey ? ids.show("key", credential.key.id) : ids.show("login", credential.login.id),
        name: isKey ? credential.key.name : null,
        scopes: [...scopes],
        sessions: sessions === null ? null : [...sessions],
        expires_at: isoTime(isKey ? credential.key.expiresAt : credential.login.expiresAt),
      },
    };
  }

  return routes()
    .get(
      "/me",
      ({ call }) => me(call),
      operation(
        {
          id: "getMe",
          summary: "Who am I",
          description: "Your account, its plan, and what the key or login you used may do.",
          access: "read",
        },
        { response: { 200: MeJson } },
      ),
    )
    .patch(
      "/me",
      async ({ body, call }) => {
        await accounts.update(principalOf(call).account.id, inputOf(body), callerOf(call));
        return me(call);
      },
      operation(
        {
          id: "updateMe",
          summary: "Change my account",
          description:
            "What you may change of your own account; the rest is the admin's. Only what is given changes. After a change of `time_zone` the day under way ends when it would have.",
          access: "login",
          faults: ["conflict"],
        },
        { body: MyChanges, response: { 200: MeJson } },
      ),
    )
    .post(
      "/me/password",
      async ({ body, call, set }) => {
        const change = { current: body.current_password, next: body.new_password };
        await accounts.changePassword(principalOf(call), change, callerOf(call));
        set.status = 204;
      },
      operation(
        {
          id: "changeMyPassword",
          summary: "Change my password",
          description: "Needs the current one. Every other login of yours ends.",
          access: "login",
          faults: ["forbidden"],
        },
        { body: PasswordChange, response: { 204: NoContent } },
      ),
    );
}
