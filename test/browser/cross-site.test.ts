// What pages of other sites can do with the login of somebody who visits them: nothing, in a real browser.
import { expect, setDefaultTimeout, test } from "bun:test";
import { startBinary } from "../support/binary.ts";
import { describeInBrowser, plainHost, type Visit } from "../support/browser.ts";
import { createFolder } from "../support/folder.ts";
import { call } from "../support/gateway.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(20_000);

const key = "an-operators-own-key";
const person = { username: "admin", password: "seven otters juggle kelp" };

type SetUpGateway = AsyncDisposable & { readonly url: string };

async function startSetUp(): Promise<SetUpGateway> {
  await using opened = new AsyncDisposableStack();
  const { path } = opened.use(createFolder());
  const env = { WAYGATE_ADMIN_API_KEY: key, WAYGATE_ADMIN_PASSWORD: person.password };
  const { url } = opened.use(await startBinary({ dataDir: `${path}/data`, cwd: path, env }));
  const keep = opened.move();
  return { url, [Symbol.asyncDispose]: () => keep.disposeAsync() };
}

/** Another site on this machine, with an empty page. */
function startStranger(host: string): AsyncDisposable & { readonly url: string } {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    development: false,
    fetch: () => new Response("<!doctype html><title>A stranger</title>", { headers: { "content-type": "text/html" } }),
  });
  return { url: `http://${host}:${server.port}/`, [Symbol.asyncDispose]: () => server.stop(true) };
}

/** A field whose name and value make JSON around the sign of equality that a form puts between them. */
const asJson = (fields: Record<string, string>) => ({
  name: `${JSON.stringify(fields).slice(0, -1)},"x":"`,
  value: '"}',
});

type Form = { to: string; enctype: string; field?: { name: string; value: string } };

/** Those that need the login, and those that need none but want JSON. */
const forms = (keyId: string): { byCookie: Form[]; open: Form[] } => ({
  byCookie: [
    { to: "/api/v1/keys", enctype: "text/plain", field: asJson({ name: "stolen" }) },
    { to: "/api/v1/keys", enctype: "application/x-www-form-urlencoded", field: { name: "name", value: "stolen" } },
    { to: "/api/v1/keys", enctype: "multipart/form-data", field: { name: "name", value: "stolen" } },
    { to: `/api/v1/keys/${keyId}/rotate`, enctype: "application/x-www-form-urlencoded" },
    { to: "/api/v1/logout", enctype: "application/x-www-form-urlencoded" },
  ],
  open: [
    { to: "/api/v1/login", enctype: "text/plain", field: asJson(person) },
    { to: "/api/v1/setup", enctype: "text/plain", field: asJson({ token: "guessed", ...person }) },
  ],
});

/** `init` is source text for a script in the stranger's page. */
type Fetch = { to: string; init: string };

const body = `'{"name":"stolen"}'`;
/** Simple ones that reach the gateway, and those that the browser asks about first. */
const fetches = (keyId: string): { simple: Fetch[]; preflighted: Fetch[] } => ({
  simple: [
    { to: "/api/v1/keys", init: `{ method: "POST", mode: "no-cors", body: ${body} }` },
    { to: "/api/v1/keys", init: `{ method: "POST", mode: "no-cors", body: new Blob([${body}]) }` },
    { to: `/api/v1/keys/${keyId}/rotate`, init: '{ method: "POST", mode: "no-cors" }' },
    { to: "/api/v1/logout", init: '{ method: "POST" }' },
  ],
  preflighted: [
    { to: "/api/v1/keys", init: `{ method: "POST", headers: { "content-type": "application/json" }, body: ${body} }` },
    { to: `/api/v1/keys/${keyId}`, init: '{ method: "DELETE" }' },
  ],
});

