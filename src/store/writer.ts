// The writer's thread: the one connection that writes. It runs named transactions one after the other inside a group
// commit, each in its own savepoint, and answers when the commit is on disk.
import { parentPort } from "node:worker_threads";
import { checkpoint, handleOf, openWriter } from "./database.ts";
import { createGroupCommit, type GroupOutcome, type GroupRequest } from "./group.ts";
import { namedTransactions } from "./transactions.ts";

export type WriterMessage = { open: string } | { group: GroupRequest[] } | { checkpoint: true } | { close: true };
export type WriterAnswer = { opened: true } | { outcomes: GroupOutcome[] } | { isWhole: boolean } | { closed: true };

const port = parentPort;
if (port === null) throw new Error("writer.ts runs as a worker");

let group: ReturnType<typeof createGroupCommit> | undefined;
let close = () => {};
let clear = () => false;

let done: Promise<void> = Promise.resolve();
port.on("message", (message: WriterMessage) => {
  done = done.then(() => obey(message));
});

async function obey(message: WriterMessage): Promise<void> {
  if ("open" in message) {
    const client = openWriter(message.open);
    group = createGroupCommit(client, namedTransactions(handleOf(client)));
    clear = () => checkpoint(client);
    close = () => {
      client.run("PRAGMA optimize");
      client.run("PRAGMA wal_checkpoint(TRUNCATE)");
      client.close();
    };
    answer({ opened: true });
  } else if ("group" in message) {
    answer({ outcomes: (await group?.(message.group)) ?? [] });
  } else if ("checkpoint" in message) {
    answer({ isWhole: clear() });
  } else {
    close();
    answer({ closed: true });
  }
}

function answer(message: WriterAnswer): void {
  port?.postMessage(message);
}
