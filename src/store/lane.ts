// The way into the writer's thread: transactions gather while the last group commits, then go over in one message. What
// nobody waits for goes with the next that somebody does, or after a moment by itself.
import { WaygateError } from "../core/errors.ts";
import type { GroupFault, GroupOutcome, GroupRequest } from "./group.ts";
import type { TransactionInput, TransactionName, TransactionResult } from "./transactions.ts";
import type { WriterAnswer, WriterMessage } from "./writer.ts";

export type Write = <N extends TransactionName>(name: N, input: TransactionInput<N>) => Promise<TransactionResult<N>>;
export type Lane = {
  write: Write;
  /** In its order with the others, and not in a hurry. */
  writeSoon: Write;
  /** Settles when nothing that was not in a hurry waits any more. */
  written(): Promise<void>;
  /** After what was asked for before; false when somebody was reading. */
  checkpoint(): Promise<boolean>;
  depth(): number;
  close(): Promise<void>;
};

type Waiting = GroupRequest & {
  isPatient: boolean;
  done: Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
};

const maxGroup = 512;
/** So long at most for what is not in a hurry. */
const patienceMs = 10;
/** One group commits while the next is already on its way over. */
const maxGroupsUnderWay = 2;

export type LaneOwner = {
  /** The thread died; nothing can be written any more, and the process had better end. */
  failed(error: Error): void;
  /** These are on disk (or were refused); those who asked are told next. */
  committed(names: readonly string[]): void;
};

export async function openLane(file: string, writerUrl: URL, owner: LaneOwner): Promise<Lane> {
  const worker = new Worker(writerUrl, { name: "writer" });
  const waiting: Waiting[] = [];
  const underWay: Waiting[][] = [];
  /** What is not in a hurry, until it is on disk. */
  const patient = new Set<Promise<unknown>>();
  let patience: ReturnType<typeof setTimeout> | undefined;
  let scheduled = false;
  let isClosing = false;
  let broken: Error | undefined;
  const checkpoints: PromiseWithResolvers<boolean>[] = [];
  let settleControl: { resolve(): void; reject(error: Error): void } | undefined;

  const post = (message: WriterMessage) => worker.postMessage(message);
  const control = (message: WriterMessage) =>
    new Promise<void>((resolve, reject) => {
      settleControl = { resolve, reject };
      post(message);
    });

  function flush(): void {
    scheduled = false;
    clearTimeout(patience);
    patience = undefined;
    while (waiting.length > 0 && underWay.length < maxGroupsUnderWay) {
      const group = waiting.splice(0, maxGroup);
      underWay.push(group);
      post({ group: group.map(({ name, input }) => ({ name, input })) });
    }
  }

  function settle(outcomes: GroupOutcome[]): void {
    const group = underWay.shift() ?? [];
    // Without an alarm its time is up.
    if (patience === undefined || waiting.some(({ isPatient }) => !isPatient)) flush();
    owner.committed(group.map(({ name }) => name));
    for (const [index, one] of group.entries()) {
      const outcome = outcomes[index];
      if (outcome !== undefined && "value" in outcome) one.resolve(outcome.value);
      else one.reject(outcome === undefined ? new Error("the writer gave no outcome") : errorOf(outcome));
    }
  }

  function fail(error: Error): void {
    broken = error;
    owner.failed(error);
    settleControl?.reject(error);
    for (const one of [...underWay.flat(), ...waiting]) one.reject(error);
    for (const one of checkpoints.splice(0)) one.reject(error);
    underWay.length = 0;
    waiting.length = 0;
  }

  worker.onmessage = ({ data }: MessageEvent<WriterAnswer>) => {
    if ("outcomes" in data) settle(data.outcomes);
    else if ("isWhole" in data) checkpoints.shift()?.resolve(data.isWhole);
    else settleControl?.resolve();
  };
  worker.onerror = (event) => fail(new WaygateError("unavailable", `The writer stopped: ${event.message}`));

  await control({ open: file });
  function add<N extends TransactionName>(name: N, input: TransactionInput<N>, isPatient: boolean) {
    const refused = isClosing ? new WaygateError("unavailable", "Waygate is stopping.") : broken;
    if (refused !== undefined) return Promise.reject(refused);
    const { promise, resolve, reject } = Promise.withResolvers<TransactionResult<N>>();
    waiting.push({ name, input, isPatient, done: promise, resolve: resolve as (value: unknown) => void, reject });
    return promise;
  }

  return {
    write(name, input) {
      const done = add(name, input, false);
      // With the disk idle at once; else what comes in this turn of the loop goes together.
      if (!scheduled) (underWay.length === 0 ? queueMicrotask : setImmediate)(flush);
      scheduled = true;
      return done;
    },
    writeSoon(name, input) {
      const done = add(name, input, true);
      patience ??= setTimeout(flush, patienceMs);
      patient.add(done);
      const forget = () => void patient.delete(done);
      done.then(forget, forget);
      return done;
    },
    async written() {
      if (patient.size === 0) return;
      flush();
      await Promise.allSettled(patient);
    },
    checkpoint() {
      if (isClosing || broken !== undefined) return Promise.resolve(false);
      const one = Promise.withResolvers<boolean>();
      checkpoints.push(one);
      post({ checkpoint: true });
      return one.promise;
    },
    depth: () => waiting.length + underWay.reduce((sum, group) => sum + group.length, 0),
    /** What was asked for before is committed; what comes after is refused. */
    async close() {
      if (broken === undefined) {
        const last = [...waiting, ...underWay.flat()].map((one) => one.done);
        isClosing = true;
        flush();
        await Promise.allSettled(last);
        await control({ close: true });
      }
      worker.terminate();
    },
  };
}

function errorOf({ fault }: { fault: GroupFault }): WaygateError {
  return new WaygateError(fault.code, fault.sentence, fault.details);
}
