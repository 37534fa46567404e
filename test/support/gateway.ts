// The very gateway that the program runs, in this process: a folder of its own, a free port, a clock that can be moved.
import { loadConfig } from "../../src/config.ts";
import { silentLog } from "../../src/core/log.ts";
import { type Gateway, openGateway } from "../../src/gateway.ts";
import { createLogging } from "../../src/logging.ts";
import type { Config } from "../../src/settings.ts";
import { createTestClock, type TestClock } from "./clock.ts";
import { createFolder } from "./folder.ts";

export const adminKey = "test-admin-key-0123456789";
export const adminPassword = "a horse runs by night";

export type CallOptions = {
  method?: string;
  /** Sent as JSON; a string is sent as it is. */
  body?: unknown;
  headers?: Record<string, string>;
  /** An API key; the admin's by default, none with null. */
  key?: string | null;
};

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
export type Answer = { status: number; headers: Headers; json: any; text: string };

export type TestGateway = AsyncDisposable & {
  readonly gateway: Gateway;
  readonly clock: TestClock;
  readonly config: Config;
  readonly url: string;
  readonly logged: string[];
  call(path: string, options?: CallOptions): Promise<Answer>;
};

/** No test reaches WhatsApp itself, whatever it starts. */
const nowhere = { waUrl: "ws://127.0.0.1:9/", waRootKey: "00".repeat(32) };

export type TestSettings = Partial<Config> & { clock?: TestClock };

export async function startGateway({
  clock = createTestClock(),
  ...settings
}: TestSettings = {}): Promise<TestGateway> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(createFolder());
  const logged: string[] = [];
  const logging = createLogging({ level: "debug", format: "json", write: (line) => void logged.push(line), clock });
  const config: Config = {
    ...loadConfig({ flags: {}, env: {} }).config,
    port: 0,
    dataDir: folder.path,
    adminApiKey: adminKey,
    adminPassword,
    shutdownGraceSeconds: 0,
    ...(settings.sandbox === true ? {} : nowhere),
    ...settings,
  };
  const surroundings = { clock, log: logging.log, logTail: logging.tail, process: testProcess };
  const gateway = opened.use(await openGateway(config, surroundings));
  const url = gateway.url.href.replace(/\/$/, "");
  const keep = opened.move();
  return {
    gateway,
    clock,
    config,
    url,
    logged,
    call: (path, options) => call(url + path, options),
    [Symbol.asyncDispose]: () => keep.disposeAsync(),
  };
}

export const testProcess = { pid: process.pid, memoryBytes: () => process.memoryUsage.rss(), cpuSeconds: () => 0 };

/** Surroundings for what is opened without a server. */
export function quietSurroundings(clock: TestClock) {
  return { clock, log: silentLog, logTail: { read: () => [] }, process: testProcess };
}

export async function call(
  url: string,
  { method, body, headers = {}, key = adminKey }: CallOptions = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    redirect: "manual",
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(key === null ? {} : { "x-api-key": key }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /[/+]json/.test(response.headers.get("content-type") ?? "");
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson && text !== "" ? JSON.parse(text) : null,
  };
}
