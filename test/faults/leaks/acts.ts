// What people do with secrets when all is well: they sign in, make keys and invitations, change passwords.
import { asAdmin, bearer, must, request } from "../support/rig.ts";
import type { Spoken } from "./gateway.ts";
import type { Safe } from "./safe.ts";

export const markers = {
  admin: "findable-admin",
  user: "findable-user",
  plan: "findable plan",
  session: "findable session",
} as const;

type Made = { id: string; key: string; token: string };

/** By the link of a first start: its token works once, a wrong one never. */
export async function setUpByLink(gateway: Spoken, safe: Safe): Promise<void> {
  const token = /#token=(\w+)/.exec(gateway.out())?.[1];
  if (token === undefined) throw new Error("a first start that prints no link");
  safe.learn("the set-up token", token);
  const setUp = async (presented: string, password: string) => {
    const body = { token: presented, username: markers.admin, password };
    const reply = await request<Made>(`${gateway.url}/api/v1/setup`, { body });
    if (reply.status >= 400) safe.heard("error bodies", reply.text);
    else noteLogin(safe, "of the set-up", reply.json.token, reply.headers);
  };
  await setUp(safe.invent("a wrong set-up token"), safe.invent("a password with a wrong set-up token"));
  await setUp(token, safe.invent("the password of the set-up"));
  await setUp(token, safe.invent("a password that came too late"));
}

function noteLogin(safe: Safe, whose: string, token: string, headers: Headers): void {
  safe.learn(`the token ${whose}`, token);
  safe.learn(`the signature of the token ${whose}`, token.split(".")[2] ?? "");
  const cookie = /^[\w-]+=([^;]+)/.exec(headers.get("set-cookie") ?? "")?.[1];
  if (cookie === undefined) throw new Error("a login without a cookie");
  if (cookie !== token) safe.learn(`the cookie ${whose}`, cookie);
}

async function signIn(gateway: Spoken, safe: Safe, username: string, password: string): Promise<string> {
  const reply = await request<Made>(`${gateway.url}/api/v1/login`, { body: { username, password } });
  if (reply.status !== 200) throw new Error(`${username} cannot sign in: ${reply.text}`);
  noteLogin(safe, `of a login of ${username}`, reply.json.token, reply.headers);
  return reply.json.token;
}

export async function liveWithSecrets(gateway: Spoken, safe: Safe): Promise<void> {
  const api = `${gateway.url}/api/v1`;
  const passwords = [
    safe.invent("a user's first password"),
    safe.invent("a user's second password"),
    safe.invent("a user's third password"),
  ] as const;
  const body = { username: markers.user, password: passwords[0], plan: "unlimited" };
  const account = await must<Made>(`${api}/accounts`, { body, headers: asAdmin });
  await must(`${api}/plans`, { body: unlimitedPlan, headers: asAdmin });
  const token = await signIn(gateway, safe, markers.user, passwords[0]);
  const change = { current_password: passwords[0], new_password: passwords[1] };
  await must(`${api}/me/password`, { body: change, headers: bearer(token) });
  await makeKeys(gateway, safe, token);
  const another = await signIn(gateway, safe, markers.user, passwords[1]);
  await must(`${api}/logout`, { body: {}, headers: { cookie: `waygate=${another}` } });
  const patch = { password: passwords[2] };
  await must(`${api}/accounts/${account.id}`, { method: "PATCH", body: patch, headers: asAdmin });
  await invite(gateway, safe);
  await goThroughProxies(gateway, safe);
}

/** A session's proxy has a password, which is its owner's to know and nobody's to be shown again. */
async function goThroughProxies(gateway: Spoken, safe: Safe): Promise<void> {
  const api = `${gateway.url}/api/v1/sessions`;
  const behind = (what: string) => `socks5://findable-user:${safe.invent(what)}@127.0.0.1:9`;
  const body = { name: markers.session, proxy: behind("a proxy's password") };
  const { id } = await must<Made>(api, { body, headers: asAdmin });
  const patch = (proxy: string) => must(`${api}/${id}`, { method: "PATCH", body: { proxy }, headers: asAdmin });
  await patch(behind("a proxy's second password"));
  await patch("socks5://findable-user:***@127.0.0.1:9");
  for (const act of ["stop", "start", "restart"])
    await must(`${api}/${id}/${act}`, { method: "POST", headers: asAdmin });
  const again = await request(api, {
    body: { ...body, proxy: behind("the proxy of a name that is taken") },
    headers: asAdmin,
  });
  safe.heard("error bodies", again.text);
}

const unlimitedPlan = {
  name: markers.plan,
  requests_per_minute: null,
  webhook_events_per_minute: null,
  sessions: null,
  messages_per_day: null,
};

async function makeKeys(gateway: Spoken, safe: Safe, token: string): Promise<void> {
  const api = `${gateway.url}/api/v1`;
  for (const name of ["one", "two", "three"]) {
    const made = await must<Made>(`${api}/keys`, { body: { name }, headers: bearer(token) });
    safe.learn(`the key ${name}`, made.key);
    await must(`${api}/me`, { headers: { "x-api-key": made.key } });
    const rotated = await must<Made>(`${api}/keys/${made.id}/rotate`, {
      body: { grace_seconds: 60 },
      headers: bearer(token),
    });
    safe.learn(`the key ${name}, rotated`, rotated.key);
    await must(`${api}/me`, { headers: bearer(rotated.key) });
    await must(`${api}/keys/${made.id}`, { method: "DELETE", headers: bearer(token) });
  }
}

async function invite(gateway: Spoken, safe: Safe): Promise<void> {
  const api = `${gateway.url}/api/v1`;
  for (const [place, username] of ["guest-one", "guest-two"].entries()) {
    const made = await must<Made>(`${api}/invites`, { body: {}, headers: asAdmin });
    safe.learn(`invitation ${place}`, made.token);
    const body = { username, password: safe.invent(`the password of ${username}`), invite: made.token };
    const reply = await request<Made>(`${api}/register`, { body });
    noteLogin(safe, `of ${username}`, reply.json.token, reply.headers);
    const again = await request(`${api}/register`, { body: { ...body, username: `${username}-again` } });
    safe.heard("error bodies", again.text);
  }
}

/** On the command line, passwords come through standard input and a key is printed once. */
export async function command(gateway: Spoken, safe: Safe): Promise<void> {
  const add = ["user", "add", "findable-operator", "--role", "admin", "--password-stdin"];
  await gateway.command(add, { input: safe.invent("a password from the command line") });
  await gateway.command(["user", "passwd", "findable-operator", "--password-stdin"], {
    input: safe.invent("a new password from the command line"),
  });
  const { out } = await gateway.command(["key", "create", "findable-operator"], { isSecret: true });
  safe.learn("a key from the command line", out.trim());
  // Refused: too short, taken, of no use.
  await gateway.command(["user", "add", "nobody", "--password-stdin"], {
    input: safe.invent("too short a password", 11),
  });
  await gateway.command(add, { input: safe.invent("a password for a name that is taken") });
  await gateway.command(["user", "list"]);
  await gateway.command(["session", "list", "--json"]);
  await gateway.command(["key", "list", "--json"]);
  await gateway.command(["config"]);
  await gateway.command(["config", "--json"]);
}
