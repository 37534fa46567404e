// The two that are measured side by side, each with its sessions on the same network: the gateway as built, driven by its
// API, and bare Baileys. Both keep what they are over a restart.
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { makeKey } from "../../src/core/key.ts";
import { programCommand, type Server, startServer } from "./children.ts";
import { built, compile } from "./pair.ts";
import type { BareOptions, BareState } from "./sessions-bare.ts";
import type { GroupWanted, Place, Progress, Scan, Writing } from "./sessions-network.ts";

export type Fleet = {
  /** What its numbers begin with. */
  prefix: string;
  /** Numbers that have been linked. */
  phones: string[];
  start(): Promise<Server>;
  /** Links one number more. */
  link(server: Server, phone: string): Promise<void>;
  isConnected(server: Server): Promise<boolean>;
  /** So many texts from each session; what each took from its asking, in milliseconds of the wall clock. */
  send(server: Server, sending: Sending): Promise<Sent[]>;
  /** How many messages it has taken in, in all. */
  received(server: Server): Promise<number>;
  /** When connecting began and ended, by the wall clock; null where it is not told. */
  dialling(server: Server): Promise<{ from: number; to: number } | null>;
};

export type Sending = {
  each: number;
  /** Over all sessions. */
  atOnce: number;
  /** JIDs or numbers, to which they go in turn. */
  to: readonly string[];
  /** Each is done when WhatsApp has it, or when it is durable. */
  until: "server" | "none";
};
/** By WhatsApp's id; times are of the wall clock. */
export type Sent = { id: string; askedAt: number; doneAt: number };

export type Network = Server & {
  place: Place;
  scan(scan: Scan): Promise<void>;
  /** What its people write. */
  write(writing: Writing): Promise<Round>;
  /** What its people are written. */
  awaits(messages: number): Promise<Round>;
  /** When the frames that carried what was awaited last came in, by WhatsApp's id. */
  arrivals(): Promise<Record<string, number>>;
  /** A group that this number and so many others are in; its JID. */
  group(wanted: GroupWanted): Promise<string>;
  /** More people, who do nothing but get what they are written. */
  addPeople(phones: readonly string[]): Promise<void>;
  /** Every answer so much later. */
  delay(ms: number): Promise<void>;
};
export type Round = { done(withinMs: number): Promise<Progress> };

const dialsAtOnce = 8;
const keepAliveMs = 25_000;
const qrWithinSeconds = 30;
const page = 25;
const askEveryMs = 50;
const text = "Your order has left the house and will be with you tomorrow between nine and eleven.";

export async function startNetwork(folder: string): Promise<Network> {
  const server = await startServer({ command: (port) => programCommand("sessions-network.ts", { port }), cwd: folder });
  const place: Place = await ask(`${server.origin}/place`);
  const roundOf = (round: number): Round => {
    const look = async () => {
      const told: Progress = await ask(`${server.origin}/progress?round=${round}`);
      return told.heard >= told.wanted && told;
    };
    return { done: (withinMs) => until("every message to arrive", look, withinMs) };
  };
  return {
    ...server,
    place,
    async scan(scan) {
      await ask(`${server.origin}/scan`, { method: "POST", body: JSON.stringify(scan) });
    },
    write: async (writing) =>
      roundOf(await ask(`${server.origin}/write`, { method: "POST", body: JSON.stringify(writing) })),
    awaits: async (messages) => roundOf(await ask(`${server.origin}/await?messages=${messages}`)),
    arrivals: () => ask(`${server.origin}/arrivals`),
    group: (wanted) => ask(`${server.origin}/group`, { method: "POST", body: JSON.stringify(wanted) }),
    addPeople: (more) => ask(`${server.origin}/people`, { method: "POST", body: JSON.stringify(more) }),
    delay: (ms) => ask(`${server.origin}/delay?ms=${ms}`),
    [Symbol.asyncDispose]: server[Symbol.asyncDispose],
  };
}

