// /api/v1/keys: the caller's own API keys.
import { type Static, Type } from "@sinclair/typebox";

import { day, isoTime, second } from "../../core/clock.ts";
import { WaygateError } from "../../core/errors.ts";
import type { Ids } from "../../core/ids.ts";
import { type ApiKey, Scope } from "../../core/key.ts";
import { isClientKey } from "../../services/client-keys.ts";
import type { Grant } from "../../services/keys.ts";
import { type Call, callerOf, principalOf } from "../call.ts";
import { shownFormat } from "../operation.ts";
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
  readTime,
  showPage,
  strict,
  Time,
  TimeInput,
  TimeOrNull,
} from "./shapes.ts";

const fields = {
  id: Id("key", "The key's id."),
  name: Type.String({ examples: ["shop"] }),
  prefix: Type.String({ description: "How the key begins, to tell it from others.", examples: ["wg_live_a1B2"] }),
  scopes: Type.Array(Scope, { examples: [["read", "send"]] }),
  sessions: Type.Union([Type.Array(Type.String()), Type.Null()], {
    description: "Names of the sessions it is good for; null is all.",
    examples: [null],
  }),
  addresses: Type.Union([Type.Array(Type.String()), Type.Null()], {
    description: "Addresses and networks it may be used from; null is everywhere.",
    examples: [null],
  }),
  session_id: Type.Union([Type.String(), Type.Null()], {
    description: "Of a client key: the session that it belongs to, and goes with.",
    examples: [null],
  }),
  uses: Type.Integer({ description: "Requests made with it, up to about ten seconds ago.", examples: [1024] }),
  created_at: Time("When it was made."),
  last_used_at: TimeOrNull("When it was last used."),
  expires_at: TimeOrNull("When it ends by itself; null is never."),
  revoked_at: TimeOrNull("When it was revoked; null while it works."),
};

const KeyJson = Type.Object(fields, { title: "ApiKey" });
const CreatedKeyJson = Type.Object(
  {
    ...fields,
    key: Type.String({
      description: "The key itself. It is shown this once and kept nowhere.",
      examples: ["wg_live_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5PqRsTu"],
    }),
  },
  { title: "CreatedApiKey" },
);
export const ClientKeyJson = Type.Object(
  {
    ...fields,
    key: Type.String({ description: "The key itself.", examples: ["wg_live_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5PqRsTu"] }),
  },
  { title: "ClientKey" },
);
const DayOfUses = Type.Object({ day: Type.String({ [shownFormat]: "date" }), uses: Type.Integer() });
const KeyWithUsesJson = Type.Object(
  {
    ...fields,
    uses_by_day: Type.Array(DayOfUses, {
      description: "The last 31 days (UTC) on which it was used.",
      examples: [[{ day: "2026-11-20", uses: 128 }]],
    }),
  },
  { title: "ApiKeyWithUses" },
);

const textList = (description: string, maxLength: number, examples: unknown[]) =>
  Type.Optional(
    Type.Union([Type.Array(Type.String({ minLength: 1, maxLength }), { minItems: 1, maxItems: 200 }), Type.Null()], {
      description,
      examples,
    }),
  );

const NewKey = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100, description: "For you to tell your keys apart." }),
    scopes: Type.Optional(
      Type.Array(Scope, { minItems: 1, maxItems: 4, uniqueItems: true, description: "All that you have by default." }),
    ),
    sessions: textList("Names of the sessions it is good for; all by default.", 64, [["shop"]]),
    addresses: textList("Addresses and networks it may be used from; everywhere by default.", 50, [["203.0.113.7"]]),
    expires_at: Type.Optional(Type.Union([TimeInput("When it ends by itself."), Type.Null()])),
  },
  { ...strict, title: "NewApiKey", examples: [{ name: "shop", scopes: ["read", "send"] }] },
);

const maxGraceSeconds = (30 * day) / second;
const Rotation = Type.Object(
  {
    grace_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: maxGraceSeconds,
        default: 0,
        description: "How long the old key works on. With 0 it dies at once.",
      }),
    ),
  },
  { ...strict, title: "KeyRotation", examples: [{ grace_seconds: 3600 }] },
);

