// What the schemas of dialects have in common: they put up with what programs of many languages send.
import { type TSchema, Type } from "@sinclair/typebox";

/** Unknown fields and parameters are passed over, as the documents' own servers do. */
export const lenient = { additionalProperties: true } as const;

/** May be left out; some languages write null for what is. */
export const OrNull = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]));
