// What every file of native routes is given.
import type { Services } from "../../services/services.ts";
import type { Cookies } from "../cookies.ts";
import type { Operation } from "../operation.ts";
import type { Tokens } from "../tokens.ts";

export type Resource = {
  services: Services;
  operation: Operation;
  tokens: Tokens;
  cookies: Cookies;
};
