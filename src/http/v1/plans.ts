// /api/v1/plans: how much an account may use; the admin's.
import { type Static, Type } from "@sinclair/typebox";
import { isoTime } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import type { Plan, PlanLimits } from "../../core/plan.ts";
import { callerOf } from "../call.ts";
import { routes } from "../surface.ts";
import type { Resource } from "./resource.ts";
import { Id, idParameter, readId, strict, Time } from "./shapes.ts";

const Limit = (description: string) =>
  Type.Union([Type.Integer({ minimum: 0, maximum: 1_000_000_000 }), Type.Null()], {
    description: `${description} null is unlimited.`,
    examples: [60],
  });

const limits = {
  requests_per_minute: Limit("Requests an account may make."),
  webhook_events_per_minute: Limit("Webhook events an account gets; those beyond wait."),
  sessions: Limit("WhatsApp numbers an account may link; those that are there when it is made smaller go on."),
  messages_per_day: Limit("Messages an account may send, from midnight to midnight in its time zone."),
};
const Name = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: "^[A-Za-z0-9][A-Za-z0-9 ._-]*$",
  description: "Letters, digits, spaces, dots, dashes and underscores.",
  examples: ["team"],
});

export const PlanJson = Type.Object(
  {
    id: Id("plan", "The plan's id."),
    name: Type.String({ examples: ["free"] }),
    ...limits,
    created_at: Time("When it was made."),
  },
  { title: "Plan" },
);

export function planJson(plan: Plan, ids: Ids): Static<typeof PlanJson> {
  return {
    id: ids.show("plan", plan.id),
    name: plan.name,
    requests_per_minute: plan.requestsPerMinute,
    webhook_events_per_minute: plan.webhookEventsPerMinute,
    sessions: plan.sessions,
    messages_per_day: plan.messagesPerDay,
    created_at: isoTime(plan.createdAt),
  };
}

const example = {
  name: "team",
  requests_per_minute: 1200,
  webhook_events_per_minute: null,
  sessions: 20,
  messages_per_day: 10_000,
};
const NewPlan = Type.Object({ name: Name, ...limits }, { ...strict, title: "NewPlan", examples: [example] });
const PlanChanges = Type.Partial(Type.Object({ name: Name, ...limits }), {
  ...strict,
  title: "PlanChanges",
  examples: [{ messages_per_day: 20_000 }],
});

export function planRoutes({ services, operation }: Resource) {
  const { plans, ids } = services;
  const params = idParameter("plan", "plan");
  const show = (plan: Plan) => planJson(plan, ids);
  const PlanList = Type.Object(
    { data: Type.Array(PlanJson), next_cursor: Type.Null({ description: "There are never more." }) },
    { title: "PlanList" },
  );

  return routes()
    .get(
      "/plans",
      async () => ({ data: (await plans.list()).map(show), next_cursor: null }),
      operation(
        { id: "listPlans", summary: "List plans", description: "All plans, oldest first.", access: "admin" },
        { response: { 200: PlanList } },
      ),
    )
    .post(
      "/plans",
      async ({ body, call, status }) => {
        const made = { ...allLimitsOf(body), name: body.name };
        return status(201, show(await plans.create(made, callerOf(call))));
      },
      operation(
        {
          id: "createPlan",
          summary: "Make a plan",
          description: "A named set of limits that accounts can be put on.",
          access: "admin",
          faults: ["conflict"],
        },
        { body: NewPlan, response: { 201: PlanJson } },
      ),
    )
    .get(
      "/plans/:id",
      async ({ params }) => show(await plans.get(readId(ids, "plan", params.id))),
      operation(
        {
          id: "getPlan",
          summary: "Get a plan",
          description: "One plan by its id.",
          access: "admin",
          faults: ["not_found"],
        },
        { params, response: { 200: PlanJson } },
      ),
    )
    .patch(
      "/plans/:id",
      async ({ params, body, call }) => {
        const changes = { ...limitsOf(body), ...(body.name === undefined ? {} : { name: body.name }) };
        return show(await plans.update(readId(ids, "plan", params.id), changes, callerOf(call)));
      },
      operation(
        {
          id: "updatePlan",
          summary: "Change a plan",
          description:
            "Changes what is given and leaves the rest; it holds at once for every account on the plan. Made smaller, it stops nothing that runs: sessions beyond it go on, and new ones are refused.",
          access: "admin",
          faults: ["not_found", "conflict"],
        },
        { params, body: PlanChanges, response: { 200: PlanJson } },
      ),
    );
}

function allLimitsOf(body: Static<typeof NewPlan>): PlanLimits {
  return {
    requestsPerMinute: body.requests_per_minute,
    webhookEventsPerMinute: body.webhook_events_per_minute,
    sessions: body.sessions,
    messagesPerDay: body.messages_per_day,
  };
}

function limitsOf(body: Static<typeof PlanChanges>): Partial<PlanLimits> {
  const changes: Partial<PlanLimits> = {};
  if (body.requests_per_minute !== undefined) changes.requestsPerMinute = body.requests_per_minute;
  if (body.webhook_events_per_minute !== undefined) changes.webhookEventsPerMinute = body.webhook_events_per_minute;
  if (body.sessions !== undefined) changes.sessions = body.sessions;
  if (body.messages_per_day !== undefined) changes.messagesPerDay = body.messages_per_day;
  return changes;
}