export function keyRoutes({ services, operation }: Resource) {
  const { keys, ids } = services;
  const params = idParameter("key", "key");
  const show = (key: ApiKey) => keyJson(key, ids);
  const own = (call: Call, shown: string) => keys.get(principalOf(call).account.id, readId(ids, "key", shown));

  return routes()
    .get(
      "/keys",
      async ({ query, call }) => {
        const page = await keys.list(principalOf(call).account.id, readPage(query, ids, "key"));
        return showPage(page, ids, "key", show);
      },
      operation(
        {
          id: "listKeys",
          summary: "List API keys",
          description:
            "Your own keys, newest first, those that ended included. The keys themselves are never shown again.",
          access: "read",
        },
        { query: PageParameters, response: { 200: listOf(KeyJson, "ApiKeyList") } },
      ),
    )
    .post(
      "/keys",
      async ({ body, call, status }) => {
        const expiresAt = body.expires_at == null ? null : readTime(body.expires_at, "/expires_at");
        const { key, secret } = await keys.create({ ...body, expiresAt }, grantOf(call), callerOf(call));
        return status(201, { ...show(key), key: secret });
      },
      operation(
        {
          id: "createKey",
          summary: "Make an API key",
          description:
            "Makes a key and shows it this once. A key gets no more than its maker has: neither scopes nor sessions beyond your own.",
          access: "manage",
          faults: ["forbidden", "limit_reached"],
        },
        { body: NewKey, response: { 201: CreatedKeyJson } },
      ),
    )
    .get(
      "/keys/:id",
      async ({ params, call }) => {
        const key = await own(call, params.id);
        const uses = await keys.usesByDay(key);
        return { ...show(key), uses_by_day: uses.map((one) => ({ day: dayText(one.day), uses: one.uses })) };
      },
      operation(
        {
          id: "getKey",
          summary: "Get an API key",
          description: "One of your keys, with how often it was used day by day.",
          access: "read",
          faults: ["not_found"],
        },
        { params, response: { 200: KeyWithUsesJson } },
      ),
    )
    .post(
      "/keys/:id/rotate",
      async ({ params, body, call, status }) => {
        const old = await own(call, params.id);
        const { key, secret } = await keys.rotate(
          old,
          (body.grace_seconds ?? 0) * second,
          grantOf(call),
          callerOf(call),
        );
        return status(201, { ...show(key), key: secret });
      },
      operation(
        {
          id: "rotateKey",
          summary: "Rotate an API key",
          description:
            "Makes a new key with the same name and rights. The old one works on for `grace_seconds`, so that programs can change over without a gap.",
          access: "manage",
          faults: ["not_found", "forbidden", "conflict"],
          bodyIsOptional: true,
        },
        { params, body: Rotation, response: { 201: CreatedKeyJson } },
      ),
    )
    .delete(
      "/keys/:id",
      async ({ params, call, set }) => {
        await keys.revoke(await own(call, params.id), grantOf(call), callerOf(call));
        set.status = 204;
      },
      operation(
        {
          id: "revokeKey",
          summary: "Revoke an API key",
          description: "The key stops working with the next request. Revoking it again changes nothing.",
          access: "manage",
          faults: ["not_found", "forbidden"],
        },
        { params, response: { 204: NoContent } },
      ),
    );
}

/** What the caller may hand on; a client key nothing. */
export function grantOf(call: Call): Grant {
  const principal = principalOf(call);
  if (isClientKey(principal)) throw new WaygateError("forbidden", "A client key makes, renews and ends no keys.");
  const { account, scopes, sessions } = principal;
  return { accountId: account.id, scopes, sessions };
}

export function keyJson(key: ApiKey, ids: Ids): Static<typeof KeyJson> {
  return {
    id: ids.show("key", key.id),
    name: key.name,
    prefix: key.prefix,
    scopes: key.scopes,
    sessions: key.sessions,
    addresses: key.addresses,
    session_id: key.sessionId === null ? null : ids.show("session", key.sessionId),
    uses: key.uses,
    created_at: isoTime(key.createdAt),
    last_used_at: isoTime(key.lastUsedAt),
    expires_at: isoTime(key.expiresAt),
    revoked_at: isoTime(key.revokedAt),
  };
}

function dayText(dayNumber: number): string {
  return isoTime(dayNumber * day).slice(0, 10);
}
