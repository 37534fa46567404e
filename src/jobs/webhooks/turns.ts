// Whose turn it is: one delivery from each webhook after the other. Those that take their time have places of their own,
// so that however many of them hang, nobody else waits for them.

export type Turns = {
  /** It has something to be attempted; asked for it until it has not. */
  offer(id: number, isSlow: boolean): void;
  forget(id: number): void;
  /** Fills the places that are free. */
  go(): void;
  /** Of all that are under way. */
  count(): number;
};

type Options = {
  /** Begins one; false where there is nothing to begin. `left` is to be called once when it has ended. */
  begin(id: number, left: () => void): boolean;
  isSlow(id: number): boolean;
  /** What takes longer than that is slow from then on. */
  slowMs: number;
};

const most = 64;
/** Of these for the slow, and all others for the quick, where there are both. */
const forSlow = 16;
/** With what turned out to be slow on its way. */
const mostInAll = 256;

export function createTurns({ begin, isSlow, slowMs }: Options): Turns {
  const waiting = { quick: new Set<number>(), slow: new Set<number>() };
  const underWay = { quick: 0, slow: 0 };
  const all = () => underWay.quick + underWay.slow;
  const isThere = (kind: "quick" | "slow") => waiting[kind].size + underWay[kind] > 0;
  let isGoing = false;

  function mayBegin(kind: "quick" | "slow"): boolean {
    if (all() >= mostInAll) return false;
    if (kind === "quick") return underWay.quick < (isThere("slow") ? most - forSlow : most);
    return underWay.slow < (isThere("quick") ? forSlow : most);
  }

  function beginNext(kind: "quick" | "slow"): void {
    const [id] = waiting[kind];
    if (id === undefined) return;
    waiting[kind].delete(id);
    let now = kind;
    underWay[now] += 1;
    const timer = setTimeout(() => {
      underWay[now] -= 1;
      now = "slow";
      underWay[now] += 1;
      go();
    }, slowMs);
    const left = () => {
      clearTimeout(timer);
      underWay[now] -= 1;
    };
    // To the end of the line: the others come first.
    if (begin(id, left)) offer(id, isSlow(id));
    else left();
  }

  function offer(id: number, slow: boolean): void {
    const [kind, other] = slow ? (["slow", "quick"] as const) : (["quick", "slow"] as const);
    waiting[other].delete(id);
    waiting[kind].add(id);
  }

  function go(): void {
    if (isGoing) return;
    isGoing = true;
    for (const kind of ["quick", "slow"] as const) {
      while (waiting[kind].size > 0 && mayBegin(kind)) beginNext(kind);
    }
    isGoing = false;
  }

  return {
    offer,
    forget(id) {
      waiting.quick.delete(id);
      waiting.slow.delete(id);
    },
    go,
    count: all,
  };
}
