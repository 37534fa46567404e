// /api/v1/webhooks: who is told what happens, at which address.
import { Type } from "@sinclair/typebox";
import type { Webhook } from "../../core/webhook.ts";
import { type Call, callerOf } from "../call.ts";
import { routes } from "../surface.ts";
import type { Resource } from "./resource.ts";
import { createSessionAccess } from "./session-access.ts";
import { IdOrNull, idParameter, listOf, NoContent, PageParameters, readId, readPage, showPage } from "./shapes.ts";
import {
  graceMsOf,
  NewWebhook,
  readWebhook,
  SecretRotation,
  WebhookChanges,
  WebhookJson,
  WebhookWithSecretJson,
  webhookJson,
} from "./webhook-shapes.ts";

const Tried = Type.Object(
  {
    status_code: Type.Union([Type.Integer(), Type.Null()], {
      description: "What the receiver answered; null where nobody did.",
      examples: [200],
    }),
    response_body: Type.String({ description: "Up to 16 KiB of it.", examples: ["ok"] }),
    duration_ms: Type.Integer({ examples: [42] }),
    error: Type.Union([Type.String(), Type.Null()], {
      description: "Why it does not count as delivered.",
      examples: [null],
    }),
    delivery_id: IdOrNull("delivery", "Where it stands in the log."),
  },
  { title: "TriedWebhook" },
);

export function createWebhookAccess({ services }: Pick<Resource, "services">) {
  const { webhooks, ids } = services;
  const { reachOf } = createSessionAccess(services);
  return {
    reachOf,
    own: (call: Call, shown: string): Promise<Webhook> => webhooks.get(reachOf(call), readId(ids, "webhook", shown)),
  };
}

/** As long as a receiver may take, and a little more. */
const tryOutSeconds = 60;

export function webhookRoutes({ services, operation }: Resource) {
  const { webhooks, ids } = services;
  const { reachOf, own } = createWebhookAccess({ services });
  const params = idParameter("webhook", "webhook");
  const show = (webhook: Webhook) => webhookJson(webhook, ids);
  const answer = { params, response: { 200: WebhookJson } };

  return routes()
    .get(
      "/webhooks",
      async ({ query, call }) => {
        const page = await webhooks.list(reachOf(call), readPage(query, ids, "webhook"));
        return showPage(page, ids, "webhook", show);
      },
      operation(
        {
          id: "listWebhooks",
          summary: "List webhooks",
          description: "Your webhooks, newest first; with a key that is bound to sessions, those of these alone.",
          access: "read",
        },
        { query: PageParameters, response: { 200: listOf(WebhookJson, "WebhookList") } },
      ),
    )
    .post(
      "/webhooks",
      async ({ body, call, status }) => {
        const { url, secret, paused: isPaused } = body;
        const made = await webhooks.create(
          { ...readWebhook(body), url, secret, isPaused },
          reachOf(call),
          callerOf(call),
        );
        return status(201, { ...show(made), secret: made.secret });
      },
      operation(
        {
          id: "createWebhook",
          summary: "Make a webhook",
          description:
            "From now on every event it asks for is sent to its address, at least once, until the receiver answers with 2xx or the attempts are used up. The secret is shown this once.",
          access: "manage",
          faults: ["limit_reached", "unavailable"],
        },
        { body: NewWebhook, response: { 201: WebhookWithSecretJson } },
      ),
    )
    .get(
      "/webhooks/:id",
      async ({ params, call }) => show(await own(call, params.id)),
      operation(
        {
          id: "getWebhook",
          summary: "Get a webhook",
          description: "One webhook: where it leads, what it is told and how it stands. Never its secret.",
          access: "read",
          faults: ["not_found"],
        },
        answer,
      ),
    )
    .patch(
      "/webhooks/:id",
      async ({ params, body, call }) => {
        const webhook = await own(call, params.id);
        return show(await webhooks.update(webhook, readWebhook(body), reachOf(call), callerOf(call)));
      },
      operation(
        {
          id: "updateWebhook",
          summary: "Change a webhook",
          description: "Changes what is given and leaves the rest. It holds for what happens from now on.",
          access: "manage",
          faults: ["not_found", "unavailable"],
        },
        { params, body: WebhookChanges, response: { 200: WebhookJson } },
      ),
    )
    .delete(
      "/webhooks/:id",
      async ({ params, call, set }) => {
        await webhooks.remove(await own(call, params.id), callerOf(call));
        set.status = 204;
      },
      operation(
        {
          id: "deleteWebhook",
          summary: "Delete a webhook",
          description: "Nothing more is sent, and its log goes with it.",
          access: "manage",
          faults: ["not_found"],
        },
        { params, response: { 204: NoContent } },
      ),
    )
    .post(
      "/webhooks/:id/pause",
      async ({ params, call }) => show(await webhooks.pause(await own(call, params.id), callerOf(call))),
      operation(
        {
          id: "pauseWebhook",
          summary: "Pause a webhook",
          description: "Nothing is sent until it is resumed; what happens meanwhile waits, as long as events are kept.",
          access: "manage",
          faults: ["not_found"],
        },
        answer,
      ),
    )
    .post(
      "/webhooks/:id/resume",
      async ({ params, call }) => show(await webhooks.resume(await own(call, params.id), callerOf(call))),
      operation(
        {
          id: "resumeWebhook",
          summary: "Resume a webhook",
          description: "One that was paused or disabled goes on where it was stopped, with what has happened since.",
          access: "manage",
          faults: ["not_found"],
        },
        answer,
      ),
    )
    .post(
      "/webhooks/:id/test",
      async ({ params, call }) => {
        const webhook = await own(call, params.id);
        call.takes(tryOutSeconds);
        const { status, body, durationMs, fault, deliveryId } = await webhooks.tryOut(webhook);
        const shown = deliveryId === null ? null : ids.show("delivery", deliveryId);
        return { status_code: status, response_body: body, duration_ms: durationMs, error: fault, delivery_id: shown };
      },
      operation(
        {
          id: "testWebhook",
          summary: "Try a webhook out",
          description:
            "Sends a `webhook.test` event, waits for the answer and tells it. It is sent once, to this webhook alone, even to one that is paused.",
          access: "manage",
          faults: ["not_found", "conflict", "unavailable"],
        },
        { params, response: { 200: Tried } },
      ),
    )
    .post(
      "/webhooks/:id/rotate-secret",
      async ({ params, body, call }) => {
        const webhook = await own(call, params.id);
        const rotated = await webhooks.rotate(
          webhook,
          { secret: body.secret, graceMs: graceMsOf(body) },
          callerOf(call),
        );
        return { ...show(rotated), secret: rotated.secret };
      },
      operation(
        {
          id: "rotateWebhookSecret",
          summary: "Give a webhook a new secret",
          description:
            "Shown this once. During `grace_seconds` the header `webhook-signature` carries both signatures; headers that have room for one have that of the new secret at once.",
          access: "manage",
          faults: ["not_found"],
          bodyIsOptional: true,
        },
        { params, body: SecretRotation, response: { 200: WebhookWithSecretJson } },
      ),
    );
}
