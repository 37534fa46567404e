// The table of what WhatsApp has forbidden a number for a while.
import { count, integerKey, millis, table } from "./columns.ts";

export const brakes = table("brakes", {
  sessionId: integerKey("session_id"),
  coldUntil: millis("cold_until"),
  allUntil: millis("all_until"),
  pauses: count("pauses").notNull(),
});
