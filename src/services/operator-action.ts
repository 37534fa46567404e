// One operation of the operator's: its arguments as a schema, and what it does.
import type { Static, TSchema } from "@sinclair/typebox";
import type { Services } from "./services.ts";

export type OperatorAction = { input: TSchema; run(services: Services, input: never): Promise<unknown> };

export function action<S extends TSchema, R>(input: S, run: (services: Services, input: Static<S>) => Promise<R>) {
  return { input, run };
}

/** For lists that are shown whole. */
export const everything = { before: null, limit: 10_000 };
