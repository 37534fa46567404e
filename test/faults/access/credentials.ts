// Every kind of credential, good and bad, with what the gateway should make of it.
import { createHmac } from "node:crypto";
import { makeKey, scopes } from "../../../src/core/key.ts";
import type { Scope } from "../support/document.ts";
import type { HeaderLine } from "../support/wire.ts";
import type { World } from "./world.ts";

/**
 * `nobody`: it opens nothing. `elsewhere`: a key that is good, but not from this address. A key that is bound is good for
 * one session, and that is none of those that anything here is asked about.
 */
export type Meaning =
  | { kind: "nobody" }
  | { kind: "elsewhere" }
  | { kind: "key"; role: Role; scopes: readonly Scope[]; isBound?: true }
  | { kind: "login"; role: Role; scopes: readonly Scope[]; isCrossSite: boolean };

export type Role = "admin" | "user";
export type HeaderMap = Record<string, string>;

export type Credential = {
  name: string;
  meaning: Meaning;
  /** With which the things of its account are made; null where that is whoever shall ask. */
  owner: HeaderMap | null;
  /** The token is that of whoever shall ask: a throw-away person where the request may end its own login. */
  lines(token: string): readonly HeaderLine[];
};

export const userScopes: readonly Scope[] = ["read", "send", "manage"];

export function allCredentials(world: World): Credential[] {
  return [
    ...nobodies(world),
    ...keys(world),
    ...logins("user", world.origin),
    ...logins("admin", world.origin),
    ...crossSite("user"),
    ...crossSite("admin"),
  ];
}

const nobody: Meaning = { kind: "nobody" };
const asBearer = ({ token }: { token: string }): HeaderMap => ({ authorization: `Bearer ${token}` });
const apiKey = (key: string): HeaderLine[] => [["X-API-Key", key]];
const bearer = (token: string): HeaderLine[] => [["Authorization", `Bearer ${token}`]];
const cookie = (token: string): HeaderLine => ["Cookie", `waygate=${token}`];

function nobodies(world: World): Credential[] {
  const { user, spent, jwtSecret, origin } = world;
  const bad = (name: string, lines: readonly HeaderLine[]): Credential => ({
    name,
    meaning: nobody,
    owner: asBearer(user),
    lines: () => lines,
  });
  const claims = claimsOf(user.token);
  const own = (alg: string, changed: object, hash = "sha256") =>
    signed(alg, { ...claims, ...changed }, jwtSecret, hash);
  const [head, payload, signature] = user.token.split(".") as [string, string, string];
  return [
    bad("no credential", []),
    bad("a garbage key", apiKey("garbage-garbage-garbage-garbage")),
    bad("a key with a wrong checksum", apiKey(withOtherEnd(user.fullKey))),
    bad("a whole key that nobody made", apiKey(makeKey())),
    bad("an expired key", apiKey(spent.expiredKey)),
    bad("a revoked key", apiKey(spent.revokedKey)),
    bad("a key that was rotated away", apiKey(spent.rotatedKey)),
    bad("a key of a disabled account", apiKey(spent.disabledKey)),
    bad("a key of a removed account", apiKey(spent.removedKey)),
    bad("a login of a disabled account", bearer(spent.disabledToken)),
    bad("a login that was ended", bearer(spent.endedToken)),
    bad("a cookie of a login that was ended", [cookie(spent.endedToken)]),
    bad("a login ended by a new password", bearer(spent.outdatedToken)),
    bad("a JWT with other claims", bearer(`${head}.${encode({ ...claims, jti: crypto.randomUUID() })}.${signature}`)),
    bad("a JWT with another signature", bearer(`${head}.${payload}.${withOtherEnd(signature)}`)),
    bad("a JWT without an algorithm", bearer(`${encode({ alg: "none", typ: "JWT" })}.${payload}.`)),
    bad("a JWT without an algorithm but a signature", bearer(`${encode({ alg: "none" })}.${payload}.${signature}`)),
    bad("a JWT signed with another secret", bearer(signed("HS256", claims, Buffer.alloc(32, 7), "sha256"))),
    bad("a JWT signed with no secret", bearer(signed("HS256", claims, Buffer.alloc(0), "sha256"))),
    bad("a JWT signed by another algorithm", bearer(own("HS512", {}, "sha512"))),
    bad("a JWT that is over", bearer(own("HS256", { exp: 1_700_000_000 }))),
    bad("a JWT that begins later", bearer(own("HS256", { nbf: 4_000_000_000 }))),
    bad("a JWT for no login", bearer(own("HS256", { jti: undefined }))),
    bad("a JWT for a login there never was", bearer(own("HS256", { jti: crypto.randomUUID() }))),
    bad("a key as a cookie", [cookie(user.fullKey)]),
    bad("a key as a password of Basic", [["Authorization", `Basic ${btoa(`user:${user.fullKey}`)}`]]),
    bad("a login as X-API-Key", apiKey(user.token)),
    bad("a garbage key before a good cookie", [...apiKey("garbage-garbage-garbage"), cookie(user.token)]),
    bad("two keys in one header", apiKey(`${user.fullKey}, ${user.fullKey}`)),
    bad("a key in the referrer", [["Referer", `${origin}/?api_key=${user.fullKey}`]]),
  ];
}

