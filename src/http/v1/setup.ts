// /api/v1/setup and /register: how accounts come about without an admin who makes them.
import { Type } from "@sinclair/typebox";
import { Email, Password, Username } from "../../core/account.ts";
import { callerOf } from "../call.ts";
import { routes } from "../surface.ts";
import { comesFrom, StartedLoginJson, welcome } from "./login.ts";
import type { Resource } from "./resource.ts";
import { strict } from "./shapes.ts";

const person = {
  username: Username,
  password: { ...Password, description: "At least 12 characters, and none of the common ones." },
  email: Type.Optional(Type.Union([Email, Type.Null()])),
};
const SetupInput = Type.Object(
  {
    token: Type.String({ minLength: 1, maxLength: 200, description: "From the link that the first start prints." }),
    ...person,
  },
  {
    ...strict,
    title: "Setup",
    examples: [{ token: "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6", username: "ada", password: "a long and lovely phrase" }],
  },
);
const Registration = Type.Object(
  {
    ...person,
    invite: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: "The token of an invitation." })),
  },
  {
    ...strict,
    title: "Registration",
    examples: [
      { username: "ada", password: "a long and lovely phrase", invite: "wg_inv_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5" },
    ],
  },
);

export function setupRoutes(resource: Resource) {
  const { services, operation } = resource;
  const { accounts, logins, setup } = services;

  return routes()
    .post(
      "/setup",
      async ({ body, call, status }) => {
        const { token, ...admin } = body;
        setup.check(token);
        const account = await accounts.setUp(admin, callerOf(call));
        await setup.isDone();
        return status(201, await welcome(resource, call, await logins.start(account, comesFrom(call))));
      },
      operation(
        {
          id: "setUp",
          summary: "Set up the gateway",
          description:
            "Makes the first admin, with the token of the link that the first start prints. Signs in at once.",
          access: "public",
          faults: ["forbidden", "conflict"],
        },
        { body: SetupInput, response: { 201: StartedLoginJson } },
      ),
    )
    .post(
      "/register",
      async ({ body, call, status }) => {
        const account = await accounts.register(body, callerOf(call));
        return status(201, await welcome(resource, call, await logins.start(account, comesFrom(call))));
      },
      operation(
        {
          id: "register",
          summary: "Register",
          description:
            "Makes an account for yourself, where the operator lets people register, with or without an invitation.",
          access: "public",
          faults: ["forbidden", "conflict"],
        },
        { body: Registration, response: { 201: StartedLoginJson } },
      ),
    );
}
