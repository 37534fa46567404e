// Every dialect there is, by the name that switches it on.
import { type DialectName, dialectNames } from "../core/dialects.ts";
import type { Dialect } from "../http/surface.ts";
import { clients } from "./clients/routes.ts";
import { envelope } from "./envelope/routes.ts";
import { wapiconnect } from "./wapiconnect/routes.ts";

const all: Record<DialectName, Dialect> = { wapiconnect, clients, envelope };

export function dialectsNamed(names: readonly string[]): Dialect[] {
  return dialectNames.filter((name) => names.includes(name)).map((name) => all[name]);
}
