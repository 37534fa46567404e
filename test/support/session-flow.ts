// Stories about sessions: a WhatsApp network and a gateway on it, both in this process, and what a story does with them in
// few words. Everything is asked of the gateway through its HTTP API; what has no route yet is read from its database.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { proto } from "@whiskeysockets/baileys";
import { eq } from "drizzle-orm";
import type { SessionReason, SessionStatus } from "../../src/core/session.ts";
import { ciphertextsOf, decodeStanza } from "../../src/engine/signal/stanza.ts";
import type { SandboxControl } from "../../src/sandbox/control/actions.ts";
import type { FaultName } from "../../src/sandbox/network/faults.ts";
import type { Network } from "../../src/sandbox/network/network.ts";
import { startNetworkWithPeople } from "../../src/sandbox/start.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import { handleOf, openReader } from "../../src/store/database.ts";
import { journalQueries } from "../../src/store/journal.ts";
import { inbox } from "../../src/store/tables.ts";
import { createTestClock, type TestClock } from "./clock.ts";
import { createFolder } from "./folder.ts";
import { type Answer, type CallOptions, startGateway, type TestGateway, type TestSettings } from "./gateway.ts";
import { type RoughNetwork, startRoughNetwork } from "./rough-network.ts";
import { until } from "./until.ts";

/** Numbers on the network: the one that sessions are linked to first, and somebody who writes and does nothing else. */
export const mine = "15550001111";
export const others = "15551000003";

export type Event = { type: string; data: Record<string, unknown> };
export type Received = { id: string; from: string; text: string | null; isPeer: boolean };
export type Shown = {
  id: string;
  status: SessionStatus;
  reason: { code: SessionReason; sentence: string } | null;
  wanted: boolean;
  phone: string | null;
  display_name: string | null;
  network: string;
  retry_at: string | null;
};

export type Flow = AsyncDisposable & {
  readonly network: Network;
  readonly control: SandboxControl;
  readonly clock: TestClock;
  readonly folder: string;
  readonly settings: TestSettings;
  /** Between the gateway and the network; as good as any, until it is told otherwise. */
  readonly way: RoughNetwork;
  gateway(): TestGateway;
  call(path: string, options?: CallOptions): Promise<Answer>;
  /** The gateway ends, and begins anew on what it left. */
  restart(meanwhile?: () => unknown, changes?: TestSettings): Promise<void>;
  create(name: string, settings?: Record<string, unknown>): Promise<Shown>;
  qr(name: string, wait?: number): Promise<string>;
  /** Made if need be, scanned by that phone, connected, and quiet again. */
  link(name: string, phone?: string, settings?: Record<string, unknown>): Promise<void>;
  session(name: string): Promise<Shown>;
  reaches(name: string, status: SessionStatus, withinMs?: number): Promise<Shown>;
  act(name: string, act: "start" | "stop" | "restart" | "logout"): Promise<Shown>;
  events(name: string): Promise<Event[]>;
  /** Only their names, in their order. */
  told(name: string): Promise<string[]>;
  received(name: string): Promise<Received[]>;
  /** The texts of what was received from others, in their order. */
  texts(name: string): Promise<(string | null)[]>;
  strike(
    name: FaultName,
    more?: { phone?: string | null; count?: number | null; delay_ms?: number; code?: number },
  ): void;
  /** A phone writes to the first number, or to another one. */
  write(text: string, to?: string, from?: string): string;
  /** The connection of a linked number's device is cut, with no word. */
  cut(phone?: string): void;
  unlink(phone?: string): void;
};

export type FlowOptions = TestSettings & { on?: { network: Network; control: SandboxControl } };

