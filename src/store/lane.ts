// The way into the writer's thread: transactions gather while the last group commits, then go over in one message.
import { WaygateError } from "../core/errors.ts";
import type { GroupFault, GroupOutcome, GroupRequest } from "./group.ts";
import type { TransactionInput, TransactionName, TransactionResult } from "./transactions.ts";
import type { WriterAnswer, WriterMessage } from "./writer.ts";

export type Write = <N extends TransactionName>(name: N, input: TransactionInput<N>) => Promise<TransactionResult<N>>;
export type Lane = {
  write: Write;
  /** After what was asked for before; false when somebody was reading. */
  checkpoint(): Promise<boolean>;
  depth(): number;
  close(): Promise<void>;
};

type Waiting = GroupRequest & { done: Promise<unknown>; resolve(value: unknown): void; reject(error: unknown): void };

const maxGroup = 512;
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
    while (waiting.length > 0 && underWay.length < maxGroupsUnderWay) {
      const group = waiting.splice(0, maxGroup);
      underWay.push(group);
      post({ group: group.map(({ name, input }) => ({ name, input })) });
    }
  }

  function settle(outcomes: GroupOutcome[]): void {
    const group = underWay.shift() ?? [];
    flush();
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
  return {
    write: (name, input) => {
      const refused = isClosing ? new WaygateError("unavailable", "Waygate is stopping.") : broken;
      if (refused !== undefined) return Promise.reject(refused);
      const { promise, resolve, reject } = Promise.withResolvers<TransactionResult<typeof name>>();
      waiting.push({ name, input, done: promise, resolve: resolve as (value: unknown) => void, reject });
      if (!scheduled) setImmediate(flush);
      scheduled = true;
      return promise;
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
