// /api/v1/usage: what an account has used of what its plan allows.
import { type Static, Type } from "@sinclair/typebox";
import { isoTime } from "../../core/clock.ts";
import { WaygateError } from "../../core/errors.ts";
import type { Ids } from "../../core/ids.ts";
import { isAdmin } from "../../core/principal.ts";
import { dateText } from "../../core/wall-clock.ts";
import { type AccountUsage, daysTold, mostWaitingTold, type Standing } from "../../services/usage.ts";
import { type Call, principalOf } from "../call.ts";
import { routes } from "../surface.ts";
import type { Resource } from "./resource.ts";
import { Id, readId, strict, TimeOrNull } from "./shapes.ts";

const OrNull = (description: string, example: number) =>
  Type.Union([Type.Integer(), Type.Null()], { description, examples: [example] });
const standing = {
  limit: OrNull("How much there is; null is unlimited.", 60),
  used: OrNull("How much of it is gone; null where what is unlimited is not counted.", 12),
  remaining: OrNull("How much is left; null is unlimited.", 48),
  resets_at: TimeOrNull("When all of it is there again; null where nothing is gone, or nothing comes back by itself."),
};
const StandingJson = Type.Object(standing, { title: "UsageStanding" });
const DayJson = Type.Object(
  {
    date: Type.String({ description: "In the account's time zone.", examples: ["2026-11-20"] }),
    messages: Type.Integer({ description: "Taken on to be sent.", examples: [40] }),
    webhook_events: Type.Integer({ description: "Told to webhooks, each webhook by itself.", examples: [120] }),
    requests: Type.Integer({ description: "Let in.", examples: [900] }),
  },
  { title: "UsageDay" },
);
const UsageJson = Type.Object(
  {
    account_id: Id("account", "Whose it is."),
    plan: Type.String({ description: "The name of its plan.", examples: ["free"] }),
    time_zone: Type.String({ description: "Where its days begin.", examples: ["Europe/Berlin"] }),
    requests_per_minute: StandingJson,
    webhook_events_per_minute: Type.Object(
      {
        ...standing,
        waiting: Type.Integer({
          description: `Deliveries that wait because these are used up; no more than ${mostWaitingTold} are counted.`,
          examples: [0],
        }),
      },
      { title: "UsageOfWebhooks" },
    ),
    messages_per_day: StandingJson,
    sessions: StandingJson,
    days: Type.Array(DayJson, { description: `The last ${daysTold} days, today first.` }),
  },
  { title: "Usage" },
);
const UsageQuery = Type.Object(
  { account: Type.Optional(Id("account", "Another account's; for admins. Your own, if it is left out.")) },
  strict,
);

function showStanding({ limit, used, resetsAt }: Standing): Static<typeof StandingJson> {
  const remaining = limit === null ? null : Math.max(0, limit - (used ?? 0));
  return { limit, used, remaining, resets_at: isoTime(resetsAt) };
}

function showUsage(usage: AccountUsage, ids: Ids): Static<typeof UsageJson> {
  const { account, requests, webhookEvents, sessions, messages, days } = usage;
  return {
    account_id: ids.show("account", account.id),
    plan: account.planName,
    time_zone: account.timeZone,
    requests_per_minute: showStanding(requests),
    webhook_events_per_minute: { ...showStanding(webhookEvents), waiting: webhookEvents.waiting },
    messages_per_day: showStanding(messages),
    sessions: showStanding(sessions),
    days: days.map(({ day, requests, webhookEvents, messages }) => ({
      ...{ date: dateText(day), messages },
      ...{ webhook_events: webhookEvents, requests },
    })),
  };
}

export function usageRoutes({ services, operation }: Resource) {
  const { usage, ids } = services;

  function whose(call: Call, shown: string | undefined): number {
    const principal = principalOf(call);
    const id = shown === undefined ? principal.account.id : readId(ids, "account", shown);
    if (id === principal.account.id || isAdmin(principal)) return id;
    throw new WaygateError("not_found", "There is no such account.");
  }

  return routes().get(
    "/usage",
    async ({ query, call }) => showUsage(await usage.of(whose(call, query.account)), ids),
    operation(
      {
        id: "getUsage",
        summary: "What is used of the plan",
        description:
          "Of each limit of the plan how much there is, is used and is left, and when it begins anew; and what was used on each of the last 30 days.",
        access: "read",
        faults: ["not_found"],
      },
      { query: UsageQuery, response: { 200: UsageJson } },
    ),
  );
}
