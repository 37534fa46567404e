// /api/whatsapp/settings/webhook: the one webhook of a tenant, as the document's dashboard has it.
import { type Static, Type } from "@sinclair/typebox";
import type { Webhook } from "../../core/webhook.ts";
import type { Call } from "../../http/call.ts";
import { routes } from "../../http/surface.ts";
import type { Resource } from "../../http/v1/resource.ts";
import { createOwnWebhook } from "../own-webhook.ts";
import { lenient, OrNull } from "../shapes.ts";
import { tenantEvents } from "./format.ts";
import { TenantWebhook, TriedWebhook } from "./write.ts";

const path = "/settings/webhook";
const Settings = Type.Object(
  {
    webhookUrl: OrNull(Type.String({ maxLength: 2_048, description: "An https address; empty to be told nothing." })),
    webhookSecret: OrNull(Type.String({ maxLength: 200, description: "One is made if none is given." })),
  },
  {
    ...lenient,
    title: "WapiconnectWebhookSettings",
    examples: [{ webhookUrl: "https://your-server.com/whatsapp-webhook", webhookSecret: "a secret of your own" }],
  },
);

/** As long as a receiver may take, and a little more. */
const testSeconds = 60;
const untried = { success: false, statusCode: null, responseBody: "", durationMs: 0, error: "No webhook URL is set." };
const isTenants = ({ format }: Webhook) => format === "wapiconnect";

export function webhookRoutes({ services, operation }: Resource) {
  const { webhooks } = services;
  const own = createOwnWebhook(services);

  async function set({ webhookUrl, webhookSecret }: Static<typeof Settings>, call: Call) {
    const known = webhookUrl === undefined ? await own.find(call, isTenants) : null;
    const url = webhookUrl === undefined ? (known?.url ?? "") : (webhookUrl ?? "");
    const secret = webhookSecret || undefined;
    return show(await own.set(call, isTenants, url, { format: "wapiconnect", events: tenantEvents, secret }));
  }

  async function tryOut(call: Call): Promise<Static<typeof TriedWebhook>> {
    const webhook = await own.find(call, isTenants);
    if (webhook === null) return untried;
    call.takes(testSeconds);
    const { status, body, durationMs, fault } = await webhooks.tryOut(webhook);
    return { success: fault === null, statusCode: status, responseBody: body, durationMs, error: fault };
  }

  return routes()
    .get(
      path,
      async ({ call }) => show(await own.find(call, isTenants)),
      operation(
        {
          id: "wapiconnectGetWebhook",
          summary: "Where events are sent",
          description: "The address of your webhook and the secret that its events are signed with.",
          access: "manage",
        },
        { response: { 200: TenantWebhook } },
      ),
    )
    .put(
      path,
      ({ body, call }) => set(body, call),
      operation(
        {
          id: "wapiconnectSetWebhook",
          summary: "Set where events are sent",
          description:
            "From now on messages, QRs and changes of sessions are sent there. Without an address nothing is; what is left out stays.",
          access: "manage",
          faults: ["limit_reached", "unavailable"],
        },
        { body: Settings, response: { 200: TenantWebhook } },
      ),
    )
    .post(
      `${path}/test`,
      ({ call }) => tryOut(call),
      operation(
        {
          id: "wapiconnectTestWebhook",
          summary: "Try the webhook out",
          description: "Sends a `test` event, waits for the answer and tells it.",
          access: "manage",
          faults: ["conflict", "unavailable"],
        },
        { response: { 200: TriedWebhook } },
      ),
    );
}

function show(webhook: Webhook | null): Static<typeof TenantWebhook> {
  return { webhookUrl: webhook?.url ?? null, webhookSecret: webhook?.secret ?? null };
}
