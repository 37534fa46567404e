// TypeBox's schemas as others read them.
import type { TSchema } from "@sinclair/typebox";
import { shownFormat } from "./operation.ts";

export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

/** JSON Schema that stands by itself. */
export function plainSchema(schema: TSchema): JsonObject {
  return tidy(JSON.parse(JSON.stringify(schema)), null) as JsonObject;
}

/** TypeBox's JSON Schema as 3.1 wants it: words as `enum`, named shapes once under components, or where they are without any. */
export function tidy(schema: Json, schemas: JsonObject | null): Json {
  if (Array.isArray(schema)) return schema.map((item) => tidy(item, schemas));
  if (typeof schema !== "object" || schema === null) return schema;
  const { title, examples, anyOf, ...rest } = schema;
  const words = (anyOf as JsonObject[] | undefined)?.map((one) => one.const);
  if (words?.every((word) => typeof word === "string")) {
    return {
      ...withoutExamples(rest),
      type: "string",
      enum: words as Json,
      ...(examples === undefined ? {} : { examples }),
    };
  }
  const { [shownFormat]: format, ...kept } = rest;
  if (format !== undefined)
    return tidy(
      { ...kept, format, ...(title === undefined ? {} : { title }), ...(examples === undefined ? {} : { examples }) },
      schemas,
    );
  const tidied: JsonObject = mapValues(rest, (value, key) => {
    // A field may well be called like a keyword.
    if (key === "properties") return mapValues(value as JsonObject, (field) => tidy(field, schemas));
    return isData(key) ? value : tidy(value, schemas);
  });
  if (anyOf !== undefined) tidied.anyOf = tidy(anyOf, schemas);
  if (examples !== undefined && tidied.type !== "object") tidied.examples = examples;
  if (typeof title !== "string") return tidied;
  if (schemas === null) return { title, ...tidied };
  schemas[title] = tidied;
  return { $ref: `#/components/schemas/${title}` };
}

const isData = (key: string) => key === "default" || key === "enum" || key === "const" || key === "required";

function withoutExamples(schema: JsonObject): JsonObject {
  const { examples: _examples, ...rest } = schema;
  return rest;
}

export function mapValues(object: JsonObject, change: (value: Json, key: string) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));
}
