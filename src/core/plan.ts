// Plans: how much an account may use. `null` is unlimited.

export type PlanLimits = {
  requestsPerMinute: number | null;
  webhookEventsPerMinute: number | null;
  sessions: number | null;
  messagesPerDay: number | null;
};

export type Plan = PlanLimits & { id: number; name: string; createdAt: number };

/** The plans every installation begins with; all of them can be changed. */
export const firstPlans: readonly (PlanLimits & { name: string })[] = [
  { name: "unlimited", requestsPerMinute: null, webhookEventsPerMinute: null, sessions: null, messagesPerDay: null },
  { name: "free", requestsPerMinute: 60, webhookEventsPerMinute: 30, sessions: 2, messagesPerDay: 100 },
  { name: "pro", requestsPerMinute: 600, webhookEventsPerMinute: 300, sessions: 10, messagesPerDay: 5_000 },
  { name: "business", requestsPerMinute: 6_000, webhookEventsPerMinute: null, sessions: 100, messagesPerDay: null },
];

export const adminPlan = "unlimited";
export const defaultPlan = "free";