function keys({ user, admin, former, operator, operatorKey, demotedKey, farKey, boundKey }: World): Credential[] {
  const key = (name: string, role: Role, held: readonly Scope[], lines: HeaderLine[]): Credential => ({
    name,
    meaning: { kind: "key", role, scopes: held },
    owner: asBearer(role === "admin" ? admin : user),
    lines: () => lines,
  });
  return [
    ...scopes
      .filter((scope) => scope !== "admin")
      .map((scope) => key(`a user's key for ${scope} alone`, "user", [scope], apiKey(user.keys[scope] ?? ""))),
    ...scopes.map((scope) =>
      key(`an admin's key for ${scope} alone`, "admin", [scope], apiKey(admin.keys[scope] ?? "")),
    ),
    key("a user's key", "user", userScopes, apiKey(user.fullKey)),
    key("a user's key as bearer", "user", userScopes, bearer(user.fullKey)),
    key("a user's key as BEARER", "user", userScopes, [["AUTHORIZATION", `BEARER   ${user.fullKey}`]]),
    key("a user's key bare", "user", userScopes, [["Authorization", user.fullKey]]),
    key("a user's key in odd letter case", "user", userScopes, [["x-ApI-kEY", ` ${user.fullKey}`]]),
    key("a user's key before a garbage login", "user", userScopes, [...apiKey(user.fullKey), ...bearer("eyJx.eyJx.x")]),
    key("a user's key on a page of another site", "user", userScopes, [
      ...apiKey(user.fullKey),
      ["Sec-Fetch-Site", "cross-site"],
    ]),
    { ...key("a key of an admin who is one no more", "user", userScopes, apiKey(demotedKey)), owner: asBearer(former) },
    {
      ...key("a user's key bound to another session", "user", userScopes, apiKey(boundKey)),
      meaning: { kind: "key", role: "user", scopes: userScopes, isBound: true },
    },
    key("an admin's key", "admin", scopes, apiKey(admin.fullKey)),
    key("an admin's key without admin", "admin", userScopes, apiKey(admin.plainKey)),
    { ...key("the operator's own key", "admin", scopes, apiKey(operatorKey)), owner: asBearer(operator) },
    { ...key("a key from the wrong address", "user", [], apiKey(farKey)), meaning: { kind: "elsewhere" } },
  ];
}

function logins(role: Role, origin: string): Credential[] {
  const held = role === "admin" ? scopes : userScopes;
  const login = (name: string, lines: Credential["lines"]): Credential => ({
    name: `${role}'s ${name}`,
    meaning: { kind: "login", role, scopes: held, isCrossSite: false },
    owner: null,
    lines,
  });
  return [
    login("login as bearer", bearer),
    login("login bare", (token) => [["Authorization", token]]),
    login("login as bearer from another site", (token) => [...bearer(token), ["Origin", "https://evil.example"]]),
    login("cookie and no browser", (token) => [cookie(token)]),
    login("cookie on our own page", (token) => [cookie(token), ["Sec-Fetch-Site", "same-origin"]]),
    login("cookie from our own origin", (token) => [cookie(token), ["Origin", origin]]),
    login("cookie typed into the address bar", (token) => [cookie(token), ["Sec-Fetch-Site", "none"]]),
    login("cookie behind somebody's Basic", (token) => [cookie(token), ["Authorization", "Basic cHJveHk6cHJveHk="]]),
    login("cookie among others", (token) => [["Cookie", `a=b; waygate=${token}; c`]]),
  ];
}

/** Whoever rides on the cookie from elsewhere may look, as browsers keep the answer from him, but change nothing. */
function crossSite(role: Role): Credential[] {
  const rider = (name: string, lines: HeaderLine[]): Credential => ({
    name: `${role}'s cookie ${name}`,
    meaning: { kind: "login", role, scopes: role === "admin" ? scopes : userScopes, isCrossSite: true },
    owner: null,
    lines: (token) => [cookie(token), ...lines],
  });
  return [
    rider("on a page of another site", [["Sec-Fetch-Site", "cross-site"]]),
    rider("on a neighbour's page", [["Sec-Fetch-Site", "same-site"]]),
    rider("from another origin", [["Origin", "https://evil.example"]]),
    rider("from no origin", [["Origin", "null"]]),
    rider("from our origin, says another site", [
      ["Origin", "http://127.0.0.1"],
      ["Sec-Fetch-Site", "cross-site"],
    ]),
  ];
}

function withOtherEnd(text: string): string {
  // The last character of a signature holds unused bits: the one before it does not.
  const at = text.length - 2;
  return text.slice(0, at) + (text.charAt(at) === "A" ? "B" : "A") + text.slice(at + 1);
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

function signed(alg: string, claims: object, secret: Uint8Array, hash: string): string {
  const told = `${encode({ alg, typ: "JWT" })}.${encode(claims)}`;
  return `${told}.${createHmac(hash, secret).update(told).digest("base64url")}`;
}
