// The native API's table of contents.
import { Elysia } from "elysia";
import type { SandboxControl } from "../../sandbox/control/actions.ts";
import { accountRoutes } from "./accounts.ts";
import { auditRoutes } from "./audit.ts";
import { callRoutes } from "./calls.ts";
import { campaignRecipientRoutes } from "./campaign-recipients.ts";
import { campaignRoutes } from "./campaigns.ts";
import { chatRoutes } from "./chats.ts";
import { contactRoutes } from "./contacts.ts";
import { eventConsumerRoutes } from "./event-consumers.ts";
import { eventStreamRoutes } from "./event-stream.ts";
import { eventTypeRoutes } from "./event-types.ts";
import { eventRoutes } from "./events.ts";
import { exportRoutes } from "./export.ts";
import { inviteRoutes } from "./invites.ts";
import { keyRoutes } from "./keys.ts";
import { loginRoutes } from "./login.ts";
import { logRoutes } from "./logs.ts";
import { meRoutes } from "./me.ts";
import { mediaRoutes } from "./media.ts";
import { messageActionRoutes } from "./message-actions.ts";
import { messageRoutes } from "./messages.ts";
import { planRoutes } from "./plans.ts";
import type { Resource } from "./resource.ts";
import { sandboxRoutes } from "./sandbox.ts";
import { sandboxOwnerRoutes } from "./sandbox-owners.ts";
import { sandboxPhoneRoutes } from "./sandbox-phones.ts";
import { scheduleRoutes } from "./schedules.ts";
import { sessionContactRoutes } from "./session-contacts.ts";
import { sessionKeyRoutes } from "./session-key.ts";
import { sessionPairingRoutes } from "./session-pairing.ts";
import { sessionPrivacyRoutes } from "./session-privacy.ts";
import { sessionProfileRoutes } from "./session-profile.ts";
import { sessionRoutes } from "./sessions.ts";
import { setupRoutes } from "./setup.ts";
import { suppressionRoutes } from "./suppressions.ts";
import { systemRoutes } from "./system.ts";
import { uploadRoutes } from "./uploads.ts";
import { usageRoutes } from "./usage.ts";
import { webhookDeliveryRoutes } from "./webhook-deliveries.ts";
import { webhookRoutes } from "./webhooks.ts";

export function nativeRoutes(resource: Resource, sandbox: SandboxControl | null) {
  const always = new Elysia({ prefix: "/api/v1", normalize: false })
    .group("", { detail: { tags: ["Signing in"] } }, (app) => app.use(setupRoutes(resource)).use(loginRoutes(resource)))
    .group("", { detail: { tags: ["Me"] } }, (app) => app.use(meRoutes(resource)).use(usageRoutes(resource)))
    .group("", { detail: { tags: ["Messages"] } }, (app) =>
      app
        .use(messageRoutes(resource))
        .use(messageActionRoutes(resource))
        .use(mediaRoutes(resource))
        .use(uploadRoutes(resource))
        .use(chatRoutes(resource))
        .use(contactRoutes(resource))
        .use(callRoutes(resource))
        .use(exportRoutes(resource)),
    )
    .group("", { detail: { tags: ["Schedules"] } }, (app) => app.use(scheduleRoutes(resource)))
    .group("", { detail: { tags: ["Campaigns"] } }, (app) =>
      app.use(campaignRoutes(resource)).use(campaignRecipientRoutes(resource)).use(suppressionRoutes(resource)),
    )
    .group("", { detail: { tags: ["Webhooks"] } }, (app) =>
      app.use(webhookRoutes(resource)).use(webhookDeliveryRoutes(resource)),
    )
    .group("", { detail: { tags: ["Events"] } }, (app) =>
      app
        .use(eventTypeRoutes(resource))
        .use(eventRoutes(resource))
        .use(eventStreamRoutes(resource))
        .use(eventConsumerRoutes(resource)),
    )
    .group("", { detail: { tags: ["API keys"] } }, (app) => app.use(keyRoutes(resource)))
    .group("", { detail: { tags: ["Sessions"] } }, (app) =>
      app
        .use(sessionRoutes(resource))
        .use(sessionPairingRoutes(resource))
        .use(sessionKeyRoutes(resource))
        .use(sessionProfileRoutes(resource))
        .use(sessionPrivacyRoutes(resource))
        .use(sessionContactRoutes(resource)),
    )
    .group("", { detail: { tags: ["Accounts"] } }, (app) =>
      app.use(accountRoutes(resource)).use(inviteRoutes(resource)),
    )
    .group("", { detail: { tags: ["Plans"] } }, (app) => app.use(planRoutes(resource)))
    .group("", { detail: { tags: ["Audit and log"] } }, (app) =>
      app.use(auditRoutes(resource)).use(logRoutes(resource)),
    )
    .group("", { detail: { tags: ["System"] } }, (app) => app.use(systemRoutes(resource)));
  if (sandbox === null) return always;
  return always.group("", { detail: { tags: ["Sandbox"] } }, (app) =>
    app
      .use(sandboxPhoneRoutes(resource, sandbox))
      .use(sandboxOwnerRoutes(resource, sandbox))
      .use(sandboxRoutes(resource, sandbox)),
  );
}
