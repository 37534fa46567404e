// What one receiver writes down of what it is told, and what it holds against the gateway at once: a signature that does
// not verify, an event under two ids, an id with two bodies, a chat's first attempts out of order.
import { minute } from "../../../src/core/clock.ts";
import type { Received } from "../../support/http-host.ts";
import { headerOf, isPlain, isStandard } from "../../support/standard-webhooks.ts";
import type { Faults } from "../support/suite.ts";

export type Told = { event: string; sequence: number; session: string; waId: string; text: string; isTaken: boolean };
export type Book = {
  /** By `webhook-id`. */
  readonly told: ReadonlyMap<string, Told>;
  /** Attempts at what was told before: those after a failure, and those after what was taken. */
  readonly again: { retries: number; doubles: number };
  /** How many were taken so far. */
  taken(): number;
  /** `isTaken` is what it is going to be answered. */
  hear(request: Received, isTaken: boolean): void;
};

type Options = {
  name: string;
  secret: string;
  /** Each event waits for those before it in its chat. */
  isOrdered: boolean;
  now(): number;
  /** Of the time in a signature. */
  toleranceMs?: number;
  faults: Faults;
};
type Noted = Told & { digest: bigint | number };
type Body = {
  id: string;
  event: string;
  sequence: number;
  session_id: string | null;
  text?: string;
  data: { wa_id?: string; chat?: { id: string } };
};

export function createBook({ name, secret, isOrdered, now, toleranceMs = minute, faults }: Options): Book {
  const told = new Map<string, Noted>();
  const again = { retries: 0, doubles: 0 };
  /** Of each chat: the last that was attempted for the first time, and what of it was not taken yet. */
  const lanes = new Map<string, { last: number; open: Set<string> }>();
  let taken = 0;

  function checkSignatures(request: Received, id: string): void {
    const isGood = isStandard(request, secret, toleranceMs, now()) && isPlain(request, "x-botwave-signature", secret);
    faults.check(isGood, `a signature does not verify: ${id} at ${name}`);
  }

  function laneOf({ session_id, data }: Body) {
    const key = `${session_id} ${data.chat?.id ?? ""}`;
    const lane = lanes.get(key) ?? { last: 0, open: new Set<string>() };
    lanes.set(key, lane);
    return lane;
  }

  function first(id: string, body: Body, digest: Noted["digest"]): Noted {
    const { event, sequence, text = "", session_id, data } = body;
    const lane = laneOf(body);
    const isInOrder = faults.check(sequence > lane.last, `first attempts out of order: ${sequence} at ${name}`);
    if (isInOrder) lane.last = sequence;
    const isNext = !isOrdered || lane.open.size === 0;
    faults.check(isNext, `told before what it waits for was taken: ${sequence} at ${name}`);
    const noted = { event, sequence, session: session_id ?? "", waId: data.wa_id ?? "", text, isTaken: false, digest };
    told.set(id, noted);
    lane.open.add(id);
    return noted;
  }

  return {
    told,
    again,
    taken: () => taken,
    hear(request, isTaken) {
      const id = headerOf(request, "webhook-id");
      checkSignatures(request, id);
      const body = JSON.parse(request.body.toString()) as Body;
      faults.check(body.id === id, `an event has another id in its headers than in its body: ${id} at ${name}`);
      const digest = Bun.hash(request.body);
      const before = told.get(id);
      if (before?.isTaken === true) again.doubles += 1;
      else if (before !== undefined) again.retries += 1;
      faults.check((before?.digest ?? digest) === digest, `the same id with another body: ${id} at ${name}`);
      const noted = before ?? first(id, body, digest);
      if (!isTaken || noted.isTaken) return;
      noted.isTaken = true;
      taken += 1;
      laneOf(body).open.delete(id);
    },
  };
}

/** Each sequence number once under one id, from the first that was told to the last, without a hole where none may be. */
export function checkSequences(book: Book, wanted: readonly number[], name: string, faults: Faults): number {
  const times = new Map<number, number>();
  for (const { sequence } of book.told.values()) times.set(sequence, (times.get(sequence) ?? 0) + 1);
  let lost = 0;
  for (const sequence of wanted) {
    const found = times.get(sequence) ?? 0;
    if (found === 0) lost += 1;
    faults.check(found === 1, `under ${found} ids, not one: the event ${sequence} at ${name}`);
    times.delete(sequence);
  }
  faults.check(
    times.size === 0,
    `told what it was not to be told: ${[...times.keys()].slice(0, 5).join(", ")} at ${name}`,
  );
  return lost;
}
