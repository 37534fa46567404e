// Whose turn it is: one delivery from each webhook after the other. Those that take their time have places of their own,
// and so have those that hang, so that however many of them there are, nobody else waits for them.

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
  /** And what takes longer than that hangs. */
  hangMs?: number;
};

const most = 64;
/** Of these for the slow, and all others for the quick, where there are both. */
const forSlow = 16;
/** Beside these. */
const forHanging = 16;
/** With what turned out to be slow on its way: from here on only those begin who were quick the last time. */
const mostUnproven = 256;
const mostInAll = 1_024;
/** Longer than most take who have to think before they answer. */
const usualHangMs = 6_000;

/** In the order in which they came; each with its number in it. */
type Line = Map<number, number>;
type Pace = "quick" | "slow" | "hanging";

export function createTurns({ begin, isSlow, slowMs, hangMs = usualHangMs }: Options): Turns {
  /** Whoever was quick the last time, or hung: hundreds that hang all at once, of whom nobody knew, keep few waiting. */
  const known = new Map<number, "proven" | "hanging">();
  const lines = { proven: new Map(), unproven: new Map(), slow: new Map(), hanging: new Map() } satisfies Record<
    string,
    Line
  >;
  const underWay: Record<Pace, number> = { quick: 0, slow: 0, hanging: 0 };
  const all = () => underWay.quick + underWay.slow + underWay.hanging;
  const isQuickThere = () => lines.proven.size + lines.unproven.size + underWay.quick > 0;
  const isSlowThere = () => lines.slow.size + underWay.slow > 0;
  let isGoing = false;
  let number = 0;

  function isFree(pace: Pace): boolean {
    if (all() >= (pace === "quick" ? mostInAll : mostUnproven)) return false;
    if (pace === "hanging") return underWay.hanging < forHanging;
    if (pace === "slow") return underWay.slow < (isQuickThere() ? forSlow : most);
    return underWay.quick < (isSlowThere() ? most - forSlow : most);
  }

  /** In which line is next whoever may begin now. */
  function lineOf(pace: Pace): Line {
    if (pace !== "quick") return lines[pace];
    const [first = Number.POSITIVE_INFINITY] = lines.proven.values();
    const [other = Number.POSITIVE_INFINITY] = all() >= mostUnproven ? [] : lines.unproven.values();
    return first <= other ? lines.proven : lines.unproven;
  }

  /** False where it was nobody's turn. */
  function beginNext(pace: Pace): boolean {
    if (!isFree(pace)) return false;
    const line = lineOf(pace);
    const [id] = line.keys();
    if (id === undefined) return false;
    line.delete(id);
    const way = setOut(id, pace);
    // To the end of the line: the others come first.
    if (begin(id, way.left)) offer(id, isSlow(id));
    else way.dropped();
    return true;
  }

  /** Counted among those of its pace, which it may turn out not to keep. */
  function setOut(id: number, at: Pace) {
    let pace = at;
    let timer = setTimeout(at === "quick" ? slows : hangs, at === "quick" ? slowMs : hangMs);
    const begun = performance.now();
    underWay[pace] += 1;

    function turn(to: Pace): void {
      underWay[pace] -= 1;
      pace = to;
      underWay[pace] += 1;
    }
    function slows(): void {
      timer = setTimeout(hangs, hangMs - slowMs);
      turn("slow");
      know(id, null);
      go();
    }
    function hangs(): void {
      turn("hanging");
      know(id, "hanging");
      go();
    }
    function dropped(): void {
      clearTimeout(timer);
      underWay[pace] -= 1;
    }
    return {
      dropped,
      left() {
        dropped();
        const ms = performance.now() - begun;
        know(id, ms < slowMs ? "proven" : ms < hangMs ? null : "hanging");
      },
    };
  }

  /** Where it waits, it waits on where it now belongs. */
  function know(id: number, what: "proven" | "hanging" | null): void {
    if ((known.get(id) ?? null) === what) return;
    if (what === null) known.delete(id);
    else known.set(id, what);
    for (const line of Object.values(lines)) {
      // The slow stay where they are, unless they do worse.
      if (line === lines.slow && what !== "hanging") continue;
      const place = line.get(id);
      if (place === undefined) continue;
      line.delete(id);
      lines[what ?? "unproven"].set(id, place);
      return;
    }
  }

  function offer(id: number, slow: boolean): void {
    const what = known.get(id);
    const line = lines[what === "hanging" ? what : slow ? "slow" : (what ?? "unproven")];
    if (line.has(id)) return;
    leaveAll(id);
    line.set(id, number++);
  }

  function leaveAll(id: number): void {
    for (const line of Object.values(lines)) line.delete(id);
  }

  function go(): void {
    if (isGoing) return;
    isGoing = true;
    for (const pace of ["quick", "slow", "hanging"] as const) while (beginNext(pace));
    isGoing = false;
  }

  return {
    offer,
    forget(id) {
      leaveAll(id);
      known.delete(id);
    },
    go,
    count: all,
  };
}
