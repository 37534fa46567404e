// What every file of native routes is given.
import type { Log } from "../../core/log.ts";
import type { Services } from "../../services/services.ts";
import type { Gatekeeper } from "../auth.ts";
import type { Call } from "../call.ts";
import type { Cookies } from "../cookies.ts";
import type { Limits } from "../limits.ts";
import type { Operation } from "../operation.ts";
import type { Streams } from "../streams.ts";
import type { Tokens } from "../tokens.ts";

/** How often single routes of a dialect may be asked, where its document says so. */
export type DialectLimits = {
  clientsSensitivePerHour: number;
  clientsDeletionsPerQuarter: number;
  clientsSendsPerQuarter: number;
  clientsChatPerMinute: number;
};

export type Resource = {
  services: Services;
  operation: Operation;
  tokens: Tokens;
  cookies: Cookies;
  /** The whole address of one of our paths, as people reach us. */
  linkTo(call: Call, path: string): string;
  dialectLimits: DialectLimits;
  gatekeeper: Gatekeeper;
  limits: Limits;
  /** Answers that go on and on. */
  streams: Streams;
  log: Log;
};
