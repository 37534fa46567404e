// The clients dialect's table of contents: numbers, messages and chats below /api, deletion at /clients, and
// what goes out later at its own addresses; with its own faults.
import { Elysia } from "elysia";
import type { Dialect } from "../../http/surface.ts";
import { plainFaults } from "../plain-faults.ts";
import { accountRoutes } from "./account.ts";
import { callRoutes } from "./calls.ts";
import { chatMediaRoutes } from "./chat-media.ts";
import { chatRoutes } from "./chats.ts";
import { createLimits } from "./limits.ts";
import { messageRoutes } from "./messages.ts";
import { numberRoutes } from "./numbers.ts";
import { scheduleRoutes } from "./schedules.ts";
import { createClientWebhooks, webhookRoutes } from "./webhook.ts";

const owned =
  /^\/(api\/(add-number|qr|clients|profile|reset-api-key|send-message|sent-messages|received-messages|incoming-calls|call-logs|chats|logs|update-webhook)|clients|schedule-message|scheduled-messages)(\/|$)/;

export const clients: Dialect = {
  name: "clients",
  owns: (path) => owned.test(path),
  tag: {
    name: "clients",
    description:
      "For programs written for an API of clients: numbers with keys of their own, messages, calls, chats, on the same sessions.",
  },
  routes(resource) {
    const limits = createLimits(resource);
    const webhooks = createClientWebhooks(resource.services);
    return new Elysia({ normalize: false })
      .use(numberRoutes(resource, limits, webhooks))
      .use(webhookRoutes(resource, webhooks))
      .use(accountRoutes(resource, limits))
      .use(messageRoutes(resource, limits))
      .use(callRoutes(resource))
      .use(scheduleRoutes(resource, limits))
      .use(chatRoutes(resource, limits))
      .use(chatMediaRoutes(resource));
  },
  ...plainFaults({
    title: "ClientsError",
    statuses: { invalid: 400, too_large: 400, unsupported_media_type: 400, conflict: 400, daily_limit_reached: 403 },
    names: {
      malformed: { code: "INVALID_REQUEST" },
      invalid: { code: "INVALID_REQUEST" },
      too_large: { code: "INVALID_REQUEST" },
      unsupported_media_type: { code: "INVALID_REQUEST" },
      unauthenticated: { code: "AUTH_ERROR" },
      forbidden: { code: "ACCESS_DENIED" },
      limit_reached: { code: "PLAN_LIMIT_EXCEEDED" },
      daily_limit_reached: { code: "PLAN_LIMIT_EXCEEDED" },
      rate_limited: { code: "RATE_LIMIT_EXCEEDED" },
      conflict: { code: "SESSION_NOT_READY" },
    },
  }),
};
