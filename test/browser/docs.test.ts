// /docs as a person meets it in a browser: whole, from the gateway alone, and good for trying things out.
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Page } from "playwright-core";
import { startBinary } from "../support/binary.ts";
import { describeInBrowser, type Visit } from "../support/browser.ts";
import { createFolder } from "../support/folder.ts";
import { call } from "../support/gateway.ts";
import { startProxy } from "../support/proxy.ts";
import { until } from "../support/until.ts";

// Swagger UI takes its time with a large document, and more on a busy machine.
setDefaultTimeout(60_000);

const key = "an-operators-own-key";
const path = "/wa";

type Scheme = "apiKey" | "bearer";

/** The gateway's address as the browser is given it; below it are the documentation and the API. */
type Place = AsyncDisposable & { readonly url: string };

async function startPlain(): Promise<Place> {
  return startAt({});
}

async function startBehindProxy(strips: boolean): Promise<Place & { readonly ownUrl: string }> {
  await using opened = new AsyncDisposableStack();
  const proxy = opened.use(startProxy({ path, strips }));
  const gateway = opened.use(
    await startAt({ WAYGATE_PUBLIC_URL: `${proxy.url}/`, WAYGATE_TRUSTED_PROXIES: "127.0.0.1" }),
  );
  proxy.forwardTo(gateway.url);
  const keep = opened.move();
  return { url: proxy.url, ownUrl: gateway.url, [Symbol.asyncDispose]: () => keep.disposeAsync() };
}

async function startAt(env: Record<string, string>): Promise<Place> {
  await using opened = new AsyncDisposableStack();
  const { path: folder } = opened.use(createFolder());
  const options = { dataDir: `${folder}/data`, cwd: folder, env: { WAYGATE_ADMIN_API_KEY: key, ...env } };
  const { url } = opened.use(await startBinary(options));
  const keep = opened.move();
  return { url, [Symbol.asyncDispose]: () => keep.disposeAsync() };
}

describeInBrowser("the documentation", (visit) => {
  test("it is whole, opens in every group, comes from the gateway alone and keeps to its own policy", async () => {
    await using place = await startPlain();
    await using visitor = await visit();
    const { page } = visitor;
    await openDocs(visitor, place.url);
    await expectWhole(visitor, place.url);
    await visitor.picture("docs");
    // One of each group: Swagger UI works through the whole document for each one that is opened, 0.3 s each time.
    const groups = await page.locator(".opblock-tag-section").all();
    for (const group of groups) {
      await group.locator(".opblock-summary-control").first().press("Enter");
      await group.locator(".responses-table tr[data-code]").first().waitFor();
    }
    expect(await page.locator(".opblock.is-open").count()).toBe(groups.length);
    await expectUntroubled(visitor, place.url);
  });

  test("what the address names is open; tried out it is refused without a key, and works with one in either header", async () => {
    await using place = await startPlain();
    await using visitor = await visit();
    const { page } = visitor;
    await page.goto(`${place.url}/docs#/Me/getMe`);
    await page.locator("#operations-Me-getMe .responses-table").waitFor();
    // Swagger UI glides there.
    const top = `document.querySelector("#operations-Me-getMe").getBoundingClientRect().top`;
    await until("the operation to be at the top", async () => (await page.evaluate<number>(top)) < 20);
    await visitor.picture("docs-operation");
    const refused = await tryMe(page);
    expect(refused.status).toBe("401");
    expect(refused.text).toContain("This needs an API key or a login.");
    await expectToWork(visitor, "apiKey", `${place.url}/api/v1/me`);
    await visitor.picture("docs-answer");
    await expectToWork(visitor, "bearer", `${place.url}/api/v1/me`);
  });

  for (const strips of [true, false]) {
    const kind = strips ? "strips the path" : "passes the path on";
    test(`below a path, behind a proxy that ${kind}, it is whole and works`, async () => {
      await using place = await startBehindProxy(strips);
      await using visitor = await visit();
      await openDocs(visitor, place.url);
      await expectWhole(visitor, place.url);
      await expectToWork(visitor, "apiKey", `${place.url}/api/v1/me`);
      await expectToWork(visitor, "bearer", `${place.url}/api/v1/me`);
      await expectUntroubled(visitor, place.url);
    });
  }

  test("a gateway with a public address below a path still works at its own port, with the path and without", async () => {
    await using place = await startBehindProxy(true);
    await using without = await visit();
    await without.page.goto(`${place.ownUrl}/docs`);
    await expectWhole(without, place.ownUrl);
    await expectToWork(without, "apiKey", `${place.ownUrl}${path}/api/v1/me`);
    await using within = await visit();
    await within.page.goto(`${place.ownUrl}${path}/docs`);
    await expectWhole(within, place.ownUrl + path);
  });
});

/** By the address alone, as somebody types it. */
async function openDocs({ page }: Visit, url: string): Promise<void> {
  await page.goto(url);
  expect(page.url()).toBe(`${url}/docs`);
}

