// A schema for one of a list of words, typed as those words.
import { type SchemaOptions, Type } from "@sinclair/typebox";

export function OneOf<const T extends string>(values: readonly T[], options: SchemaOptions = {}) {
  const literals = values.map((value) => Type.Literal(value));
  return Type.Unsafe<T>(Type.Union(literals, options));
}