export async function startFlow({ on, ...given }: FlowOptions = {}): Promise<Flow> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(createFolder());
  const { network, control } = on ?? opened.use(await startNetworkWithPeople({}));
  const way = opened.use(await startRoughNetwork(network.port));
  const clock = createTestClock();
  const settings: TestSettings = {
    clock,
    dataDir: join(folder.path, "data"),
    ...settingsFor(network, folder.path, way.port),
    waKeepAliveSeconds: 1,
    ...given,
  };
  let gateway = await startGateway(settings);
  opened.defer(() => gateway[Symbol.asyncDispose]());
  const call: Flow["call"] = (path, options) => gateway.call(`/api/v1${path}`, options);
  const asked = async (path: string, options?: CallOptions): Promise<Shown> => wanted(await call(path, options));
  const session = (name: string) => asked(`/sessions/${name}`);

  async function read<T>(name: string, look: (db: ReturnType<typeof handleOf>, id: number) => Promise<T>): Promise<T> {
    const client = openReader(databaseFile(String(settings.dataDir)));
    try {
      const found = client.query<{ id: number }, [string]>("SELECT id FROM sessions WHERE name = ?").get(name);
      if (found === null) throw new Error(`there is no session ${name}`);
      return await look(handleOf(client), found.id);
    } finally {
      client.close();
    }
  }

  async function reaches(name: string, status: SessionStatus, withinMs = 5_000): Promise<Shown> {
    let last: Shown | null = null;
    const look = async () => {
      last = await session(name);
      return last.status === status ? last : null;
    };
    try {
      return await until(`${name} to be ${status}`, look, withinMs);
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : error}; it is ${JSON.stringify(last)}`);
    }
  }

  const linkOf = (phone: string) => {
    const link = network.world.links.all().find(({ person }) => person.phone === phone);
    if (link === undefined) throw new Error(`${phone} has no device that is connected`);
    return link;
  };

  const flow: Flow = {
    network,
    control,
    clock,
    folder: folder.path,
    settings,
    way,
    gateway: () => gateway,
    call,
    async restart(meanwhile = () => {}, changes = {}) {
      await gateway[Symbol.asyncDispose]();
      await meanwhile();
      gateway = await startGateway({ ...settings, ...changes });
    },
    create: (name, more = {}) => asked("/sessions", { body: { name, ...more } }),
    async qr(name, wait = 10) {
      const answer = await call(`/sessions/${name}/qr?format=raw&wait=${wait}`);
      if (answer.status !== 200) throw new Error(`no QR: ${answer.text}`);
      return answer.text;
    },
    async link(name, phone = mine, more = {}) {
      if ((await call(`/sessions/${name}`)).status === 404) await flow.create(name, more);
      await control.phones.scan(phone, { qr: await flow.qr(name) });
      await reaches(name, "connected");
      await network.settled();
    },
    session,
    reaches,
    act: (name, act) => asked(`/sessions/${name}/${act}`, { method: "POST" }),
    events: (name) =>
      read(name, async (db, id) => {
        const all = await journalQueries(db).after(1, 0, 10_000);
        return all.filter(({ sessionId }) => sessionId === id).map(({ type, data }) => ({ type, data }));
      }),
    told: async (name) => (await flow.events(name)).map(({ type }) => type).filter((type) => type !== "session.qr"),
    received: (name) =>
      read(name, async (db, id) => {
        const rows = await db.select().from(inbox).where(eq(inbox.sessionId, id)).orderBy(inbox.id);
        return rows.map(({ stanza, isPeer }) => receivedOf(stanza, isPeer));
      }),
    texts: async (name) => (await flow.received(name)).filter(({ isPeer }) => !isPeer).map(({ text }) => text),
    strike: (name, { phone = null, ...more } = {}) =>
      void control.addFault({ name, ...more, ...(phone === null ? {} : { phone }) }),
    write: (text, to = mine, from = others) => control.phones.send(from, { to, text }).id,
    cut: (phone = mine) => linkOf(phone).cut(),
    unlink(phone = mine) {
      const [device] = control.phones.get(phone).devices;
      control.phones.unlink(phone, device?.device ?? 0);
    },
    [Symbol.asyncDispose]: () => keep.disposeAsync(),
  };
  const keep = opened.move();
  return flow;
}

/** What the gateway has to be told to use this network instead of WhatsApp. */
export function settingsFor({ endpoint }: Network, folder: string, port: number): TestSettings {
  const ca = join(folder, `ca-${port}.pem`);
  writeFileSync(ca, endpoint.ca);
  return { waUrl: `ws://127.0.0.1:${port}/ws/chat`, waRootKey: endpoint.rootKey, waCa: ca };
}

function wanted({ status, json, text }: Answer): Shown {
  if (status >= 400) throw new Error(`answered ${status}: ${text}`);
  return json;
}

function receivedOf(stanza: Uint8Array, isPeer: boolean): Received {
  const node = decodeStanza(stanza);
  const texts = ciphertextsOf(node).map(({ content }) => textOf(content));
  const { id = "", from = "", participant = from } = node.attrs;
  return { id, from: participant, text: texts.find((text) => text !== null) ?? null, isPeer };
}

function textOf(padded: Uint8Array): string | null {
  const message = proto.Message.decode(padded.subarray(0, padded.length - (padded.at(-1) ?? 0)));
  return message.conversation || message.extendedTextMessage?.text || null;
}

/** For what must not happen: it holds all the while. */
export async function holds(what: string, ms: number, look: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + ms;
  await until(`the time in which ${what}`, async () => {
    if (!(await look())) throw new Error(`it does not hold that ${what}`);
    return performance.now() >= deadline;
  });
}