type Document = {
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, { summary: string }>>;
};

async function expectWhole(visitor: Visit, url: string): Promise<void> {
  const { page } = visitor;
  await page.locator(".opblock").first().waitFor();
  const { tags, paths } = (await call(`${url}/openapi.json`, { key: null })).json as Document;
  const operations = Object.entries(paths).flatMap(([place, methods]) =>
    Object.entries(methods).map(([method, { summary }]) => `${method.toUpperCase()} ${place} ${summary}`),
  );
  const read = await page.evaluate<Read>(readThrough);
  expect(read.operations.toSorted()).toEqual(operations.toSorted());
  expect(read.groups).toEqual(tags.map(({ name, description }) => [name, description]));
  await expectUntroubled(visitor, url);
}

/** Run in the page, from its top to its bottom: from 150 rows on Swagger UI keeps only those on the screen. */
const readThrough = `(async () => {
  const operations = new Set();
  const groups = new Map();
  for (;;) {
    for (const block of document.querySelectorAll(".opblock")) {
      const [method, path, summary] = ["method", "path", "description"].map((part) =>
        block.querySelector(".opblock-summary-" + part));
      operations.add([method.textContent, path.dataset.path, summary.textContent].join(" "));
    }
    for (const group of document.querySelectorAll(".opblock-tag")) {
      groups.set(group.dataset.tag, group.querySelector("small").textContent.trim());
    }
    if (scrollY + innerHeight >= document.documentElement.scrollHeight - 1) break;
    scrollBy({ top: innerHeight / 2, behavior: "instant" });
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  }
  scrollTo({ top: 0, behavior: "instant" });
  return { operations: [...operations], groups: [...groups] };
})()`;

type Read = { operations: string[]; groups: [name: string, description: string][] };

async function expectUntroubled({ page, seen, settle }: Visit, url: string): Promise<void> {
  await settle();
  const origins = new Set(seen.requests.map((request) => new URL(request).origin));
  expect([...origins]).toEqual([new URL(url).origin]);
  expect(seen.requests).toContain(`${url}/openapi.json`);
  expect(seen.policyViolations).toEqual([]);
  expect(seen.consoleErrors).toEqual([]);
  expect(seen.pageErrors).toEqual([]);
  expect(await page.locator(".errors-wrapper, .loading-container, .failed-config").count()).toBe(0);
}

async function expectToWork(visitor: Visit, scheme: Scheme, requestUrl: string): Promise<void> {
  await authorize(visitor, scheme);
  const { status, text, headers, url } = await tryMe(visitor.page);
  expect(url).toBe(requestUrl);
  expect(status).toBe("200");
  expect(text).toContain('"username": "admin"');
  expect(headers["x-api-key"]).toBe(scheme === "apiKey" ? key : undefined);
  expect(headers.authorization).toBe(scheme === "bearer" ? `Bearer ${key}` : undefined);
}

// Enter instead of clicks throughout: Swagger UI shifts the page while it works, and a click lands beside its button.

/** In this one way: what was given before is taken back. */
async function authorize({ page, picture }: Visit, scheme: Scheme): Promise<void> {
  await page.locator(".auth-wrapper .authorize").press("Enter");
  const dialog = page.locator(".dialog-ux");
  await picture("docs-authorize");
  const remove = dialog.getByRole("button", { name: "Remove authorization" });
  for (const button of await remove.all()) await button.press("Enter");
  const form = dialog.locator(".auth-container", { has: page.locator("h4 code", { hasText: scheme }) });
  await form.locator("input").fill(key);
  await form.getByRole("button", { name: "Apply credentials" }).press("Enter");
  await remove.waitFor();
  await form.getByRole("button", { name: "Close" }).press("Enter");
  await dialog.waitFor({ state: "detached" });
}

/** What Swagger UI shows of the answer, and what was sent in truth. */
async function tryMe(page: Page) {
  const block = page.locator("#operations-Me-getMe");
  const clear = block.getByRole("button", { name: "Clear" });
  const execute = block.getByRole("button", { name: "Execute" });
  const tryItOut = block.getByRole("button", { name: "Try it out" });
  if ((await block.locator(".opblock-body").count()) === 0)
    await block.locator(".opblock-summary-control").press("Enter");
  await execute.or(tryItOut).first().waitFor();
  if (await tryItOut.isVisible()) await tryItOut.press("Enter");
  if (await clear.isVisible()) await clear.press("Enter");
  const [request] = await Promise.all([page.waitForRequest(/\/api\/v1\/me$/), execute.press("Enter")]);
  const answer = block.locator(".live-responses-table tr.response");
  return {
    url: request.url(),
    headers: await request.allHeaders(),
    status: await answer.locator(".response-col_status").textContent(),
    text: await answer.locator(".response-col_description").textContent(),
  };
}
