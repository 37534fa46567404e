// A webhook as the native API takes and shows it.
import { type Static, Type } from "@sinclair/typebox";
import { isoTime, second } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import { OneOf } from "../../core/one-of.ts";
import { disabledReasons, type Webhook, webhookFormats, webhookLimits } from "../../core/webhook.ts";
import { hidden, type WebhookInput } from "../../services/webhooks.ts";
import { DisabledJson } from "./event-shapes.ts";
import { asChanges, given, Id, strict, Time, TimeOrNull } from "./shapes.ts";

const url = Type.String({
  minLength: 1,
  maxLength: 2_048,
  description: "Where events are sent: an https address. It is called directly, and no redirect is followed.",
  examples: ["https://hooks.example/whatsapp"],
});
const description = Type.Union([Type.String({ maxLength: 500 }), Type.Null()], {
  description: "For you to tell your webhooks apart.",
  examples: ["Orders"],
});
const events = Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
  minItems: 1,
  maxItems: 100,
  description:
    "Names of events; `message.*` is all of a kind, `*` all there are. `GET /event-types` has the list, and a name that is not in it is refused with it.",
  examples: [["message.received", "session.*"]],
});
const sessions = Type.Union([Type.Array(Type.String({ maxLength: 64 }), { maxItems: 200 }), Type.Null()], {
  description: "Only what happens in these sessions, by id or name; null is everything.",
  examples: [null],
});
const chats = Type.Union([Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 200 }), Type.Null()], {
  description: "Only what happens in these chats, by id, phone number or JID; null is everything.",
  examples: [null],
});
const headers = Type.Record(Type.String({ maxLength: 100 }), Type.String({ maxLength: 2_000 }), {
  maxProperties: webhookLimits.maxHeaders,
  description: `Sent with every event, besides those that sign it. They are kept sealed and shown as ${hidden}; given back like that, they stay as they are.`,
  examples: [{ Authorization: "Bearer of-your-own" }],
});
const format = OneOf(webhookFormats, {
  description: "What the body looks like, and how it is signed.",
  default: "native",
});
const timeout = Type.Integer({
  minimum: 1,
  maximum: webhookLimits.maxTimeoutMs / second,
  default: webhookLimits.usualTimeoutMs / second,
  description: "How long the receiver may take, from the connection to the last byte of its answer.",
});
const ordered = Type.Boolean({
  default: false,
  description:
    "With true a chat's events wait until the one before them has been delivered or has failed for good. Without, first attempts are in order and a later one may overtake a retry.",
});
const maxListedRetries = 20;
const retry = Type.Union(
  [
    OneOf(["default", "patient"]),
    Type.Array(Type.Integer({ minimum: 1, maximum: 86_400 }), { maxItems: maxListedRetries }),
  ],
  {
    default: "default",
    description:
      "After a failed attempt: `default` tries again after 10 s, 30 s, 2 min, 10 min and 30 min, `patient` goes on for three days; or seconds of your own, one after the other. All of them ± 10 %, and never before the receiver's `Retry-After` (an hour at most).",
    examples: ["default"],
  },
);
const secret = Type.String({
  minLength: 1,
  maxLength: 200,
  description: "Signs what is sent; one is made if none is given. What begins with `whsec_` must go on in base64.",
  examples: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
});

const shown = {
  id: Id("webhook", "The webhook's id."),
  url,
  description,
  events,
  sessions,
  chats,
  headers,
  format,
  timeout_seconds: timeout,
  ordered,
  retry,
  status: OneOf(["active", "paused", "disabled"], {
    description: "Paused by you, disabled by the gateway: then it is told nothing, and what happens waits for it.",
  }),
  disabled_reason: DisabledJson,
  failing_since: TimeOrNull("Since when nothing at all could be delivered; null while it works."),
  previous_secret_expires_at: TimeOrNull("Until when the secret before this one signs as well."),
  created_at: Time("When it was made."),
  updated_at: Time("When it was last changed."),
};
export const WebhookJson = Type.Object(shown, { title: "Webhook" });
export const WebhookWithSecretJson = Type.Object(
  { ...shown, secret: Type.String({ description: "Shown this once.", examples: secret.examples }) },
  { title: "WebhookWithSecret" },
);

const changeable = {
  ...{ url, description, events, sessions, chats, format, ordered, retry },
  headers: Type.Union([headers, Type.Null()], { description: headers.description ?? "" }),
  timeout_seconds: timeout,
};
const example = { url: "https://hooks.example/whatsapp", events: ["message.received"] };
export const NewWebhook = Type.Object(
  {
    ...Type.Partial(Type.Object(changeable)).properties,
    url,
    secret: Type.Optional(secret),
    paused: Type.Optional(Type.Boolean({ default: false, description: "Begin paused." })),
  },
  { ...strict, title: "NewWebhook", examples: [example] },
);
export const WebhookChanges = Type.Partial(Type.Object(asChanges(changeable)), {
  ...strict,
  title: "WebhookChanges",
  examples: [{ events: ["message.*"] }],
});
const maxGraceSeconds = 7 * 86_400;
const usualGraceSeconds = 86_400;
export const SecretRotation = Type.Object(
  {
    secret: Type.Optional(secret),
    grace_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: maxGraceSeconds,
        default: usualGraceSeconds,
        description: "How long `webhook-signature` carries the signature with the old secret as well.",
      }),
    ),
  },
  { ...strict, title: "SecretRotation", examples: [{ grace_seconds: 3_600 }] },
);
export const graceMsOf = ({ grace_seconds: seconds = usualGraceSeconds }: Static<typeof SecretRotation>) =>
  seconds * second;

type Changes = Static<typeof WebhookChanges>;

export function readWebhook({ timeout_seconds: seconds, ordered: isOrdered, ...rest }: Changes): WebhookInput {
  const { url, description, events, sessions, chats, headers, format, retry } = rest;
  const timeoutMs = seconds === undefined ? undefined : seconds * second;
  return given({ url, description, events, sessions, chats, headers, format, retry, timeoutMs, isOrdered });
}

export function webhookJson(webhook: Webhook, ids: Ids): Static<typeof WebhookJson> {
  const { reason, state } = webhook;
  return {
    id: ids.show("webhook", webhook.id),
    url: webhook.url,
    description: webhook.description,
    events: webhook.events,
    sessions: webhook.sessions?.map((id) => ids.show("session", id)) ?? null,
    chats: webhook.chats,
    headers: Object.fromEntries(Object.keys(webhook.headers).map((name) => [name, hidden])),
    format: webhook.format,
    timeout_seconds: webhook.timeoutMs / second,
    ordered: webhook.isOrdered,
    retry: webhook.retry,
    status: state === "removed" ? "disabled" : state,
    disabled_reason: reason === null ? null : { code: reason, sentence: disabledReasons[reason] },
    failing_since: isoTime(webhook.failingSince),
    previous_secret_expires_at: isoTime(webhook.previousUntil),
    created_at: isoTime(webhook.createdAt),
    updated_at: isoTime(webhook.updatedAt),
  };
}
