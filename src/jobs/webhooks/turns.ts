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
/** With what turned out to be slow on its way: from here on only those begin who were quick the last time. */
const mostUnproven = 256;
const mostInAll = 1_024;

/** In the order in which they came; each with its number in it. */
type Line = Map<number, number>;

export function createTurns({ begin, isSlow, slowMs }: Options): Turns {
  const waiting: Record<"proven" | "unproven" | "slow", Line> = {
    proven: new Map(),
    unproven: new Map(),
    slow: new Map(),
  };
  /** Whoever was quick the last time: hundreds that hang all at once, of whom nobody knew, keep none of these waiting. */
  const proven = new Set<number>();
  const underWay = { quick: 0, slow: 0 };
  const all = () => underWay.quick + underWay.slow;
  const isQuickThere = () => waiting.proven.size + waiting.unproven.size + underWay.quick > 0;
  const isSlowThere = () => waiting.slow.size + underWay.slow > 0;
  let isGoing = false;
  let number = 0;

  /** In which line is next whoever may begin now; null where nobody may. */
  function next(kind: "quick" | "slow"): Line | null {
    if (all() >= mostInAll) return null;
    const isFull = all() >= mostUnproven;
    if (kind === "slow") return !isFull && underWay.slow < (isQuickThere() ? forSlow : most) ? waiting.slow : null;
    if (underWay.quick >= (isSlowThere() ? most - forSlow : most)) return null;
    const [first = Number.POSITIVE_INFINITY] = waiting.proven.values();
    const [other = Number.POSITIVE_INFINITY] = isFull ? [] : waiting.unproven.values();
    return first <= other ? waiting.proven : waiting.unproven;
  }

  /** False where it was nobody's turn. */
  function beginNext(kind: "quick" | "slow"): boolean {
    const line = next(kind);
    const [id] = line?.keys() ?? [];
    if (line === null || id === undefined) return false;
    line.delete(id);
    let now = kind;
    underWay[now] += 1;
    const timer = setTimeout(() => {
      underWay[now] -= 1;
      now = "slow";
      underWay[now] += 1;
      prove(id, false);
      go();
    }, slowMs);
    const left = () => {
      clearTimeout(timer);
      underWay[now] -= 1;
    };
    const ended = () => {
      left();
      prove(id, now === "quick");
    };
    // To the end of the line: the others come first.
    if (begin(id, ended)) offer(id, isSlow(id));
    else left();
    return true;
  }

  function prove(id: number, isProven: boolean): void {
    const [from, to] = isProven ? (["unproven", "proven"] as const) : (["proven", "unproven"] as const);
    if (isProven) proven.add(id);
    else proven.delete(id);
    const place = waiting[from].get(id);
    if (place === undefined) return;
    waiting[from].delete(id);
    waiting[to].set(id, place);
  }

  function offer(id: number, slow: boolean): void {
    const kind = slow ? "slow" : proven.has(id) ? "proven" : "unproven";
    if (waiting[kind].has(id)) return;
    leaveAll(id);
    waiting[kind].set(id, number++);
  }

  function leaveAll(id: number): void {
    for (const line of Object.values(waiting)) line.delete(id);
  }

  function go(): void {
    if (isGoing) return;
    isGoing = true;
    for (const kind of ["quick", "slow"] as const) while (beginNext(kind));
    isGoing = false;
  }

  return {
    offer,
    forget(id) {
      leaveAll(id);
      proven.delete(id);
    },
    go,
    count: all,
  };
}
