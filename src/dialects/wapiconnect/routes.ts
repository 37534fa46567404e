// The wapiconnect dialect's table of contents: /api/whatsapp, with its own faults.
import { Elysia } from "elysia";
import type { Dialect } from "../../http/surface.ts";
import { plainFaults } from "../plain-faults.ts";
import { bulkRoutes } from "./bulk.ts";
import { messageRoutes } from "./messages.ts";
import { sessionRoutes } from "./sessions.ts";
import { settingsRoutes } from "./settings.ts";
import { webhookRoutes } from "./webhook.ts";

const prefix = "/api/whatsapp";

export const wapiconnect: Dialect = {
  name: "wapiconnect",
  owns: (path) => path === prefix || path.startsWith(`${prefix}/`),
  tag: { name: "wapiconnect", description: "For programs written for WapiConnect: its API, on the same sessions." },
  routes: (resource) =>
    new Elysia({ prefix, normalize: false })
      .use(sessionRoutes(resource))
      .use(messageRoutes(resource))
      .use(bulkRoutes(resource))
      .use(settingsRoutes(resource))
      .use(webhookRoutes(resource)),
  // Its document knows 200, 400, 401, 404, 429 and 500.
  ...plainFaults({
    title: "WapiconnectError",
    statuses: { invalid: 400, too_large: 400, unsupported_media_type: 400, conflict: 400, limit_reached: 400 },
    names: {
      limit_reached: { code: "SESSION_LIMIT_EXCEEDED" },
      daily_limit_reached: { code: "SENT_LIMIT_EXCEEDED", error: "Daily sent message limit reached" },
    },
  }),
};
