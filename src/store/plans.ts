// Plans in the database.
import { asc, eq } from "drizzle-orm";
import { WaygateError } from "../core/errors.ts";
import type { Plan, PlanLimits } from "../core/plan.ts";
import { plans } from "./account-tables.ts";
import { auditAppender, type Recorded } from "./audit.ts";
import type { Handle } from "./database.ts";

export type NewPlan = PlanLimits & { name: string; createdAt: number };

export function planWrites(db: Handle) {
  const append = auditAppender(db);

  async function refuseTakenName(name: string, ownId: number | null): Promise<void> {
    const [twin] = await db.select({ id: plans.id }).from(plans).where(eq(plans.name, name));
    if (twin !== undefined && twin.id !== ownId) throw new WaygateError("conflict", `A plan is named ${name} already.`);
  }

  return {
    async "plans.create"({ plan, event }: { plan: NewPlan; event: Recorded }): Promise<number> {
      await refuseTakenName(plan.name, null);
      const [made] = await db.insert(plans).values(plan).returning({ id: plans.id });
      await append(event);
      return made?.id ?? 0;
    },
    async "plans.update"(input: { id: number; changes: Partial<NewPlan>; event: Recorded }): Promise<void> {
      if (input.changes.name !== undefined) await refuseTakenName(input.changes.name, input.id);
      if (Object.keys(input.changes).length > 0) {
        await db.update(plans).set(input.changes).where(eq(plans.id, input.id));
      }
      await append(input.event);
    },
  };
}

export function planQueries(db: Handle) {
  return {
    list: async (): Promise<Plan[]> => db.select().from(plans).orderBy(asc(plans.id)),
    async find(id: number): Promise<Plan | null> {
      const [row] = await db.select().from(plans).where(eq(plans.id, id));
      return row ?? null;
    },
    async findByName(name: string): Promise<Plan | null> {
      const [row] = await db.select().from(plans).where(eq(plans.name, name));
      return row ?? null;
    },
  };
}
