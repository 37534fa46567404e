// Plans: how much an account may use; the admin's to change.
import type { Actor } from "../core/audit.ts";
import type { Clock } from "../core/clock.ts";
import { invalidField, WaygateError } from "../core/errors.ts";
import type { Plan, PlanLimits } from "../core/plan.ts";
import type { NewPlan } from "../store/plans.ts";
import type { Store } from "../store/store.ts";

export type Plans = ReturnType<typeof createPlans>;

/** The plan that an input's field `plan` names. */
export async function planNamed(store: Store, name: string): Promise<Plan> {
  const plan = await store.plans.findByName(name);
  if (plan === null) throw invalidField("/plan", `There is no plan named ${name}.`);
  return plan;
}

export function createPlans({ store, clock }: { store: Store; clock: Clock }) {
  async function get(id: number): Promise<Plan> {
    const plan = await store.plans.find(id);
    if (plan === null) throw new WaygateError("not_found", "There is no such plan.");
    return plan;
  }

  return {
    get,
    list: () => store.plans.list(),
    async create(input: PlanLimits & { name: string }, actor: Actor): Promise<Plan> {
      const at = clock.now();
      const event = {
        action: "plan.created",
        actor,
        accountId: null,
        target: input.name,
        detail: { ...input },
        at,
      } as const;
      return get(await store.write("plans.create", { plan: { ...input, createdAt: at }, event }));
    },
    async update(id: number, changes: Partial<NewPlan>, actor: Actor): Promise<Plan> {
      const plan = await get(id);
      const at = clock.now();
      const event = {
        action: "plan.updated",
        actor,
        accountId: null,
        target: plan.name,
        detail: { ...changes },
        at,
      } as const;
      await store.write("plans.update", { id, changes, event });
      return get(id);
    },
  };
}
