// Work that is woken: one run at a time, and another one if it was woken meanwhile. No wake is lost: a run that ends says
// so in the same moment, not a turn later.

export type Rounds = {
  /** There is, or may be, something to do. */
  wake(): void;
};

type Needs = {
  /** Does what there is to do just now. */
  work(): Promise<void>;
  isOver(): boolean;
  /** Told of each run as it begins. */
  own(run: Promise<void>): void;
};

export function createRounds({ work, isOver, own }: Needs): Rounds {
  let isAwake = false;
  let isRunning = false;

  async function run(): Promise<void> {
    try {
      while (isAwake && !isOver()) {
        isAwake = false;
        await work();
      }
    } finally {
      isRunning = false;
    }
  }

  return {
    wake() {
      isAwake = true;
      if (isRunning || isOver()) return;
      isRunning = true;
      own(run());
    },
  };
}
