// What a session tells of itself: its state now, and each change of it, written down in the order they happened.
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Report, SessionReport } from "../core/ports.ts";
import type { Changes } from "./changes.ts";
import { type Life, type LifeEvent, step } from "./life.ts";

export type Story = {
  life(): Life;
  can(event: LifeEvent): boolean;
  go(event: LifeEvent, more?: Partial<SessionReport>): void;
  /** Something besides the state has changed. */
  tell(more?: Partial<SessionReport>): void;
  /** Settles when everything up to now is written down. */
  told(): Promise<void>;
};

type Needs = { sessionId: number; report: Report; changes: Changes; clock: Clock; log: Log };

export function createStory({ sessionId, report, changes, clock, log }: Needs): Story {
  let life: Life = { status: "stopped", reason: null };
  let last: Promise<void> = Promise.resolve();

  function tell(more: Partial<SessionReport> = {}): void {
    const one: SessionReport = { sessionId, at: clock.now(), ...life, ...more };
    last = last
      .then(() => report(one))
      .catch((error) => log.error({ error: messageOf(error) }, "a session's state could not be written down"));
    changes.told();
  }

  return {
    life: () => life,
    can: (event) => step(life, event) !== life,
    go(event, more) {
      const next = step(life, event);
      const isSame = next.status === life.status && next.reason === life.reason;
      life = next;
      if (!isSame || more !== undefined) tell(more);
    },
    tell,
    told: () => last,
  };
}
