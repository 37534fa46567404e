// One session of a story and the number that it is linked to: what is done with it, what is seen of it from either side.
// What has no route yet is read from the gateway's database.
import { proto } from "@whiskeysockets/baileys";
import { eq, sql } from "drizzle-orm";
import type { SessionReason, SessionStatus } from "../../src/core/session.ts";
import { ciphertextsOf, decodeStanza } from "../../src/engine/signal/stanza.ts";
import type { FaultName } from "../../src/sandbox/network/faults.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import { type Handle, handleOf, openReader } from "../../src/store/database.ts";
import { journalQueries } from "../../src/store/journal.ts";
import { inbox } from "../../src/store/tables.ts";
import type { Answer, CallOptions } from "./gateway.ts";
import { type Fault, type Flow, others, shownIn } from "./session-flow.ts";
import { until } from "./until.ts";

export type Event = { type: string; data: Record<string, unknown> };
export type Received = { id: string; from: string; text: string | null; isPeer: boolean };
export type Shown = {
  id: string;
  status: SessionStatus;
  reason: { code: SessionReason; sentence: string } | null;
  wanted: boolean;
  phone: string | null;
  lid: string | null;
  display_name: string | null;
  network: string;
  retry_at: string | null;
};

export type Line = {
  readonly name: string;
  readonly phone: string;
  /** Below the session's own address. */
  call(path?: string, options?: CallOptions): Promise<Answer>;
  shown(): Promise<Shown>;
  reaches(status: SessionStatus, withinMs?: number): Promise<Shown>;
  /** Until it has lost its connection and has it again. */
  returns(withinMs?: number): Promise<Shown>;
  /** Until it has been let in so many times and is connected: right after a start its row tells of the time before. */
  letIn(times: number): Promise<Shown>;
  act(act: "start" | "stop" | "restart" | "logout"): Promise<Shown>;
  qr(wait?: number): Promise<string>;
  scan(qr: string): Promise<unknown>;
  link(): Promise<void>;
  /** Nothing is on its way to it any more. */
  settled(): Promise<void>;

  /** Of its own life. */
  events(): Promise<Event[]>;
  /** Of messages and contacts too. */
  allEvents(): Promise<Event[]>;
  /** Their names in their order, QRs apart. */
  told(): Promise<string[]>;
  received(): Promise<Received[]>;
  /** Of what was received from others, in its order. */
  texts(): Promise<(string | null)[]>;
  /** How many rows of its own each table has. */
  kept(): Promise<Record<string, number>>;

  strike(name: FaultName, more?: Fault): () => void;
  /** Somebody's phone writes to it. */
  write(text: string, from?: string): string;
  /** It writes: kept at once, and sent as soon as it can. */
  send(text: string, to?: string): Promise<string>;
  /** Until WhatsApp has taken it. */
  sent(id: string): Promise<void>;
  /** What a phone has got from it, in its order. */
  delivered(to?: string): Promise<(string | null)[]>;
  /** Its connection is cut, with no word. */
  cut(): void;
  /** Removed from the linked devices, on the phone. */
  unlink(): void;
  /** How often its device asked to be let in, and was or was not. */
  logins(): number;
};

const ownTables = ["credentials", "ratchets", "pre_keys", "signal_keys", "identities"];

