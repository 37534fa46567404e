// Group commit: many transactions, one fsync. A savepoint each, so that one that fails does not take its siblings along.
import type { Database } from "bun:sqlite";
import { type ErrorCode, type ErrorDetails, messageOf, WaygateError } from "../core/errors.ts";

export type GroupRequest = { name: string; input: unknown };
export type GroupFault = { code: ErrorCode; sentence: string; details: ErrorDetails };
export type GroupOutcome = { value: unknown } | { fault: GroupFault };

type Transactions = Record<string, (input: never) => Promise<unknown>>;

export function createGroupCommit(client: Database, transactions: Transactions) {
  const statement = (sql: string) => client.prepare(sql);
  const begin = statement("BEGIN IMMEDIATE");
  const commit = statement("COMMIT");
  const rollback = statement("ROLLBACK");
  const savepoint = statement("SAVEPOINT one");
  const release = statement("RELEASE one");
  const undo = statement("ROLLBACK TO one");

  async function runOne({ name, input }: GroupRequest): Promise<GroupOutcome> {
    const transaction = transactions[name];
    if (transaction === undefined) return { fault: faultOf(new Error(`no transaction is named ${name}`)) };
    savepoint.run();
    try {
      const value = await transaction(input as never);
      release.run();
      return { value };
    } catch (error) {
      // SQLite itself ends the whole transaction when the disk is full or fails: then the group is lost, not just this.
      if (!client.inTransaction) throw error;
      undo.run();
      release.run();
      return { fault: faultOf(error) };
    }
  }

  return async (requests: readonly GroupRequest[]): Promise<GroupOutcome[]> => {
    try {
      begin.run();
      const outcomes: GroupOutcome[] = [];
      for (const request of requests) outcomes.push(await runOne(request));
      commit.run();
      return outcomes;
    } catch (error) {
      if (client.inTransaction) rollback.run();
      const fault = faultOf(error);
      return requests.map(() => ({ fault }));
    }
  };
}

function faultOf(error: unknown): GroupFault {
  if (error instanceof WaygateError) {
    return { code: error.code, sentence: error.message, details: error.details };
  }
  // What Drizzle throws tells the statement's values, secrets among them; its cause tells only what was wrong.
  const root = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (codeOf(root) === "SQLITE_FULL" || /\b(ENOSPC|disk is full)\b/.test(messageOf(root))) {
    const sentence = "The disk is full: nothing new is accepted until there is room again. Reading still works.";
    return { code: "storage_full", sentence, details: {} };
  }
  return { code: "internal", sentence: messageOf(root), details: {} };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
