// The column kinds that tables are written with, so that a table says what it holds and not how a database spells it.
import { type Column, sql } from "drizzle-orm";
import { blob, customType, integer, text } from "drizzle-orm/sqlite-core";

export { sqliteTable as table } from "drizzle-orm/sqlite-core";

export const rowId = () => integer("id").primaryKey({ autoIncrement: true });
export const integerKey = (name: string) => integer(name).primaryKey();
export const reference = (name: string) => integer(name);
export const count = (name: string) => integer(name);
export const millis = (name: string) => integer(name);
export const words = (name: string) => text(name);
export const flag = (name: string) => integer(name, { mode: "boolean" });
export const bytes = (name: string) => blob(name, { mode: "buffer" });
export const jsonOf = <T>(name: string) => text(name, { mode: "json" }).$type<T>();

/** One of a list, kept as its place in it: never reorder the list, only add to its end. */
export const oneOf = <T extends string>(name: string, values: readonly T[]) =>
  customType<{ data: T; driverData: number }>({
    dataType: () => "integer",
    toDriver: (value) => values.indexOf(value),
    fromDriver: (code) => values[code] as T,
  })(name);

/** Some of a list, kept as bits; every combination is made once. */
export const someOf = <T extends string>(name: string, values: readonly T[]) => {
  const combinations = Array.from({ length: 1 << values.length }, (_, bits) =>
    values.filter((_value, place) => (bits & (1 << place)) !== 0),
  );
  return customType<{ data: T[]; driverData: number }>({
    dataType: () => "integer",
    toDriver: (some) => values.reduce((bits, value, place) => (some.includes(value) ? bits | (1 << place) : bits), 0),
    fromDriver: (bits) => combinations[bits] ?? [],
  })(name);
};

/**
 * The cursor of a list within an account. The plus keeps SQLite from walking the whole table by its key, which it
 * takes for cheaper than the account's own index.
 */
export const olderThan = (id: Column) => sql`+${id} < ${sql.placeholder("before")}`;
