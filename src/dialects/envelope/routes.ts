// The envelope dialect's table of contents: /webhooks, in an envelope, faults too.
import { Elysia } from "elysia";
import type { Dialect } from "../../http/surface.ts";
import { webhookRoutes } from "./webhooks.ts";
import { envelopeFaults } from "./write.ts";

const prefix = "/webhooks";

export const envelope: Dialect = {
  name: "envelope",
  owns: (path) => path === prefix || path.startsWith(`${prefix}/`),
  tag: {
    name: "envelope",
    description: "For programs written for an API that answers {status, code, message, data}: its webhooks.",
  },
  routes: (resource) => new Elysia({ normalize: false }).use(webhookRoutes(resource)),
  ...envelopeFaults,
};
