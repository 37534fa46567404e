// What became of each message, by its id: who sent it and how often, who was given it and how far it came, how it was
// answered. The oldest are forgotten.
import { forgetOldest } from "./limits.ts";

/** `queued` while the device is away; `received` once it has said so; `refused` if it could not use it. */
export type Delivery = "queued" | "sent" | "received" | "refused" | "dropped";

export type MessageStats = {
  id: string;
  /** How often its author handed it in; answers to somebody who could not read it are counted in `resent`. */
  sent: number;
  resent: number;
  /** `sent` by device: of one author there is one, and of an id that was used twice there are more. */
  senders: Record<string, number>;
  /** How often each device was given it. */
  copies: Record<string, number>;
  deliveries: Record<string, Delivery>;
  acks: number;
  receipts: Record<string, number>;
  retries: number;
  violations: string[];
};

/** Names and values by turns: there may be a hundred thousand of these, and objects with names of their own are dear. */
type Pairs = (string | number)[];
type Tally = {
  sent: number;
  resent: number;
  acks: number;
  retries: number;
  senders: Pairs;
  copies: Pairs;
  deliveries: Pairs;
  receipts: Pairs;
  violations: string[] | null;
};

export type Tallies = ReturnType<typeof createTallies>;

const keptNames = 20_000;

export function createTallies(limit: () => number) {
  const tallies = new Map<string, Tally>();
  const names = new Map<string, string>();

  /** One and the same string for the same device, and not one for every message. */
  function oneOf(name: string): string {
    const known = names.get(name);
    if (known !== undefined) return known;
    names.set(name, name);
    forgetOldest(names, keptNames);
    return name;
  }

  function of(id: string): Tally {
    const known = tallies.get(id);
    if (known !== undefined) return known;
    const fresh: Tally = {
      sent: 0,
      resent: 0,
      acks: 0,
      retries: 0,
      senders: [],
      copies: [],
      deliveries: [],
      receipts: [],
      violations: null,
    };
    tallies.set(id, fresh);
    forgetOldest(tallies, limit());
    return fresh;
  }

  return {
    /** `isAnswer`: it says itself that it is one; and after a retry receipt the next one is, whatever it says. */
    sent(id: string, device: string, isAnswer: boolean): void {
      const tally = of(id);
      const wasSent = valueAt(tally.senders, device) !== undefined;
      if (wasSent && (isAnswer || tally.retries > tally.resent)) tally.resent += 1;
      else {
        tally.sent += 1;
        add(tally.senders, oneOf(device));
      }
    },
    acked: (id: string) => void of(id).acks++,
    copied: (id: string, device: string) => add(of(id).copies, oneOf(device)),
    delivered: (id: string, device: string, how: Delivery) => set(of(id).deliveries, oneOf(device), how),
    /** Whether this device has read what that one sent. */
    wasReceived(id: string, reader: string, author: string): boolean {
      const tally = tallies.get(id);
      if (tally === undefined || valueAt(tally.deliveries, reader) !== "received") return false;
      return valueAt(tally.senders, author) !== undefined;
    },
    answered: (id: string, receipt: string) => add(of(id).receipts, receipt),
    retried: (id: string) => void of(id).retries++,
    violated(id: string, rule: string): void {
      const tally = of(id);
      tally.violations = [...(tally.violations ?? []), rule];
    },
    read(id: string | null): MessageStats[] {
      if (id === null) return [...tallies].map(([one, tally]) => shown(one, tally));
      const tally = tallies.get(id);
      return tally === undefined ? [] : [shown(id, tally)];
    },
    clear: () => tallies.clear(),
  };
}

function shown(id: string, { violations, ...tally }: Tally): MessageStats {
  return {
    id,
    ...tally,
    senders: recordOf<number>(tally.senders),
    copies: recordOf<number>(tally.copies),
    deliveries: recordOf<Delivery>(tally.deliveries),
    receipts: recordOf<number>(tally.receipts),
    violations: violations ?? [],
  };
}

function placeOf(pairs: Pairs, name: string): number {
  for (let place = 0; place < pairs.length; place += 2) if (pairs[place] === name) return place;
  return -1;
}

function valueAt(pairs: Pairs, name: string): string | number | undefined {
  const place = placeOf(pairs, name);
  return place < 0 ? undefined : pairs[place + 1];
}

function set(pairs: Pairs, name: string, value: string | number): void {
  const place = placeOf(pairs, name);
  if (place < 0) pairs.push(name, value);
  else pairs[place + 1] = value;
}

function add(pairs: Pairs, name: string): void {
  set(pairs, name, Number(valueAt(pairs, name) ?? 0) + 1);
}

function recordOf<T extends string | number>(pairs: Pairs): Record<string, T> {
  const record: Record<string, T> = {};
  for (let place = 0; place < pairs.length; place += 2) record[String(pairs[place])] = pairs[place + 1] as T;
  return record;
}
