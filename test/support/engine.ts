// Sessions of the engine on a sandbox of their own and over a store of their own, without the gateway around them.
import { Database } from "bun:sqlite";
import { commandLine } from "../../src/core/audit.ts";
import type { Log, LogFields } from "../../src/core/log.ts";
import type { Engine, SessionSpec } from "../../src/core/ports.ts";
import { type SessionSettings, usualSettings } from "../../src/core/session.ts";
import { createEngine, type EngineOptions } from "../../src/engine/fleet.ts";
import type { Network } from "../../src/engine/network.ts";
import { createNetwork, type Network as Sandbox } from "../../src/sandbox/network/network.ts";
import type { Person } from "../../src/sandbox/people/person.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { anywhere } from "./addresses.ts";
import { createTestClock, type TestClock } from "./clock.ts";
import { createFolder } from "./folder.ts";
import { until } from "./until.ts";

export type Logged = { message: string; fields: LogFields };
export type TestEngine = AsyncDisposable & {
  readonly engine: Engine;
  readonly sandbox: Sandbox;
  readonly clock: TestClock;
  /** Of the engine's temporary files. */
  readonly folder: string;
  readonly logged: Logged[];
  addSession(options?: { settings?: Partial<SessionSettings>; proxy?: string }): Promise<SessionSpec>;
  /** Runs it and has it linked by this person; it is connected when this settles. */
  link(spec: SessionSpec, person: Person): Promise<SessionSpec>;
  connected(spec: SessionSpec): Promise<void>;
  /** Looks into the database. */
  read<T>(query: string): T[];
  /** Ends, and begins again as after a new start of the gateway. */
  restart(changes?: Partial<EngineOptions>): Promise<void>;
};

export type TestEngineOptions = Partial<Omit<EngineOptions, "network">> & {
  /** Where it is not the sandbox as it is. */
  network?: (sandbox: Sandbox) => Promise<Partial<Network>>;
};

export async function startEngine({ network: changed, ...options }: TestEngineOptions = {}): Promise<TestEngine> {
  await using opened = new AsyncDisposableStack();
  const [data, temporary] = [opened.use(createFolder()), opened.use(createFolder())];
  const sandbox = opened.use(await createNetwork());
  const clock = createTestClock();
  const logged: Logged[] = [];
  const log = logInto(logged);
  const runner = { pid: process.pid, doing: "test" };
  const store = opened.use(await openStore({ dataDir: data.path, masterKeys: [], runner, clock, log }));
  const accountId = await makeAccount(store, clock.now());
  const { ws: url, rootKey, ca } = sandbox.endpoint;
  const network: Network = {
    kind: "sandbox",
    url,
    rootKey,
    ca,
    mediaHost: null,
    version: null,
    ...(await changed?.(sandbox)),
  };
  const begin = (changes: Partial<EngineOptions> = {}) =>
    createEngine({
      network,
      openMemory: store.signal.open,
      report: async (report) => void (await store.write("sessions.report", { report, network: rootKey })),
      findSent: store.outbox.contentOf,
      receipts: async () => {},
      told: () => {},
      past: async () => {},
      clock,
      log,
      folder: temporary.path,
      addressRules: anywhere,
      keepAliveMs: 1_000,
      ...options,
      ...changes,
    });
  let engine = begin();
  opened.defer(() => engine[Symbol.asyncDispose]());
  let count = 0;

  async function connected({ id }: SessionSpec): Promise<void> {
    await until("a connected session", () => engine.view(id)?.status === "connected", 10_000);
  }

  const keep = opened.move();
  return {
    get engine() {
      return engine;
    },
    sandbox,
    clock,
    folder: temporary.path,
    logged,
    async addSession({
      settings: wanted = {},
      proxy = null,
    }: {
      settings?: Partial<SessionSettings>;
      proxy?: string | null;
    } = {}) {
      const settings = { ...usualSettings, ...wanted };
      const name = `session-${++count}`;
      const created = { accountId, name, label: null, settings, proxy: null, isWanted: true, createdAt: clock.now() };
      const event = entry("session.created", accountId, clock.now());
      const id = await store.write("sessions.create", { session: created, event });
      return { id, name, accountId, settings, proxy, network: null };
    },
    async link(spec, person) {
      await engine.run(spec);
      const qr = await until("a QR", () => engine.view(spec.id)?.qr?.text, 10_000);
      await sandbox.world.pairings.scan(person, qr);
      await connected(spec);
      return { ...spec, network: rootKey };
    },
    connected,
    read<T>(query: string) {
      using database = new Database(databaseFile(data.path), { readonly: true });
      return database.query<T, []>(query).all();
    },
    async restart(changes) {
      await engine[Symbol.asyncDispose]();
      engine = begin(changes);
    },
    [Symbol.asyncDispose]: () => keep.disposeAsync(),
  };
}

async function makeAccount(store: Store, at: number): Promise<number> {
  const planId = (await store.plans.findByName("unlimited"))!.id;
  const account = { username: "ada", email: null, passwordHash: null, role: "user", planId, createdAt: at } as const;
  return store.write("accounts.create", { account, event: entry("account.created", null, at) });
}

function entry(action: "account.created" | "session.created", accountId: number | null, at: number) {
  return { action, actor: commandLine, accountId, target: null, detail: {}, at };
}

function logInto(lines: Logged[]): Log {
  const tell = (fields: LogFields, message: string) => void lines.push({ message, fields });
  const log: Log = { debug: tell, info: tell, warn: tell, error: tell, child: () => log, tells: () => true };
  return log;
}
