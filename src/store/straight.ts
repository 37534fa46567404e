// Prepared queries without a detour, for those that run thousands of times a second: Drizzle writes the SQL and knows the
// columns; the statement is then run as it is and its rows become objects in one step. Drizzle's own way costs several
// times as much as SQLite itself.
import type { SQLQueryBindings, Statement } from "bun:sqlite";
import { Column, is, Param, Placeholder } from "drizzle-orm";

/** What was given to `select` or `returning`: columns by name, or groups of them one level deep, in the same order. */
type Fields = Record<string, Column | Record<string, Column>>;
type Coder = (value: unknown) => unknown;
/** What lies inside a prepared query of Drizzle's for bun:sqlite. */
type Inside = { stmt: Statement; query: { params: unknown[] } };
type Prepared = { execute(values?: Record<string, unknown>): unknown };
type Values = Record<string, unknown>;

export type StraightQuery<P extends Prepared> = (values: Values) => Awaited<ReturnType<P["execute"]>>;

/** Its rows. */
export function straight<P extends Prepared>(prepared: P, fields: Fields): StraightQuery<P> {
  const { stmt, bind } = open(prepared);
  const map = compileRows(fields);
  return (values) => map(stmt.values(...bind(values))) as Awaited<ReturnType<P["execute"]>>;
}

/** For those that give nothing back but how many rows they changed. */
export function straightRun(prepared: Prepared): (values: Values) => number {
  const { stmt, bind } = open(prepared);
  return (values) => stmt.run(...bind(values)).changes;
}

function open(prepared: Prepared): { stmt: Statement; bind: (values: Values) => SQLQueryBindings[] } {
  const { stmt, query } = prepared as unknown as Inside;
  return { stmt, bind: compileBind(query.params) };
}

/** One array literal, written once per query. */
function compileBind(params: readonly unknown[]): (values: Values) => SQLQueryBindings[] {
  const constants: unknown[] = [];
  const encoders: Coder[] = [];
  const members = params.map((param) => {
    const placeholder = is(param, Param) ? param.value : param;
    if (!is(placeholder, Placeholder)) return `constants[${constants.push(param) - 1}]`;
    const value = `values[${JSON.stringify(placeholder.name)}]`;
    if (!is(param, Param) || isPlain(param.encoder as Column, "mapToDriverValue")) return value;
    const at = encoders.push((given) => param.encoder.mapToDriverValue(given)) - 1;
    return `${value} == null ? null : encoders[${at}](${value})`;
  });
  return new Function("constants", "encoders", `return (values) => [${members.join(", ")}];`)(constants, encoders);
}

/** An object literal, written once per query: four times faster than filling an object name by name. */
function compileRows(fields: Fields): (rows: unknown[][]) => unknown[] {
  const decoders: (Coder | null)[] = [];
  const literal = literalOf(fields, decoders);
  const source = `return (rows) => { const made = []; for (const row of rows) made.push(${literal}); return made; };`;
  return new Function("decode", source)(decoders);
}

function literalOf(fields: Fields, decoders: (Coder | null)[]): string {
  const members = Object.entries(fields).map(([name, field]) => {
    if (!is(field, Column)) return `${JSON.stringify(name)}: ${literalOf(field, decoders)}`;
    const at = decoders.push(decoderOf(field)) - 1;
    const value = decoders[at] === null ? `row[${at}]` : `row[${at}] === null ? null : decode[${at}](row[${at}])`;
    return `${JSON.stringify(name)}: ${value}`;
  });
  return `{ ${members.join(", ")} }`;
}

/** Null for columns that hold what they show. */
function decoderOf(column: Column): Coder | null {
  return isPlain(column, "mapFromDriverValue") ? null : (value) => column.mapFromDriverValue(value);
}

function isPlain(column: Column, direction: "mapFromDriverValue" | "mapToDriverValue"): boolean {
  return column[direction] === Column.prototype[direction];
}
