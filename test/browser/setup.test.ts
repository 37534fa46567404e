// The first start as a person meets it in a browser: from the link in the terminal to a key that works.
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Page } from "playwright-core";
import { startBinary } from "../support/binary.ts";
import { describeInBrowser, plainHost, type Visit } from "../support/browser.ts";
import { createFolder } from "../support/folder.ts";
import { call } from "../support/gateway.ts";
import { startProxy } from "../support/proxy.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(20_000);

const goodPassword = "seven otters juggle kelp";

/** One without an account. */
type FreshGateway = AsyncDisposable & { readonly url: string; readonly setupLink: string };

async function startFresh(env: Record<string, string> = {}): Promise<FreshGateway> {
  await using opened = new AsyncDisposableStack();
  const { path } = opened.use(createFolder());
  const gateway = opened.use(await startBinary({ dataDir: `${path}/data`, cwd: path, env }));
  const printed = await until("the set-up link to be printed", () => /http\S+\/setup#token=\w+/.exec(gateway.output()));
  const keep = opened.move();
  return { url: gateway.url, setupLink: printed[0], [Symbol.asyncDispose]: () => keep.disposeAsync() };
}

describeInBrowser("the set-up in a browser", (visit) => {
  test("before it the front page and the documentation say which link to open", async () => {
    await using gateway = await startFresh();
    await using visitor = await visit();
    const { page } = visitor;
    for (const path of ["/", "/docs"]) {
      await page.goto(gateway.url + path);
      await page.getByText(/open the link that \S+ printed when it started/i).waitFor();
      await visitor.picture(`before${path.replace("/", "-")}`);
    }
  });

  test("its page without the token says where the link is to be found, and shows no form", async () => {
    await using gateway = await startFresh();
    await using visitor = await visit();
    const { page } = visitor;
    await page.goto(`${gateway.url}/setup`);
    await page.getByText("Open the link that Waygate printed when it started.").waitFor();
    expect(await page.locator("#example").textContent()).toBe(`${gateway.url}/setup#token=…`);
    expect(await page.locator("form").isVisible()).toBe(false);
    await visitor.picture("setup-no-link", ["light", "dark"]);
    await expectClean(visitor, gateway.url);
  });

  test("a mistake is told in a sentence, and can be put right", async () => {
    await using gateway = await startFresh();
    await using visitor = await visit();
    const { page } = visitor;
    await page.goto(gateway.setupLink);
    await visitor.picture("setup-form", ["light", "dark"]);
    expect(await submit(page, { password: "short" })).toMatch(/12 characters/);
    expect(await submit(page, { password: "password1234" })).toBe("The password is one of the common ones.");
    await visitor.picture("setup-fault", ["light", "dark"]);
    expect(await submit(page, { password: goodPassword, again: "seven otters juggle keLp" })).toBe(
      "The two passwords are not the same.",
    );
    expect(await submit(page, { username: "ada lovelace", password: goodPassword })).toMatch(/letters, digits, dots/);
    expect(await submit(page, { username: "", password: goodPassword })).not.toBe("");
    await expectClean(visitor, gateway.url);
    await finish(page, { username: "ada", password: goodPassword });
    expect(await page.locator("#who").textContent()).toBe("ada");
  });

  test("a link with another token makes nobody an admin", async () => {
    await using gateway = await startFresh();
    await using visitor = await visit();
    const { page } = visitor;
    await page.goto(gateway.setupLink.replace(/=\w+$/, "=a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6"));
    expect(await submit(page, { password: goodPassword })).toMatch(/not valid .* Restart Waygate/);
    expect((await call(`${gateway.url}/api/v1/me`, { key: null })).json.code).toBe("setup_required");
    await expectClean(visitor, gateway.url);
  });

  test("the link leads to an account, a login, a key that works and the documentation", async () => {
    await using gateway = await startFresh();
    await using visitor = await visit();
    const { page, context } = visitor;
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: gateway.url });
    await page.goto(gateway.setupLink);
    const [answer, key] = await Promise.all([setupAnswer(page), finish(page, { password: goodPassword })]);
    await visitor.picture("setup-done", ["light", "dark"]);
    expect(page.url()).toBe(`${gateway.url}/setup`);
    await page.getByRole("button", { name: "Copy the key" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(key);
    const me = await call(`${gateway.url}/api/v1/me`, { key });
    expect(me.json.account).toMatchObject({ username: "admin", role: "admin" });
    expect(me.json.credential.scopes).toEqual(["read", "send", "manage", "admin"]);
    await expectCookie(visitor, await answer.headerValue("set-cookie"), "/");
    await expectClean(visitor, gateway.url);
    await page.getByRole("link", { name: "Open the API documentation" }).click();
    await page.locator(".opblock").first().waitFor();
    expect(page.url()).toBe(`${gateway.url}/docs`);
  });

  test("the link helps nobody a second time, and the key is not shown again", async () => {
    await using gateway = await startFresh();
    await using first = await visit();
    await first.page.goto(gateway.setupLink);
    const key = await finish(first.page, { password: goodPassword });
    await first.page.reload();
    await first.page.locator(".opblock").first().waitFor();
    expect(await first.page.locator("body").textContent()).not.toContain(key);
    await using second = await visit();
    const { page } = second;
    await page.goto(gateway.setupLink);
    await page.locator(".opblock").first().waitFor();
    expect(page.url()).toStartWith(`${gateway.url}/docs`);
    expect(page.url()).not.toContain("token");
    const mallory = { token: gateway.setupLink.split("=")[1], username: "mallory", password: goodPassword };
    const refused = await call(`${gateway.url}/api/v1/setup`, { key: null, body: mallory });
    expect([refused.status, refused.json.detail]).toEqual([409, "The set-up is done already; sign in instead."]);
    expect(await second.context.cookies()).toEqual([]);
    const accounts = await call(`${gateway.url}/api/v1/accounts`, { key });
    expect(accounts.json.data.map(({ username }: { username: string }) => username)).toEqual(["admin"]);
    await expectClean(second, gateway.url);
  });

  test("it is finished behind a proxy that nobody has told the gateway of, over plain HTTP", async () => {
    await using proxy = startProxy({ path: "", strips: false });
    await using gateway = await startFresh();
    proxy.forwardTo(gateway.url);
    await using visitor = await visit();
    const { page } = visitor;
    const { port } = new URL(proxy.url);
    await page.goto(`http://${plainHost}:${port}/setup${new URL(gateway.setupLink).hash}`);
    const key = await finish(page, { password: goodPassword });
    expect((await call(`${gateway.url}/api/v1/me`, { key })).status).toBe(200);
  });

  test("a gateway that does not answer is told of in a sentence", async () => {
    await using visitor = await visit();
    const { page } = visitor;
    {
      await using gateway = await startFresh();
      await page.goto(gateway.setupLink);
    }
    expect(await submit(page, { password: goodPassword })).toBe("Waygate does not answer. Is it still running?");
  });

  test("whoever opens the public address itself too early is led to the page, whole", async () => {
    for (const strips of [true, false]) {
      await using proxy = startProxy({ path: "/wa", strips });
      await using gateway = await startFresh({ WAYGATE_PUBLIC_URL: proxy.url, WAYGATE_TRUSTED_PROXIES: "127.0.0.1" });
      proxy.forwardTo(gateway.url);
      await using visitor = await visit();
      const { page } = visitor;
      for (const path of ["", "/", "/docs", "/docs/"]) {
        await page.goto(proxy.url + path);
        await page.getByText("Open the link that Waygate printed when it started.").waitFor();
        expect(page.url()).toBe(`${proxy.url}/setup`);
        expect(await page.locator("#example").textContent()).toBe(`${proxy.url}/setup#token=…`);
      }
      await expectClean(visitor, proxy.url);
    }
  });

  test("it works below a path behind a proxy, and the cookie is for that path only", async () => {
    await using proxy = startProxy({ path: "/wa", strips: true });
    await using gateway = await startFresh({ WAYGATE_PUBLIC_URL: proxy.url, WAYGATE_TRUSTED_PROXIES: "127.0.0.1" });
    proxy.forwardTo(gateway.url);
    expect(gateway.setupLink).toStartWith(`${proxy.url}/setup#token=`);
    await using visitor = await visit();
    const { page } = visitor;
    await page.goto(gateway.setupLink);
    const [answer, key] = await Promise.all([setupAnswer(page), finish(page, { password: goodPassword })]);
    expect(page.url()).toBe(`${proxy.url}/setup`);
    expect((await call(`${proxy.url}/api/v1/me`, { key })).status).toBe(200);
    await expectCookie(visitor, await answer.headerValue("set-cookie"), "/wa");
    await expectClean(visitor, proxy.url);
  });

  test("it works over plain HTTP in a home network, where browsers withhold what they give to secure pages", async () => {
    await using gateway = await startFresh();
    const { port } = new URL(gateway.url);
    await using visitor = await visit();
    const { page, seen } = visitor;
    await page.goto(gateway.setupLink.replace("127.0.0.1", plainHost));
    expect(await page.evaluate("isSecureContext")).toBe(false);
    const key = await finish(page, { password: goodPassword });
    expect(page.url()).toBe(`http://${plainHost}:${port}/setup`);
    expect((await call(`${gateway.url}/api/v1/me`, { key })).status).toBe(200);
    await page.getByRole("button", { name: "Copy the key" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    expect(seen.policyViolations).toEqual([]);
    expect(seen.pageErrors).toEqual([]);
  });
});

type Entries = { username?: string; password: string; again?: string };

async function enter(page: Page, { username, password, again = password }: Entries): Promise<void> {
  if (username !== undefined) await page.getByLabel("User name").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByLabel("Password, once more").fill(again);
  await page.getByRole("button", { name: "Make the account" }).click();
}

/** The sentence that a person reads after it: on the page, or the browser's own at the field. */
async function submit(page: Page, entries: Entries): Promise<string> {
  const before = await told(page);
  await enter(page, entries);
  return until("a sentence on the page", async () => {
    const now = await told(page);
    return now === before ? null : now;
  });
}

function told(page: Page): Promise<string> {
  return page.evaluate(`(() => {
    const field = document.querySelector("input:invalid");
    return field?.validationMessage || document.querySelector("#fault:not([hidden])")?.textContent || "";
  })()`);
}

/** Through the form to the end; the key. */
async function finish(page: Page, entries: Entries): Promise<string> {
  await enter(page, entries);
  await page.getByText("Done.").waitFor();
  const key = await page.locator("#key").textContent();
  expect(key).toMatch(/^wg_live_[A-Za-z0-9]{36}$/);
  return key ?? "";
}

const setupAnswer = (page: Page) => page.waitForResponse(/\/api\/v1\/setup$/);

/** As it came over the wire, and as the browser took it. */
async function expectCookie({ context }: Visit, setCookie: string | null, path: string): Promise<void> {
  expect(
    setCookie
      ?.split("; ")
      .slice(1)
      .filter((part) => !part.startsWith("Expires=")),
  ).toEqual([`Path=${path}`, "HttpOnly", "SameSite=Lax"]);
  const cookies = await context.cookies();
  expect(cookies).toHaveLength(1);
  expect(cookies[0]).toMatchObject({ name: "waygate", httpOnly: true, sameSite: "Lax", secure: false, path });
}

/** Nothing from elsewhere, nothing against the policy; the browser's notes on refused requests are no fault of the page. */
async function expectClean({ seen, settle }: Visit, url: string): Promise<void> {
  await settle();
  const origins = new Set(seen.requests.map((request) => new URL(request).origin));
  expect([...origins]).toEqual([new URL(url).origin]);
  expect(seen.policyViolations).toEqual([]);
  expect(seen.pageErrors).toEqual([]);
  expect(seen.consoleErrors.filter((error) => !/status of 4.*\/api\/v1\//.test(error))).toEqual([]);
}
