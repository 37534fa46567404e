// How many webhooks there are and how many deliveries wait, for whoever looks at the figures: counted in indexes alone.
import { sql } from "drizzle-orm";
import { type WebhookState, webhookStates } from "../core/webhook.ts";
import type { Handle } from "./database.ts";
import { deliveries, webhooks } from "./webhook-tables.ts";

export function webhookFigureQueries(db: Handle) {
  const countOf = (state: number): number =>
    db.all<{ n: number }>(sql`SELECT count(*) AS n FROM ${deliveries} WHERE state = ${sql.raw(String(state))}`)[0]?.n ??
    0;

  return {
    /** For nothing but their turn, and for the time of another attempt. */
    waiting: () => ({ ready: countOf(0), scheduled: countOf(1) }),
    /** By how they stand; those that are removed are none. */
    webhooks(): Map<WebhookState, number> {
      const rows = db.all<{ state: number; n: number }>(
        sql`SELECT state, count(*) AS n FROM ${webhooks} GROUP BY state`,
      );
      const counts = new Map(rows.map(({ state, n }) => [webhookStates[state], n]));
      const shown = webhookStates.filter((state) => state !== "removed");
      return new Map(shown.map((state) => [state, counts.get(state) ?? 0]));
    },
  };
}
