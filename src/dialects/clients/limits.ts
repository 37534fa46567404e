// What the document allows how often: sensitive things per address, sends with a key and the chat's requests per account.
import { hour, minute } from "../../core/clock.ts";
import { type Call, principalOf } from "../../http/call.ts";
import { createQuota, type Quota } from "../../http/quotas.ts";
import type { Resource } from "../../http/v1/resource.ts";

export type Limits = { sensitive: Quota; schedules: Quota; send: Quota; chat: Quota };

const quarter = 15 * minute;

export function createLimits({ services: { clock }, dialectLimits }: Resource): Limits {
  const { clientsSensitivePerHour, clientsSendsPerQuarter, clientsChatPerMinute } = dialectLimits;
  const { clientsScheduleDeletesPerQuarter: deletes } = dialectLimits;
  const sends = createQuota(clock, { name: "sends", most: clientsSendsPerQuarter, windowMs: quarter, per: "account" });
  return {
    sensitive: createQuota(clock, { name: "sensitive", most: clientsSensitivePerHour, windowMs: hour, per: "address" }),
    schedules: createQuota(clock, { name: "schedules", most: deletes, windowMs: quarter, per: "address" }),
    chat: createQuota(clock, { name: "chat", most: clientsChatPerMinute, windowMs: minute, per: "account" }),
    send(call: Call) {
      if (principalOf(call).credential.kind === "key") sends(call);
    },
  };
}