export function lineOf(flow: Flow, name: string, phone: string): Line {
  const { network, control, logins } = flow;
  const call: Line["call"] = (path = "", options = {}) => flow.call(`/sessions/${name}${path}`, options);
  const shown = async () => shownIn(await call());

  async function read<T>(look: (db: Handle, id: number) => T | Promise<T>): Promise<T> {
    const client = openReader(databaseFile(String(flow.settings.dataDir)));
    try {
      const found = client.query<{ id: number }, [string]>("SELECT id FROM sessions WHERE name = ?").get(name);
      if (found === null) throw new Error(`there is no session ${name}`);
      return await look(handleOf(client), found.id);
    } finally {
      client.close();
    }
  }

  async function reaches(status: SessionStatus, withinMs = 8_000): Promise<Shown> {
    let last: Shown | null = null;
    const look = async () => {
      last = await shown();
      return last.status === status ? last : null;
    };
    return until(`${name} to be ${status}`, look, withinMs).catch((error: Error) => {
      throw new Error(`${error.message}; it is ${JSON.stringify(last)}`);
    });
  }

  const device = () => control.phones.get(phone).devices[0];
  const link = () => {
    const found = network.world.links.all().find(({ person }) => person.phone === phone);
    if (found === undefined) throw new Error(`${phone} has no device that is connected`);
    return found;
  };

  const line: Line = {
    name,
    phone,
    call,
    shown,
    reaches,
    async returns(withinMs = 8_000) {
      await until("the loss", async () => (await line.told()).includes("session.disconnected"), withinMs);
      return reaches("connected", withinMs);
    },
    async letIn(times) {
      await until(`login ${times} of ${phone}`, () => line.logins() >= times);
      return reaches("connected");
    },
    act: async (act) => shownIn(await call(`/${act}`, { method: "POST" })),
    async qr(wait = 10) {
      const answer = await call(`/qr?format=raw&wait=${wait}`);
      if (answer.status !== 200) throw new Error(`no QR: ${answer.text}`);
      return answer.text;
    },
    scan: (qr) => control.phones.scan(phone, { qr }),
    async link() {
      await line.scan(await line.qr());
      // The keys of its app state and its history, from the phone.
      await until(`the first words to ${phone}`, () => (device()?.messages.received ?? 0) >= 2);
      await line.settled();
      await reaches("connected");
    },
    async settled() {
      const isQuiet = () => device()?.queued === 0 && device()?.messages.unacknowledged === 0;
      await until(`nothing to be on its way to ${phone}`, isQuiet);
    },
    allEvents: () =>
      read(async (db, id) => {
        const all = await journalQueries(db).after(1, 0, 100_000);
        return all.filter(({ sessionId }) => sessionId === id).map(({ type, data }) => ({ type, data }));
      }),
    events: async () => (await line.allEvents()).filter(({ type }) => type.startsWith("session.")),
    told: async () => (await line.events()).map(({ type }) => type).filter((type) => type !== "session.qr"),
    received: () =>
      read(async (db, id) => {
        const rows = await db.select().from(inbox).where(eq(inbox.sessionId, id)).orderBy(inbox.id);
        // Without the places that are kept for what could not be read.
        const read = rows.filter(({ stanza }) => ciphertextsOf(decodeStanza(stanza)).length > 0);
        return read.map(({ stanza, isPeer }) => receivedOf(stanza, isPeer));
      }),
    texts: async () => (await line.received()).filter(({ isPeer }) => !isPeer).map(({ text }) => text),
    kept: () =>
      read((db, id) => {
        const count = (table: string) =>
          db.values<[number]>(sql.raw(`SELECT count(*) FROM ${table} WHERE session_id = ${id}`))[0]?.[0] ?? -1;
        return Object.fromEntries(ownTables.map((table) => [table, count(table)]));
      }),
    strike: (fault, more = {}) => flow.strike(fault, { phone, ...more }),
    write: (text, from = others) => control.phones.send(from, { to: phone, text }).id,
    async send(text, to = others) {
      const answer = await flow.call("/messages?wait=none", { body: { session_id: name, to, text } });
      return shownIn(answer).id;
    },
    async sent(id) {
      const isTaken = async () =>
        ["sent", "delivered", "read"].includes((await flow.call(`/messages/${id}`)).json.status);
      await until(`${id} to be taken`, isTaken, 15_000);
    },
    async delivered(to = others) {
      const { data } = await control.phones.inbox(to, { limit: 100_000 });
      return data.filter(({ from }) => from === phone).map(({ text }) => text);
    },
    cut: () => link().cut(),
    unlink: () => control.phones.unlink(phone, device()?.device ?? 0),
    logins: () => logins.of(phone),
  };
  return line;
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
