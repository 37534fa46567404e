// Stories about sessions: a WhatsApp network and a gateway on it, both in this process. Everything is asked of the gateway
// through its HTTP API; a story about one of its sessions goes on in session-line.ts.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SandboxControl } from "../../src/sandbox/control/actions.ts";
import type { FaultName } from "../../src/sandbox/network/faults.ts";
import type { Network } from "../../src/sandbox/network/network.ts";
import { type RunningNetwork, startNetworkWithPeople } from "../../src/sandbox/start.ts";
import { createTestClock, type TestClock } from "./clock.ts";
import { createFolder } from "./folder.ts";
import { type Answer, type CallOptions, startGateway, type TestGateway, type TestSettings } from "./gateway.ts";
import { type Logins, loginsOn } from "./logins.ts";
import { type RoughNetwork, startRoughNetwork } from "./rough-network.ts";
import { type Line, lineOf, type Shown } from "./session-line.ts";
import { checkAllEvents } from "./told-events.ts";
import { until } from "./until.ts";

export type { Line, Shown } from "./session-line.ts";

/** Numbers on the network: one to link, and somebody who writes and does nothing else. */
export const mine = "15550001111";
export const others = "15551000003";

export type Flow = AsyncDisposable & {
  readonly network: Network;
  readonly control: SandboxControl;
  readonly clock: TestClock;
  readonly folder: string;
  readonly logins: Logins;
  /** With which the gateway was started. */
  readonly settings: TestSettings;
  /** Between the gateway and the network; as good as any, until it is told otherwise. */
  readonly way: RoughNetwork;
  gateway(): TestGateway;
  call(path: string, options?: CallOptions): Promise<Answer>;
  /** The gateway ends, and begins anew on what it left. */
  restart(meanwhile?: () => unknown, changes?: TestSettings): Promise<void>;
  end(): Promise<void>;
  /** A new session, for that number; what is not said is as it usually is. */
  create(name?: string, settings?: Record<string, unknown>, phone?: string): Promise<Line>;
  /** And it is linked and connected, with everything that a phone tells a new device. */
  link(name?: string, phone?: string, settings?: Record<string, unknown>): Promise<Line>;
  /** One that is there. */
  line(name?: string, phone?: string): Line;
  /** For everybody, or for one number; ends with what it gives. */
  strike(name: FaultName, more?: Fault): () => void;
};

export type Fault = { phone?: string; count?: number | null; probability?: number; delay_ms?: number; code?: number };
export type FlowOptions = TestSettings & {
  /** A network that others are on as well. */
  on?: RunningNetwork;
};

export async function startFlow({ on, ...given }: FlowOptions = {}): Promise<Flow> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(createFolder());
  const { network, control } = on ?? opened.use(await startNetworkWithPeople({}));
  const logins = loginsOn(network);
  const way = opened.use(await startRoughNetwork(network.port));
  const clock = given.clock ?? createTestClock();
  const settings: TestSettings = {
    clock,
    dataDir: join(folder.path, "data"),
    ...settingsFor(network, folder.path, way.port),
    waKeepAliveSeconds: 1,
    // Hashing one takes as long as all the rest of a start.
    adminPassword: null,
    // Where the proxies of a story are.
    allowPrivateUrls: ["127.0.0.1"],
    ...given,
  };
  let gateway = await startGateway(settings);
  let isEnded = false;
  /** The last look before it ends: whatever happened, it was told as the catalogue says. */
  async function end(): Promise<void> {
    const told = isEnded ? null : checkAllEvents(gateway.gateway.services);
    isEnded = true;
    await told?.finally(() => gateway[Symbol.asyncDispose]());
  }
  opened.defer(end);
  const keep = opened.move();

  const flow: Flow = {
    network,
    control,
    clock,
    folder: folder.path,
    logins,
    settings,
    way,
    gateway: () => gateway,
    call: (path, options) => gateway.call(`/api/v1${path}`, options),
    async restart(meanwhile = () => {}, changes = {}) {
      await end();
      await meanwhile();
      gateway = await startGateway({ ...settings, ...changes });
      isEnded = false;
    },
    end,
    async create(name = "shop", more = {}, phone = mine) {
      shownIn(await flow.call("/sessions", { body: { name, ...more } }));
      return flow.line(name, phone);
    },
    async link(name, phone, more) {
      const line = await flow.create(name, more, phone);
      await line.link();
      return line;
    },
    line: (name = "shop", phone = mine) => lineOf(flow, name, phone),
    strike(name, more = {}) {
      const { id } = control.addFault({ name, ...more });
      return () => void network.world.faults.remove(id);
    },
    [Symbol.asyncDispose]: () => keep.disposeAsync(),
  };
  return flow;
}

/** What the gateway has to be told to use this network instead of WhatsApp. */
export function settingsFor({ endpoint }: Network, folder: string, port: number): TestSettings {
  const ca = join(folder, `ca-${port}.pem`);
  writeFileSync(ca, endpoint.ca);
  return { waUrl: `ws://127.0.0.1:${port}/ws/chat`, waRootKey: endpoint.rootKey, waCa: ca };
}

export function shownIn({ status, json, text }: Answer): Shown {
  if (status >= 400) throw new Error(`answered ${status}: ${text}`);
  return json;
}

/** For what must not happen: it holds all the while. */
export async function holds(what: string, ms: number, look: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + ms;
  const stillHolds = async () => {
    if (!(await look())) throw new Error(`it does not hold that ${what}`);
    return performance.now() >= deadline;
  };
  await until(`the time in which ${what}`, stillHolds, ms + 5_000);
}
