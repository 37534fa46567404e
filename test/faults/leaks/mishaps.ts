// What people do with secrets when they err: in the address, in the wrong header or field, in what is no JSON at all.
import { adminKey } from "../support/rig.ts";
import { ask, type HeaderLine, type WireRequest } from "../support/wire.ts";
import type { Spoken } from "./gateway.ts";
import type { Safe } from "./safe.ts";

type Mishap = { name: string; length?: number; request(secret: string): Partial<WireRequest> & { target: string } };

const asAdmin: HeaderLine = ["X-API-Key", adminKey];
const json: HeaderLine = ["Content-Type", "application/json"];
const utf8 = (text: string) => new TextEncoder().encode(text);

const get = (target: string, ...headers: HeaderLine[]) => ({ target, headers });
const post = (target: string, body: unknown, ...headers: HeaderLine[]) => ({
  method: "POST",
  target,
  headers: [json, ...headers],
  body: utf8(typeof body === "string" ? body : JSON.stringify(body)),
});

const mishaps: readonly Mishap[] = [
  { name: "in the query", request: (secret) => get(`/api/v1/keys?api_key=${secret}`, asAdmin) },
  { name: "in the query as a cursor", request: (secret) => get(`/api/v1/keys?cursor=${secret}`, asAdmin) },
  { name: "as a parameter's name", request: (secret) => get(`/api/v1/me?${secret}=1`, asAdmin) },
  { name: "in the query of nowhere", request: (secret) => get(`/nowhere?password=${secret}`) },
  { name: "in place of an id", request: (secret) => get(`/api/v1/keys/${secret}`, asAdmin) },
  { name: "in a path that leads nowhere", request: (secret) => get(`/api/v1/${secret}/x`, asAdmin) },
  { name: "in an unknown field", request: (secret) => post("/api/v1/keys", { name: "x", key: secret }, asAdmin) },
  {
    name: "in an unknown field of a login",
    request: (secret) => post("/api/v1/login", { username: "x", password: "y", otp: secret }),
  },
  {
    name: "bare in what is no JSON",
    request: (secret) => post("/api/v1/login", `{"username":"x","password":${secret}}`),
  },
  {
    name: "in JSON that was cut off",
    request: (secret) => post("/api/v1/login", `{"username":"x","password":"${secret}`),
  },
  { name: "as the whole body", request: (secret) => post("/api/v1/login", secret) },
  {
    name: "as a body where none belongs",
    request: (secret) => ({ ...post("/api/v1/keys/key_x", secret, asAdmin), method: "DELETE" }),
  },
  {
    name: "as a body of a stranger's, where none belongs",
    request: (secret) => ({ ...post("/api/v1/keys/key_x", secret), method: "DELETE" }),
  },
  {
    name: "with a wrong method",
    request: (secret) => ({ ...post("/api/v1/keys", { secret }, asAdmin), method: "PUT" }),
  },
  {
    name: "in a form",
    request: (secret) => ({
      method: "POST",
      target: "/api/v1/login",
      headers: [["Content-Type", "application/x-www-form-urlencoded"]],
      body: utf8(`username=x&password=${secret}`),
    }),
  },
  {
    name: "as a password of the wrong type",
    request: (secret) => post("/api/v1/login", { username: "x", password: [secret] }),
  },
  { name: "as a scope", request: (secret) => post("/api/v1/keys", { name: "x", scopes: [secret] }, asAdmin) },
  {
    name: "as a password far too long",
    length: 400,
    request: (secret) => post("/api/v1/login", { username: "x", password: secret }),
  },
  {
    name: "as a wrong password",
    request: (secret) => post("/api/v1/login", { username: "findable-admin", password: secret }),
  },
  {
    name: "as a password of nobody",
    request: (secret) => post("/api/v1/login", { username: "nobody", password: secret }),
  },
  {
    name: "as a user name, as happens when one types too fast",
    request: (secret) => post("/api/v1/login", { username: secret, password: "x" }),
  },
  {
    name: "as a weak password",
    length: 11,
    request: (secret) => post("/api/v1/accounts", { username: "weak", password: secret }, asAdmin),
  },
  {
    name: "as an invitation there is not",
    request: (secret) => post("/api/v1/register", { username: "x1", password: "a lovely phrase", invite: secret }),
  },
  {
    name: "in a proxy of no known kind",
    request: (secret) => post("/api/v1/sessions", { name: "x", proxy: `ftp://x:${secret}@proxy.example` }, asAdmin),
  },
  {
    name: "in a proxy with a path",
    request: (secret) => post("/api/v1/sessions", { name: "x", proxy: `http://x:${secret}@proxy.example/x` }, asAdmin),
  },
  {
    name: "as a proxy",
    request: (secret) => post("/api/v1/sessions", { name: "x", proxy: secret }, asAdmin),
  },
  { name: "in place of a session", request: (secret) => get(`/api/v1/sessions/${secret}/qr`, asAdmin) },
  { name: "as an unknown key", request: (secret) => get("/api/v1/me", ["X-API-Key", secret]) },
  { name: "as an unknown bearer", request: (secret) => get("/api/v1/me", ["Authorization", `Bearer ${secret}`]) },
  {
    name: "as somebody's Basic",
    request: (secret) => get("/api/v1/me", ["Authorization", `Basic ${btoa(`x:${secret}`)}`]),
  },
  {
    name: "in a token nobody signed",
    request: (secret) =>
      get("/api/v1/me", ["Authorization", `Bearer eyJhbGciOiJIUzI1NiJ9.${btoa(secret).replaceAll("=", "")}.x`]),
  },
  {
    name: "in another cookie",
    request: (secret) => get("/api/v1/me", ["Cookie", `session=${secret}; waygate=${secret}`]),
  },
  {
    name: "in the referrer",
    request: (secret) => get("/api/v1/me", asAdmin, ["Referer", `https://x.example/?key=${secret}`]),
  },
  { name: "as a request id", request: (secret) => get("/api/v1/me", asAdmin, ["X-Request-Id", secret]) },
  { name: "as an address", request: (secret) => get("/api/v1/me", asAdmin, ["X-Forwarded-For", secret]) },
  {
    name: "in a header of its own",
    request: (secret) => get("/api/v1/nowhere", ["X-Secret", secret], ["Idempotency-Key", secret]),
  },
  { name: "as an origin", request: (secret) => get("/api/v1/me", ["Origin", `https://${secret}.example`]) },
];

/** Each with a secret of its own; what was refused is kept. */
export async function haveMishaps(gateway: Spoken, safe: Safe): Promise<number> {
  for (const { name, length, request } of mishaps) {
    const secret = safe.invent(`sent ${name}`, length);
    const answer = await ask(gateway.url, { method: "GET", headers: [], ...request(secret) });
    if (answer !== null && answer.status >= 400) safe.heard("error bodies", withoutEcho(name, answer.text, secret));
  }
  return mishaps.length;
}

/** That there is no such field is said with the field's name, to whoever named it. */
function withoutEcho(name: string, text: string, secret: string): string {
  return name === "as a parameter's name" ? text.replaceAll(secret, "") : text;
}
