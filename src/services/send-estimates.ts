// How long writing to many people will take, before the first of them is written to.
import { type Clock, day } from "../core/clock.ts";
import { rulesOf } from "../core/pacing.ts";
import { estimateSends, type Recipients, type SendEstimate } from "../core/send-estimate.ts";
import type { Session } from "../core/session.ts";
import type { Store } from "../store/store.ts";

export type SendEstimates = ReturnType<typeof createSendEstimates>;

export function createSendEstimates({ store, clock }: { store: Store; clock: Clock }) {
  return {
    /** At the pacing in force, from now on, with nothing else to send and the session connected. */
    async estimate(session: Session, recipients: Recipients): Promise<SendEstimate> {
      const now = clock.now();
      const [brakes, reached] = await Promise.all([
        store.pacing.brakes(session.id),
        store.pacing.reached(session.id, now - day),
      ]);
      return estimateSends(recipients, { rules: rulesOf(session), brakes, reached, now });
    },
  };
}
