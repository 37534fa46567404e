// What every file of native routes is given.
import type { Services } from "../../services/services.ts";
import type { Call } from "../call.ts";
import type { Cookies } from "../cookies.ts";
import type { Operation } from "../operation.ts";
import type { Tokens } from "../tokens.ts";

export type Resource = {
  services: Services;
  operation: Operation;
  tokens: Tokens;
  cookies: Cookies;
  /** The whole address of one of our paths, as people reach us. */
  linkTo(call: Call, path: string): string;
};
