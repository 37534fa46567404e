// What the native API's JSON is made of: times, ids, pages.
import { type Static, type TProperties, type TSchema, Type } from "@sinclair/typebox";
import { invalidField, WaygateError } from "../../core/errors.ts";
import { type IdKind, type Ids, idPrefixes } from "../../core/ids.ts";
import { defaultPageSize, maxPageSize, type Page, type PageRequest } from "../../core/page.ts";
import { shownFormat } from "../operation.ts";

/** Told in the documentation, and not checked in every answer: that alone took a tenth of a list's time. */
const dateTime = { [shownFormat]: "date-time" };

export const Time = (description: string) =>
  Type.String({ ...dateTime, description, examples: ["2026-11-20T09:30:00.000Z"] });

export const TimeOrNull = (description: string) =>
  Type.Union([Type.String(dateTime), Type.Null()], {
    description,
    examples: [null],
  });

export const Id = (kind: IdKind, description: string) =>
  Type.String({ description, maxLength: 40, examples: [`${idPrefixes[kind]}_Ab3dE6gH`] });

export const IdOrNull = (kind: IdKind, description: string) =>
  Type.Union([Type.String({ maxLength: 40 }), Type.Null()], {
    description,
    examples: [`${idPrefixes[kind]}_Ab3dE6gH`],
  });

/** A time that comes in: ISO-8601 with an offset. */
export const TimeInput = (description: string) =>
  Type.String({
    description: `${description} ISO-8601 with an offset, like 2027-01-31T00:00:00Z.`,
    maxLength: 40,
    pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?(Z|[+-]\\d{2}:\\d{2})$",
    examples: ["2027-01-31T00:00:00Z"],
  });

/** The end of the year 9999: no later time can be written as others expect it. */
const lastTime = 253_402_300_799_999;

export function readTime(text: string, path: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms) || ms > lastTime) throw invalidField(path, "There is no such time.");
  return ms;
}

/** Fields that may be told, in the one object that every body is: nothing else is accepted. */
export const strict = { additionalProperties: false } as const;

/** The same fields for a change: what is not given stays as it is, and no usual value is filled in for it. */
export function asChanges<T extends TProperties>(fields: T): T {
  const bare = Object.entries(fields).map(([name, { default: _usual, ...schema }]) => [name, schema]);
  return Object.fromEntries(bare) as T;
}

export const PageQuery = {
  cursor: Type.Optional(
    Type.String({ maxLength: 60, description: "`next_cursor` of the page before.", examples: ["key_Ab3dE6gH"] }),
  ),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: maxPageSize, default: defaultPageSize, description: "Items per page." }),
  ),
};

export const PageParameters = Type.Object(PageQuery, strict);
type PageParameters = Static<typeof PageParameters>;

export function listOf<T extends TSchema>(item: T, title: string) {
  return Type.Object(
    {
      data: Type.Array(item, { description: "Newest first." }),
      next_cursor: Type.Union([Type.String(), Type.Null()], {
        description: "Give it as `cursor` to read on; null at the end.",
        examples: [null],
      }),
    },
    { title },
  );
}

export function readPage(query: PageParameters, ids: Ids, kind: IdKind): PageRequest {
  const limit = query.limit ?? defaultPageSize;
  if (query.cursor === undefined) return { before: null, limit };
  const before = ids.read(kind, query.cursor);
  if (before !== null) return { before, limit };
  const message = "This is not a cursor of this list.";
  throw new WaygateError("invalid", `cursor: ${message}`, { fields: [{ in: "query", path: "cursor", message }] });
}

export function showPage<T extends { id: number }, J>(page: Page<T>, ids: Ids, kind: IdKind, show: (row: T) => J) {
  return { data: page.rows.map(show), next_cursor: page.next === null ? null : ids.show(kind, page.next) };
}

/** The row an address names; what cannot be one of our ids names nothing. */
export function readId(ids: Ids, kind: IdKind, shown: string): number {
  const id = ids.read(kind, shown);
  if (id === null) throw new WaygateError("not_found", "There is nothing with this id.");
  return id;
}

export function idParameter(kind: IdKind, what: string) {
  return Type.Object({ id: Id(kind, `The id of the ${what}.`) });
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** What was given of these fields, and nothing of the others. */
export function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
}

export const NoContent = Type.Void({ description: "Done; there is nothing to say." });
