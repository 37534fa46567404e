// /webhooks: who is told what happens. The document prints two of these operations; the others follow its pattern.
import { type Static, Type } from "@sinclair/typebox";
import { WaygateError } from "../../core/errors.ts";
import type { Webhook } from "../../core/webhook.ts";
import { type Call, callerOf } from "../../http/call.ts";
import { routes } from "../../http/surface.ts";
import type { Resource } from "../../http/v1/resource.ts";
import { createSessionAccess } from "../../http/v1/session-access.ts";
import { lenient, OrNull } from "../shapes.ts";
import { readEventNames } from "./event-names.ts";
import { Envelope, enveloped, showWebhook, WebhookData } from "./write.ts";

const url = Type.String({ minLength: 1, maxLength: 2_048, description: "An https address." });
const changeable = {
  secret: OrNull(Type.String({ maxLength: 200, description: "Signs what is sent; one is made if none is given." })),
  events: OrNull(
    Type.Array(Type.String({ maxLength: 64 }), { maxItems: 100, description: "All there are, if it is left out." }),
  ),
};
const example = {
  url: "https://your-server.com/webhook",
  secret: "string",
  events: ["message.received", "connection.connected"],
};
const NewWebhook = Type.Object(
  { url, ...changeable },
  { ...lenient, title: "EnvelopeNewWebhook", examples: [example] },
);
const Changes = Type.Object(
  { url: OrNull(url), ...changeable, active: OrNull(Type.Boolean({ description: "False: nothing is told it." })) },
  { ...lenient, title: "EnvelopeWebhookChanges", examples: [example] },
);
const params = Type.Object({ id: Type.String({ maxLength: 20, description: "Its number.", examples: ["1"] }) });

const said = {
  created: "Webhook created successfully",
  retrieved: "Webhook retrieved successfully",
  listed: "Webhooks retrieved successfully",
  updated: "Webhook updated successfully",
  deleted: "Webhook deleted successfully",
} as const;
const Created = Envelope(201, { title: "EnvelopeCreated", message: said.created, data: WebhookData });
const Retrieved = Envelope(200, { title: "EnvelopeRetrieved", message: said.retrieved, data: WebhookData });
const Updated = Envelope(200, { title: "EnvelopeUpdated", message: said.updated, data: WebhookData });
const Deleted = Envelope(200, { title: "EnvelopeDeleted", message: said.deleted, data: WebhookData });
const Listed = Envelope(200, { title: "EnvelopeListed", message: said.listed, data: Type.Array(WebhookData) });

const all = { before: null, limit: 1_000 };

export function webhookRoutes({ services, operation }: Resource) {
  const { webhooks } = services;
  const { reachOf } = createSessionAccess(services);

  async function own(call: Call, shown: string): Promise<Webhook> {
    if (!/^\d{1,15}$/.test(shown)) throw new WaygateError("not_found", "There is no such webhook.");
    return webhooks.get(reachOf(call), Number(shown));
  }

  function create(given: Static<typeof NewWebhook>, call: Call): Promise<Webhook> {
    const input = {
      url: given.url,
      secret: given.secret || undefined,
      events: readEventNames(given.events ?? []),
      format: "envelope" as const,
    };
    return withDocumentedFault(given.url, () => webhooks.create(input, reachOf(call), callerOf(call)));
  }

  async function update(webhook: Webhook, given: Static<typeof Changes>, call: Call): Promise<Webhook> {
    const { active } = given;
    const actor = callerOf(call);
    const changes = {
      ...(given.url == null ? {} : { url: given.url }),
      ...(given.events == null ? {} : { events: readEventNames(given.events) }),
      secret: given.secret || undefined,
    };
    let now = await withDocumentedFault(given.url, () => webhooks.update(webhook, changes, reachOf(call), actor));
    if (active != null) now = await (active ? webhooks.resume(now, actor) : webhooks.pause(now, actor));
    return now;
  }

  return routes()
    .post(
      "/webhooks",
      async ({ body, call, status }) =>
        status(201, enveloped(201, said.created, showWebhook(await create(body, call)))),
      operation(
        {
          id: "envelopeCreateWebhook",
          summary: "Register a webhook",
          description: "What happens from now on is sent to it. The same address again makes another one.",
          access: "manage",
          faults: ["limit_reached", "unavailable"],
        },
        { body: NewWebhook, response: { 201: Created } },
      ),
    )
    .get(
      "/webhooks",
      async ({ call }) => {
        const { rows } = await webhooks.list(reachOf(call), all);
        return enveloped(200, said.listed, rows.map(showWebhook));
      },
      operation(
        {
          id: "envelopeListWebhooks",
          summary: "List webhooks",
          description: "All of the account's, newest first; those that were made elsewhere as well.",
          access: "read",
        },
        { response: { 200: Listed } },
      ),
    )
    .get(
      "/webhooks/:id",
      async ({ params: { id }, call }) => enveloped(200, said.retrieved, showWebhook(await own(call, id))),
      operation(
        {
          id: "envelopeGetWebhook",
          summary: "Get a webhook",
          description: "One webhook: where it leads and what it is told. Never its secret.",
          access: "read",
          faults: ["not_found"],
        },
        { params, response: { 200: Retrieved } },
      ),
    )
    .put(
      "/webhooks/:id",
      async ({ params: { id }, body, call }) => {
        const updated = await update(await own(call, id), body, call);
        return enveloped(200, said.updated, showWebhook(updated));
      },
      operation(
        {
          id: "envelopeUpdateWebhook",
          summary: "Change a webhook",
          description: "Changes what is given and leaves the rest. It holds for what happens from now on.",
          access: "manage",
          faults: ["not_found", "unavailable"],
        },
        { params, body: Changes, response: { 200: Updated } },
      ),
    )
    .delete(
      "/webhooks/:id",
      async ({ params: { id }, call }) => {
        const webhook = await own(call, id);
        await webhooks.remove(webhook, callerOf(call));
        return enveloped(200, said.deleted, { ...showWebhook(webhook), active: false });
      },
      operation(
        {
          id: "envelopeDeleteWebhook",
          summary: "Delete a webhook",
          description: "Nothing more is sent, and what was said of its deliveries goes with it.",
          access: "manage",
          faults: ["not_found"],
        },
        { params, response: { 200: Deleted } },
      ),
    );
}

/** The one sentence that the document prints for an address that will not do. */
async function withDocumentedFault<T>(url: string | null | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isPlain = /^\s*http:/i.test(url ?? "") && error instanceof WaygateError && error.code === "invalid";
    const isOfUrl = isPlain && error.details.fields?.some(({ path }) => path === "/url") === true;
    throw isOfUrl ? new WaygateError("invalid", "URL must be HTTPS", error.details, error) : error;
  }
}
