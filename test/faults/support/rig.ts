// A gateway for the suites: the built executable with an admin from the environment, and people who use it.
import { join } from "node:path";
import { type RunningBinary, startBinary } from "../../support/binary.ts";
import { createFolder, type Folder } from "../../support/folder.ts";

export const adminKey = "the-operators-own-key-0123456789";
export const adminPassword = "a horse runs by night";

/** Limits are not what these suites are about; each asks more than any client would. */
/** And no session that somebody starts by accident gets anywhere. */
const nowhere = { WAYGATE_WA_URL: "ws://127.0.0.1:9/", WAYGATE_WA_ROOT_KEY: "00".repeat(32) };
const wideOpen = {
  WAYGATE_ADDRESS_REQUESTS_PER_MINUTE: "1000000",
  WAYGATE_CLIENTS_SENSITIVE_PER_HOUR: "1000000",
  WAYGATE_CLIENTS_DELETIONS_PER_QUARTER: "1000000",
  WAYGATE_CLIENTS_SENDS_PER_QUARTER: "1000000",
  WAYGATE_CLIENTS_CHAT_PER_MINUTE: "1000000",
  WAYGATE_LOG_FORMAT: "json",
};

export type Rig = AsyncDisposable & {
  readonly folder: string;
  readonly dataDir: string;
  readonly database: string;
  readonly env: Record<string, string>;
  gateway(): RunningBinary;
  origin(): string;
  start(): Promise<void>;
};

export async function openRig(settings: Record<string, string> = {}): Promise<Rig> {
  const folder: Folder = createFolder();
  const dataDir = join(folder.path, "data");
  const env = {
    WAYGATE_ADMIN_API_KEY: adminKey,
    WAYGATE_ADMIN_PASSWORD: adminPassword,
    ...wideOpen,
    ...nowhere,
    ...settings,
  };
  let running: RunningBinary | undefined;
  const gateway = () => {
    if (running === undefined) throw new Error("the gateway was not started");
    return running;
  };
  const rig: Rig = {
    folder: folder.path,
    dataDir,
    database: join(dataDir, "waygate.db"),
    env,
    gateway,
    origin: () => gateway().url,
    async start() {
      running = await startBinary({ dataDir, cwd: folder.path, env });
    },
    async [Symbol.asyncDispose]() {
      await running?.[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
  await rig.start();
  return rig;
}

export type Reply<T> = { status: number; json: T; text: string; headers: Headers };

export type Call = { method?: string; body?: unknown; headers?: Record<string, string> };

/** A plain request with JSON in and out; what is not JSON is undefined. */
export async function request<T = Record<string, unknown>>(url: string, call: Call = {}): Promise<Reply<T>> {
  const { body, method = body === undefined ? "GET" : "POST", headers = {} } = call;
  const response = await fetch(url, {
    method,
    redirect: "manual",
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = text !== "" && /json/.test(response.headers.get("content-type") ?? "");
  return {
    status: response.status,
    json: (isJson ? JSON.parse(text) : undefined) as T,
    text,
    headers: response.headers,
  };
}

/** As `request`, for what a suite relies on to go well. */
export async function must<T = Record<string, unknown>>(url: string, call: Call = {}): Promise<T> {
  const reply = await request<T>(url, call);
  if (reply.status >= 200 && reply.status < 300) return reply.json;
  throw new Error(
    `${call.method ?? (call.body === undefined ? "GET" : "POST")} ${url} answers ${reply.status}: ${reply.text}`,
  );
}

export const asAdmin = { "x-api-key": adminKey };

export type Person = { id: string; username: string; password: string; role: "admin" | "user"; token: string };

export type NewPerson = { username: string; password: string; role?: "admin" | "user" };

/** An account on the plan without limits, signed in. */
export async function makePerson(origin: string, { username, password, role = "user" }: NewPerson): Promise<Person> {
  const { id } = await must<{ id: string }>(`${origin}/api/v1/accounts`, {
    body: { username, password, role, plan: "unlimited" },
    headers: asAdmin,
  });
  return { id, username, password, role, token: await signIn(origin, { username, password }) };
}

export async function signIn(origin: string, { username, password }: { username: string; password: string }) {
  const { token } = await must<{ token: string }>(`${origin}/api/v1/login`, { body: { username, password } });
  return token;
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
