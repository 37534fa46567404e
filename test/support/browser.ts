// Chromium, headless and with a fresh profile: what its pages asked for and what they complained of is written down.
import { afterAll, beforeAll, describe } from "bun:test";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type BrowserContext, type Browser as Chromium, chromium, type Page } from "playwright-core";

export type ColorScheme = "light" | "dark";

/** A browser context of its own, so without cookies, and one page in it. */
export type Visit = AsyncDisposable & {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly seen: Seen;
  /** Until nothing is under way any more and all that was seen is written down. */
  settle(): Promise<void>;
  /** Pictures of what is on the screen, wide and narrow, into the folder that WAYGATE_SCREENSHOTS names; else nothing. */
  picture(name: string, schemes?: ColorScheme[]): Promise<void>;
};

export type Seen = {
  /** The address of every request, in their order. */
  requests: string[];
  consoleErrors: string[];
  pageErrors: string[];
  policyViolations: string[];
};

export type Browser = AsyncDisposable & { visit(): Promise<Visit> };

/** A name for this machine that browsers do not trust as they trust loopback: plain HTTP as it is in a home network. */
export const plainHost = "gateway.test";

/** Playwright adds --headless and a profile that is thrown away. No name but loopback's leads anywhere. */
const switches = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  `--host-resolver-rules=MAP ${plainHost} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1`,
];
/** Shorter than a test's own limit, so that what was waited for in vain is named. */
const patienceMs = 8_000;
const wide = { width: 1280, height: 900 };
const narrow = { width: 390, height: 844 };

/** Like `describe`, with one browser for all its tests. Without Chromium they are skipped, but in CI they fail. */
export function describeInBrowser(title: string, define: (visit: () => Promise<Visit>) => void): void {
  const isSkipped = findChromium() === null && process.env.CI !== "true";
  if (isSkipped) {
    process.stderr.write(
      `\n!!! NOT TESTED: ${title}. There is no Chromium here; install it, or name it in CHROMIUM.\n\n`,
    );
  }
  describe.skipIf(isSkipped)(title, () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      browser = await openBrowser();
    });
    afterAll(() => browser?.[Symbol.asyncDispose]());
    define(() => {
      if (browser === undefined) throw new Error("the browser did not start");
      return browser.visit();
    });
  });
}

export async function openBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error("There is no Chromium: install it, or name it in CHROMIUM.");
  const browser = await chromium.launch({ executablePath, headless: true, args: switches });
  return {
    visit: () => startVisit(browser),
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

function findChromium(): string | null {
  const named = process.env.CHROMIUM;
  if (named !== undefined && named !== "") return named;
  if (existsSync("/usr/bin/chromium")) return "/usr/bin/chromium";
  return Bun.which("chromium") ?? Bun.which("chromium-browser") ?? Bun.which("google-chrome");
}

async function startVisit(browser: Chromium): Promise<Visit> {
  const context = await browser.newContext({ viewport: wide, colorScheme: "light" });
  context.setDefaultTimeout(patienceMs);
  const seen = await writeDown(context);
  const page = await context.newPage();
  return {
    page,
    context,
    seen,
    async settle() {
      await page.waitForLoadState("networkidle");
      // What the page has told so far arrives before the answer to this.
      await page.evaluate("0");
    },
    picture: (name, schemes = ["light"]) => picture(page, name, schemes),
    [Symbol.asyncDispose]: () => context.close(),
  };
}

async function writeDown(context: BrowserContext): Promise<Seen> {
  const seen: Seen = { requests: [], consoleErrors: [], pageErrors: [], policyViolations: [] };
  context.on("request", (request) => seen.requests.push(request.url()));
  context.on("weberror", (error) => seen.pageErrors.push(error.error().message));
  context.on("console", (message) => {
    const text = message.text();
    if (text.includes("Content Security Policy")) seen.policyViolations.push(text);
    else if (message.type() === "error") seen.consoleErrors.push(`${text} ${message.location().url}`);
  });
  await context.exposeBinding("tellOfViolation", (_source, text: string) => seen.policyViolations.push(text));
  await context.addInitScript({
    content: `addEventListener("securitypolicyviolation", (event) =>
      tellOfViolation(event.effectiveDirective + " refused " + event.blockedURI));`,
  });
  return seen;
}

async function picture(page: Page, name: string, schemes: ColorScheme[]): Promise<void> {
  const folder = process.env.WAYGATE_SCREENSHOTS;
  if (folder === undefined || folder === "") return;
  mkdirSync(folder, { recursive: true });
  for (const size of [wide, narrow]) {
    await page.setViewportSize(size);
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(folder, `${name}-${size.width}-${colorScheme}.png`), timeout: 30_000 });
    }
  }
  await page.setViewportSize(wide);
  await page.emulateMedia({ colorScheme: "light" });
}