describeInBrowser("pages of other sites", (visit) => {
  const kinds = [
    // SameSite=Lax keeps the cookie back: the gateway sees nobody's login.
    { kind: "of another host", as: "127.0.0.1", host: "localhost", refusal: "POST 401" },
    // Ports make no other site: the cookie comes along, and Sec-Fetch-Site tells.
    { kind: "at another port of the gateway's host", as: "127.0.0.1", host: "127.0.0.1", refusal: "POST 403" },
    // Over plain HTTP browsers send no Sec-Fetch-Site, and Origin tells.
    { kind: "at another port, over plain HTTP by name", as: plainHost, host: plainHost, refusal: "POST 403" },
  ];
  for (const { kind, as, host, refusal } of kinds) {
    test(`a page ${kind} changes nothing and learns nothing`, async () => {
      await using gateway = await startSetUp();
      await using stranger = startStranger(host);
      await using visitor = await visit();
      const url = gateway.url.replace("127.0.0.1", as);
      const victim = await call(`${gateway.url}/api/v1/keys`, { key, body: { name: "shop" } });
      await logIn(visitor, url);
      const before = await stateOf(gateway.url);
      const { byCookie, open } = forms(victim.json.id);
      const { simple, preflighted } = fetches(victim.json.id);

      for (const form of [...byCookie, ...open]) await sendForm(visitor, stranger.url, url, form);
      await visitor.page.goto(stranger.url);
      for (const one of [...simple, ...preflighted, { to: "/api/v1/me", init: "{}" }]) {
        expect([one, await learn(visitor, url, one)]).toEqual([one, null]);
      }

      const refused = { [refusal]: byCookie.length + simple.length, "POST 415": open.length };
      expect(await changesAsked(gateway.url)).toEqual({ "POST 201": 1, "POST 200": 1, ...refused });
      expect(await stateOf(gateway.url)).toEqual(before);
      expect((await visitor.page.goto(`${url}/api/v1/me`))?.status()).toBe(200);
    });
  }

  test("a page of another site cannot show ours in a frame", async () => {
    await using gateway = await startSetUp();
    await using stranger = startStranger("127.0.0.1");
    await using visitor = await visit();
    const { page } = visitor;
    for (const path of ["/setup", "/docs"]) {
      await page.goto(stranger.url);
      await page.setContent(`<iframe src="${gateway.url}${path}"></iframe>`);
      await until("the frame to be refused", () => page.frames()[1]?.url().startsWith("chrome-error:"));
    }
  });
});

/** From a page of the gateway's own, so that the cookie is kept as browsers keep it; the only request that is granted. */
async function logIn({ page }: Visit, url: string): Promise<void> {
  await page.goto(`${url}/setup`);
  const body = JSON.stringify(JSON.stringify(person));
  const init = `{ method: "POST", headers: { "content-type": "application/json" }, body: ${body} }`;
  expect(await page.evaluate<number>(`fetch("api/v1/login", ${init}).then((answer) => answer.status)`)).toBe(200);
}

/** To the end: until the browser shows what the gateway has answered, which is never nothing. */
async function sendForm({ page }: Visit, from: string, url: string, { to, enctype, field }: Form): Promise<void> {
  await page.goto(from);
  const input = field === undefined ? "" : `<input name='${field.name}' value='${field.value}'>`;
  await page.setContent(
    `<form method="post" action="${url}${to}" enctype="${enctype}">${input}<button>Win</button></form>`,
  );
  await page.getByRole("button", { name: "Win" }).click();
  await page.waitForURL(url + to);
}

/** What the script gets to read; null is nothing. */
function learn({ page }: Visit, url: string, { to, init }: Fetch): Promise<string | null> {
  return page.evaluate(
    `fetch("${url}${to}", { credentials: "include", ...${init} }).then((answer) => answer.text()).then((text) => text || null, () => null)`,
  );
}

async function stateOf(url: string) {
  const [keys, accounts, audit] = await Promise.all(
    ["keys", "accounts", "audit"].map(async (name) => (await call(`${url}/api/v1/${name}`, { key })).json.data),
  );
  return {
    keys: keys.map(({ id, name, revoked_at }: Record<string, unknown>) => ({ id, name, revoked_at })),
    accounts,
    audit,
  };
}

/** How the gateway answered what would change something, by its own count. */
async function changesAsked(url: string): Promise<Record<string, number>> {
  const { text } = await call(`${url}/metrics`, { key });
  const counts: Record<string, number> = {};
  for (const [, labels = "", count] of text.matchAll(/^waygate_http_requests_total\{(.*)\} (\d+)$/gm)) {
    const method = /method="(\w+)"/.exec(labels)?.[1] ?? "";
    const status = /status="(\d+)"/.exec(labels)?.[1] ?? "";
    if (!/^(POST|PUT|PATCH|DELETE)$/.test(method)) continue;
    counts[`${method} ${status}`] = (counts[`${method} ${status}`] ?? 0) + Number(count);
  }
  return counts;
}
