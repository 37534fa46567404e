// What comes in of the wapiconnect dialect: their body, our command.
import { type TSchema, Type } from "@sinclair/typebox";

/** May be left out; some languages write null for what is. */
export const OrNull = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]));
