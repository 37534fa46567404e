// Who is asking, by whichever credential came along, and whether they may.
import { WaygateError } from "../core/errors.ts";
import type { Scope } from "../core/key.ts";
import type { Principal } from "../core/principal.ts";
import type { Credentials } from "../services/credentials.ts";
import { type Call, principalOf } from "./call.ts";
import type { Cookies } from "./cookies.ts";
import type { Limits } from "./limits.ts";
import { refuseCrossSite } from "./origins.ts";
import { looksLikeToken, type Tokens } from "./tokens.ts";

/** `open`: anybody, as often as they like. `public`: anybody, within limits. `login`: signed in on the dashboard, a key is not enough. Else a scope. */
export type Access = "open" | "public" | "login" | Scope;
/** `text` is a key or a token that came otherwise than in the headers. */
export type Gatekeeper = (call: Call, access: Access, text?: string) => Promise<void>;

type Needs = {
  credentials: Credentials;
  tokens: Tokens;
  cookies: Cookies;
  limits: Limits;
  publicOrigin: string | null;
};

type Presented = { kind: "key" | "token" | "cookie"; text: string };
type Again = NonNullable<Call["again"]>;

export function createGatekeeper({ credentials, tokens, cookies, limits, publicOrigin }: Needs): Gatekeeper {
  async function identify(call: Call, { kind, text }: Presented): Promise<{ known: Principal; again: Again }> {
    if (kind === "key") {
      return { known: await credentials.byKey(text, call), again: () => credentials.byKeyAgain(text, call) };
    }
    if (kind === "cookie") refuseCrossSite(call, publicOrigin);
    const tokenId = await tokens.read(text);
    if (tokenId === null) throw new WaygateError("unauthenticated", "Invalid or expired JWT token.");
    return { known: await credentials.byLogin(tokenId), again: () => credentials.byLogin(tokenId) };
  }

  return async (call, access, text) => {
    if (access === "open") return;
    if (access === "public") return limits.countAddress(call);
    const presented = text === undefined ? presentedBy(call.request, cookies) : presentedAs(text);
    if (presented === null) {
      limits.countAddress(call);
      throw new WaygateError("unauthenticated", "This needs an API key or a login.");
    }
    try {
      Object.assign(call, await identify(call, presented));
    } catch (error) {
      limits.countAddress(call);
      throw error;
    }
    const known = principalOf(call);
    limits.countAccount(call, known);
    refuseBeyond(known, access);
  };
}

export function refuseBeyond(principal: Principal, access: Exclude<Access, "open" | "public">): void {
  if (access === "login") {
    if (principal.credential.kind === "login") return;
    throw new WaygateError(
      "session_required",
      "This can only be done by somebody who is signed in, not with an API key.",
    );
  }
  if (principal.scopes.includes(access)) return;
  const sentence =
    access === "admin" && principal.account.role !== "admin"
      ? "Only an admin may do this."
      : `This API key lacks the scope ${access}.`;
  throw new WaygateError("forbidden", sentence);
}

/** X-API-Key, then Authorization, then the cookie. A proxy's own Basic login is none of ours. */
export function presentedBy(request: Request, cookies: Cookies): Presented | null {
  const key = request.headers.get("x-api-key");
  if (key !== null) return { kind: "key", text: key.trim() };
  const authorization = request.headers.get("authorization");
  if (authorization !== null && !/^basic /i.test(authorization)) {
    return presentedAs(authorization.replace(/^bearer +/i, "").trim());
  }
  const cookie = cookies.read(request.headers.get("cookie"));
  return cookie === null || cookie === "" ? null : { kind: "cookie", text: cookie };
}

function presentedAs(text: string): Presented {
  return { kind: looksLikeToken(text) ? "token" : "key", text };
}
