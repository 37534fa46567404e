// What the steps of forgetting a person have in common: a piece of work and how far it has come, and what is looked for.
import { type Column, type SQL, sql } from "drizzle-orm";
import type { forgettings, Traces } from "./forgetting-tables.ts";

export type ForgettingTask = typeof forgettings.$inferSelect;
/** `blank` stands in the inbox in the place of what is forgotten: it says nothing. */
export type Piece = { most: number; blank: Uint8Array; at: number };
/** From where to go on; null when this step is done. */
export type Progress = { next: number | null; traces?: Traces };
export type Step = (task: ForgettingTask, piece: Piece) => Promise<Progress>;

export function digitsOf({ phones, lids }: Traces): string[] {
  return [...phones, ...lids];
}

/** Bytes, wherever they stand. */
export function holds(column: Column, text: string): SQL {
  return sql`instr(${column}, CAST(${text} AS BLOB)) > 0`;
}
