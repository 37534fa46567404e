// /api/update-webhook: where a client's events are sent; and what that means for whoever adds or deletes a client.
import { type Static, Type } from "@sinclair/typebox";
import type { Session } from "../../core/session.ts";
import type { Webhook } from "../../core/webhook.ts";
import { type Call, callerOf } from "../../http/call.ts";
import { routes } from "../../http/surface.ts";
import type { Resource } from "../../http/v1/resource.ts";
import type { Services } from "../../services/services.ts";
import { createOwnWebhook } from "../own-webhook.ts";
import { lenient } from "../shapes.ts";
import { clientEvents, receiverTimeoutMs } from "./format.ts";
import { createClientAccess } from "./read.ts";

const Update = Type.Object(
  {
    clientId: Type.String({ minLength: 1, maxLength: 64 }),
    webhookUrl: Type.Union([Type.String({ maxLength: 2_048 }), Type.Null()], {
      description: "An https address; empty to be told nothing.",
    }),
  },
  {
    ...lenient,
    title: "ClientsWebhookUpdate",
    examples: [{ clientId: "another-client", webhookUrl: "https://your-domain.com/webhook.php" }],
  },
);
const Updated = Type.Object(
  {
    status: Type.Literal("success", { examples: ["success"] }),
    message: Type.Literal("Webhook updated successfully.", { examples: ["Webhook updated successfully."] }),
    webhookUrl: Type.String({ examples: ["https://your-domain.com/webhook.php"] }),
  },
  { title: "ClientsWebhookUpdated" },
);

export function createClientWebhooks(services: Services) {
  const own = createOwnWebhook(services);
  return {
    /** An address that will not do is refused before anything else is done. */
    check: (url: string): Promise<void> => services.webhooks.checkAddress(url, "/webhookUrl"),
    /** Without an address there is none. */
    async set(call: Call, session: Session, url: string): Promise<void> {
      const isOfClient = ({ format, sessions }: Webhook) =>
        format === "clients" && sessions?.length === 1 && sessions[0] === session.id;
      if (url !== "") await services.clientKeys.ensure(session, callerOf(call));
      await own.set(call, isOfClient, url, {
        ...{ format: "clients", events: clientEvents, sessions: [session.name], timeoutMs: receiverTimeoutMs },
        description: `The client ${session.name}`,
      });
    },
  };
}
export type ClientWebhooks = ReturnType<typeof createClientWebhooks>;

export function webhookRoutes({ services, operation }: Resource, webhooks: ClientWebhooks) {
  const clients = createClientAccess(services);

  async function update({ clientId, webhookUrl }: Static<typeof Update>, call: Call): Promise<Static<typeof Updated>> {
    const session = await clients.get(call, clientId);
    await webhooks.set(call, session, webhookUrl ?? "");
    return { status: "success", message: "Webhook updated successfully.", webhookUrl: webhookUrl ?? "" };
  }

  return routes().post(
    "/api/update-webhook",
    ({ body, call }) => update(body, call),
    operation(
      {
        id: "clientsUpdateWebhook",
        summary: "Set a client's webhook",
        description:
          "From now on its messages and rejected calls are sent there, and what the receiver answers is said in the client's name. Without an address nothing is sent.",
        access: "manage",
        faults: ["not_found", "limit_reached", "unavailable"],
      },
      { body: Update, response: { 200: Updated } },
    ),
  );
}
