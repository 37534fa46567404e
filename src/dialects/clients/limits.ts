// What the document allows how often: sensitive things per address, sends with a key and the chat's requests per account.
import { hour, minute } from "../../core/clock.ts";
import { type Call, principalOf } from "../../http/call.ts";
import { createQuota, type Quota } from "../../http/quotas.ts";
import type { Resource } from "../../http/v1/resource.ts";

export type Limits = {
  /** Keys reset and clients deleted. */
  sensitive: Quota;
  /** Schedules cancelled. */
  deletions: Quota;
  /** For every route that sends, to people and to groups: of those with a key. */
  send: Quota;
  /** For the routes of chats and groups that need a login. */
  chat: Quota;
};

const quarter = 15 * minute;

export function createLimits({ services: { clock, usageCounts }, dialectLimits }: Resource): Limits {
  const { clientsSensitivePerHour, clientsDeletionsPerQuarter, clientsSendsPerQuarter, clientsChatPerMinute } =
    dialectLimits;
  const limit = (name: string, most: number, windowMs: number, per: "address" | "account") =>
    createQuota(usageCounts, clock, { surface: "clients", name, most, windowMs, per });
  const sends = limit("sends", clientsSendsPerQuarter, quarter, "account");
  return {
    sensitive: limit("sensitive", clientsSensitivePerHour, hour, "address"),
    deletions: limit("deletions", clientsDeletionsPerQuarter, quarter, "address"),
    chat: limit("chat", clientsChatPerMinute, minute, "account"),
    send(call: Call) {
      if (principalOf(call).credential.kind === "key") sends(call);
    },
  };
}
