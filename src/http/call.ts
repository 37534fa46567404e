// One request on its way through: what is known of it, and what its answer must still carry.
import type { Actor } from "../core/audit.ts";
import { WaygateError } from "../core/errors.ts";
import { actorOf, anonymous, type Principal } from "../core/principal.ts";
import type { SocketTalk } from "./sockets.ts";

export type Call = {
  readonly id: string;
  readonly request: Request;
  /** The path below the public URL's own, which is what routes are written for. */
  readonly path: string;
  /** Of the client, behind whatever proxies are trusted; found out when somebody asks. */
  readonly address: string;
  /** How the client reaches us, as far as a trusted proxy says. */
  readonly origin: string;
  readonly startedAt: number;
  /** For an answer that may take so long: keeps the connection open. */
  takes(seconds: number): void;
  /** The same, and says once nobody waits for it any more. */
  waits(seconds: number): AbortSignal;
  /** Makes the connection a socket; false where it cannot be one. */
  upgrade(talk: SocketTalk): boolean;
  route: string | null;
  known: Principal | null;
  /** Asks again whether who asked still may, for answers that go on and on; null for a stranger. */
  again: (() => Promise<Principal>) | null;
  /** Headers for the answer, whatever it turns out to be. */
  readonly headers: [string, string][];
};

const calls = new WeakMap<Request, Call>();

export function rememberCall(request: Request, call: Call): void {
  calls.set(request, call);
}

export function callOf(request: Request): Call {
  const call = calls.get(request);
  if (call === undefined) throw new WaygateError("internal", "A request came in round the front.");
  return call;
}

/** For handlers of routes that need a credential. */
export function principalOf(call: Call): Principal {
  if (call.known === null) throw new WaygateError("unauthenticated", "This needs an API key or a login.");
  return call.known;
}

export function callerOf(call: Call): Actor {
  return call.known === null ? anonymous(call.address) : actorOf(call.known, call.address);
}
