// The column kinds that tables are written with, so that a table says what it holds and not how a database spells it.
import { blob, integer, text } from "drizzle-orm/sqlite-core";

export { sqliteTable as table } from "drizzle-orm/sqlite-core";

export const rowId = () => integer("id").primaryKey({ autoIncrement: true });
export const reference = (name: string) => integer(name);
export const count = (name: string) => integer(name);
export const millis = (name: string) => integer(name);
export const words = (name: string) => text(name);
export const bytes = (name: string) => blob(name, { mode: "buffer" });
export const jsonOf = <T>(name: string) => text(name, { mode: "json" }).$type<T>();