export function gatewayFleet(folder: string, network: Network): Fleet {
  const program = join(folder, "gateway");
  // A copy: somebody may build anew while it is measured.
  copyFileSync(built, program);
  const key = makeKey();
  const env = {
    WAYGATE_ADMIN_API_KEY: key,
    WAYGATE_WA_URL: network.place.ws,
    WAYGATE_WA_ROOT_KEY: network.place.rootKey,
    WAYGATE_WA_KEEP_ALIVE_SECONDS: String(keepAliveMs / 1_000),
  };
  const headers = { "X-API-Key": key, "Content-Type": "application/json" };
  const phones: string[] = [];
  return {
    prefix: "15551",
    phones,
    start: () =>
      startServer({
        command: (port) => [program, "--data-dir", join(folder, "data"), "--port", String(port)],
        cwd: folder,
        env,
      }),
    async link({ origin }, phone) {
      const api = `${origin}/api/v1/sessions`;
      const asked = JSON.stringify({ name: phone, pacing: "off" });
      const made = await fetch(api, { method: "POST", headers, body: asked });
      if (made.status !== 201) throw new Error(`a session could not be made: ${await made.text()}`);
      const shown = await fetch(`${api}/${phone}/qr?format=raw&wait=${qrWithinSeconds}`, { headers });
      if (shown.status !== 200) throw new Error(`a session shows no QR: ${await shown.text()}`);
      await network.scan({ phone, qr: await shown.text() });
      phones.push(phone);
    },
    /** The newest first: they are the last to connect, and the first page tells. What was not heard of is from before. */
    async isConnected({ origin }) {
      let cursor = "";
      for (;;) {
        const path = `/api/v1/sessions?limit=${page}${cursor === "" ? "" : `&cursor=${cursor}`}`;
        const { data, next_cursor }: Page = await ask(origin + path, { headers });
        if (!data.every(({ status, last_heard_at: heard }) => status === "connected" && heard !== null)) return false;
        if (next_cursor === null) return true;
        cursor = next_cursor;
      }
    },
    async send({ origin }, { each, atOnce, to: all, until: wait }) {
      const api = `${origin}/api/v1/messages?wait=${wait}`;
      const texts = Array.from({ length: each }, (_, sent) => phones.map((phone) => ({ phone, sent }))).flat();
      const sent: Sent[] = [];
      await inParallel(atOnce, texts, async ({ phone, sent: place }) => {
        const body = JSON.stringify({ session_id: phone, to: all[place % all.length], text });
        const askedAt = wallClock();
        const answer = await fetch(api, { method: "POST", headers, body });
        if (!answer.ok) throw new Error(`a message was not taken: ${await answer.text()}`);
        const { wa_id: id } = (await answer.json()) as { wa_id: string };
        sent.push({ id, askedAt, doneAt: wallClock() });
      });
      return sent;
    },
    async received({ origin }) {
      const counts = phones.map(async (phone) => {
        const { data }: { data: { unread: number }[] } = await ask(`${origin}/api/v1/chats?session=${phone}`, {
          headers,
        });
        return data.reduce((sum, { unread }) => sum + unread, 0);
      });
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    },
    dialling: async () => null,
  };
}

type Page = { data: { status: string; last_heard_at: string | null }[]; next_cursor: string | null };

export async function bareFleet(folder: string, { place, scan }: Network): Promise<Fleet> {
  const program = join(folder, "bare");
  await compile("sessions-bare.ts", program);
  const options = { ...place, folder: join(folder, "kept"), keepAliveMs, dialsAtOnce };
  const stateOf = ({ origin }: Server): Promise<BareState> => ask(`${origin}/state`);
  const phones: string[] = [];
  return {
    prefix: "15552",
    phones,
    start: () =>
      startServer({
        command: (port) => [program, JSON.stringify({ ...options, port } satisfies BareOptions)],
        cwd: folder,
      }),
    async link({ origin }, phone) {
      const shown = await fetch(`${origin}/link?phone=${phone}`);
      await scan({ phone, qr: await shown.text() });
      phones.push(phone);
    },
    async isConnected(server) {
      const { isReady, connected } = await stateOf(server);
      return isReady && connected === phones.length;
    },
    send: ({ origin }, sending) => ask(`${origin}/send`, { method: "POST", body: JSON.stringify(sending) }),
    received: async (server) => (await stateOf(server)).messages,
    async dialling(server) {
      const { dialledAt, allOpenAt } = await stateOf(server);
      return { from: dialledAt, to: allOpenAt };
    },
  };
}

export async function linkAll(fleet: Fleet, server: Server, phones: readonly string[]): Promise<void> {
  await inParallel(dialsAtOnce, phones, (phone) => fleet.link(server, phone));
}

async function inParallel<T>(most: number, things: readonly T[], act: (thing: T) => Promise<void>): Promise<void> {
  const waiting = things.values();
  const actOnThem = async () => {
    for (const thing of waiting) await act(thing);
  };
  await Promise.all(Array.from({ length: most }, actOnThem));
}

export async function until<T>(what: string, look: () => Promise<T | false>, withinMs: number): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited ${withinMs / 1_000} s in vain for ${what}`);
    await Bun.sleep(askEveryMs);
  }
}

export const wallClock = () => performance.timeOrigin + performance.now();

async function ask<T>(url: string, init?: RequestInit): Promise<T> {
  const response = await fetch(url, init);
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}
