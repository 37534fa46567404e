// The tables of what accounts have used, and of what is counted against limits.
import { count, millis, reference, table, words } from "./columns.ts";

export const usageDays = table("usage_days", {
  accountId: reference("account_id").notNull(),
  day: count("day").notNull(),
  requests: count("requests").notNull().default(0),
  webhookEvents: count("webhook_events").notNull().default(0),
  messages: count("messages").notNull().default(0),
});

export const limitWindows = table("limit_windows", {
  rule: words("rule").notNull(),
  name: words("name").notNull(),
  count: count("count").notNull(),
  until: millis("until").notNull(),
});
