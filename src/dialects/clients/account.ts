// /api/profile, /api/reset-api-key and /api/logs: the caller's account.
import { type Static, Type } from "@sinclair/typebox";
import { isoTime } from "../../core/clock.ts";
import type { LogLine } from "../../core/log.ts";
import { presentedBy } from "../../http/auth.ts";
import { type Call, principalOf } from "../../http/call.ts";
import { routes } from "../../http/surface.ts";
import type { Resource } from "../../http/v1/resource.ts";
import { isClientKey } from "../../services/client-keys.ts";
import { lenient } from "../shapes.ts";
import type { Limits } from "./limits.ts";
import { createClientAccess } from "./read.ts";

const keysLookedAt = 200;
const linesShown = 100;

const Profile = Type.Object(
  {
    username: Type.String({ examples: ["admin"] }),
    role: Type.String({ examples: ["admin"] }),
    apiKey: Type.String({
      description: "The key that you used; to others how the account's newest begins.",
      examples: ["account-api-key"],
    }),
    clientCount: Type.Integer({ examples: [5] }),
  },
  { title: "ClientsProfile" },
);
const Reset = Type.Object(
  {
    username: Type.String({ minLength: 1, maxLength: 254 }),
    currentApiKey: Type.String({ minLength: 1, maxLength: 200 }),
  },
  { ...lenient, title: "ClientsKeyReset", examples: [{ username: "your-username", currentApiKey: "account-api-key" }] },
);
const NewKey = Type.Object(
  {
    message: Type.Literal("API key reset successfully.", { examples: ["API key reset successfully."] }),
    newApiKey: Type.String({ examples: ["a1b2c3d4e5f6g7h8i9j0"] }),
  },
  { title: "ClientsNewKey" },
);
const Logs = Type.Object(
  {
    status: Type.Literal("success", { examples: ["success"] }),
    logs: Type.Array(
      Type.Object({
        time: Type.String(),
        level: Type.String(),
        message: Type.String(),
        clientId: Type.Optional(Type.String()),
      }),
      { examples: [[]] },
    ),
  },
  { title: "ClientsLogs" },
);

export function accountRoutes({ services, operation, cookies }: Resource, limits: Limits) {
  const { clock, keys, keyReset, logTail } = services;
  const clients = createClientAccess(services);

  async function keyOf(call: Call): Promise<string> {
    const principal = principalOf(call);
    if (principal.credential.kind === "key" && !isClientKey(principal)) {
      return presentedBy(call.request, cookies)?.text ?? "";
    }
    const { rows } = await keys.list(principal.account.id, { before: null, limit: keysLookedAt });
    const works = rows.find(
      ({ sessionId, revokedAt, expiresAt }) =>
        sessionId === null && revokedAt === null && (expiresAt === null || expiresAt > clock.now()),
    );
    return works === undefined ? "" : `${works.prefix}...`;
  }

  async function profile(call: Call): Promise<Static<typeof Profile>> {
    const { username, role } = principalOf(call).account;
    const all = await clients.list(call);
    return { username, role, apiKey: await keyOf(call), clientCount: all.length };
  }

  /** Through a key that is bound to clients, what concerns those alone. */
  function linesFor(call: Call): LogLine[] {
    const { account, sessions } = principalOf(call);
    const lines = logTail.read({ accountId: account.id, level: "info", before: null, limit: linesShown });
    return lines.filter(({ fields }) => sessions === null || sessions.includes(String(fields.session)));
  }

  return routes()
    .get(
      "/api/profile",
      ({ call }) => profile(call),
      operation(
        {
          id: "clientsGetProfile",
          summary: "Who am I",
          description: "Your account, the key that you used, and how many clients there are.",
          access: "read",
        },
        { response: { 200: Profile } },
      ),
    )
    .post(
      "/api/reset-api-key",
      async ({ body, call }) => {
        limits.sensitive(call);
        const newApiKey = await keyReset.reset({ username: body.username, secret: body.currentApiKey }, call);
        return { message: "API key reset successfully." as const, newApiKey };
      },
      operation(
        {
          id: "clientsResetKey",
          summary: "Reset an API key",
          description: "Gives a new key for the one in the body, which dies at once. Needs no other credential.",
          access: "public",
          faults: ["unauthenticated", "forbidden"],
        },
        { body: Reset, response: { 200: NewKey } },
      ),
    )
    .get(
      "/api/logs",
      ({ call }) => ({ status: "success" as const, logs: linesFor(call).map(showLine) }),
      operation(
        {
          id: "clientsListLogs",
          summary: "Read the log",
          description: "The last hundred lines about your account, newest first.",
          access: "read",
        },
        { response: { 200: Logs } },
      ),
    );
}

function showLine({ time, level, message, fields: { session } }: LogLine) {
  return { time: isoTime(time), level, message, ...(typeof session === "string" ? { clientId: session } : {}) };
}
