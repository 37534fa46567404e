// The yardstick of the sessions benchmark: bare Baileys, as many sessions as it is told, their keys in memory. What they
// are is read from a folder at the start and written there at the end. Its argument: where everything is, as JSON.
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import makeWASocket, {
  type AuthenticationCreds,
  BufferJSON,
  type ConnectionState,
  generateMessageIDV2,
  initAuthCreds,
  type SignalDataTypeMap,
  type SignalKeyStore,
  WA_CERT_DETAILS,
  type WASocket,
} from "@whiskeysockets/baileys";
import type { Sending, Sent } from "./sessions-fleets.ts";
import type { Place } from "./sessions-network.ts";

export type BareOptions = Place & { port: number; folder: string; keepAliveMs: number; dialsAtOnce: number };
/** Times are of the wall clock, in milliseconds. */
export type BareState = { isReady: boolean; connected: number; messages: number; dialledAt: number; allOpenAt: number };

type Kept = { creds: AuthenticationCreds; keys: Map<string, unknown> };
type Running = Kept & {
  socket: WASocket | null;
  isOpen: boolean;
  qr: PromiseWithResolvers<string>;
  opened: PromiseWithResolvers<void>;
};

const options: BareOptions = JSON.parse(process.argv[2] ?? "{}");
const quiet = { level: "silent", child: () => quiet, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const silence = () => {};
const text = "Your order has left the house and will be with you tomorrow between nine and eleven.";
const sessions = new Map<string, Running>();
const state: BareState = { isReady: false, connected: 0, messages: 0, dialledAt: 0, allOpenAt: 0 };
const now = () => performance.timeOrigin + performance.now();

// libsignal prints whole sessions, private keys included.
Object.assign(console, { log: silence, info: silence, warn: silence, error: silence, debug: silence });
WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(options.rootKey, "hex");
mkdirSync(options.folder, { recursive: true });
process.once("SIGTERM", () => {
  for (const [phone, { creds, keys }] of sessions) {
    writeFileSync(join(options.folder, phone), JSON.stringify({ creds, keys: [...keys] }, BufferJSON.replacer));
  }
  process.exit(0);
});
Bun.serve({ hostname: "127.0.0.1", port: options.port, idleTimeout: 120, fetch: answer });
for (const phone of readdirSync(options.folder)) sessions.set(phone, running(await read(phone)));
// What reading the files took is not what the sessions need.
Bun.gc(true);
await connectAll();

async function answer(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === "/healthz") return Response.json({ status: "ok" });
  if (pathname === "/state") return Response.json(state);
  if (pathname === "/send") return Response.json(await sendAll((await request.json()) as Sending));
  if (pathname === "/link") return new Response(await link(searchParams.get("phone") ?? ""));
  return new Response(null, { status: 404 });
}

function link(phone: string): Promise<string> {
  const session = running({ creds: initAuthCreds(), keys: new Map() });
  sessions.set(phone, session);
  connect(session);
  return session.qr.promise;
}

/** So many under way at a time, each until Baileys is done with it, or until WhatsApp has it. */
async function sendAll({ each, atOnce, to, until }: Sending): Promise<Sent[]> {
  const sockets = [...sessions.values()].flatMap(({ socket }) => (socket === null ? [] : [socket]));
  const texts = Array.from({ length: each }, (_, place) =>
    sockets.map((socket) => ({ socket, target: to[place % to.length] ?? "" })),
  );
  const waiting = texts.flat().values();
  const sent: Sent[] = [];
  const send = async () => {
    for (const { socket, target } of waiting) {
      const askedAt = now();
      const id = generateMessageIDV2(socket.user?.id);
      const acknowledged = until === "server" ? socket.waitForMessage(id) : null;
      await socket.sendMessage(target.includes("@") ? target : `${target}@s.whatsapp.net`, { text }, { messageId: id });
      await acknowledged;
      sent.push({ id, askedAt, doneAt: now() });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, send));
  return sent;
}

/** As fast as it goes, so many at a time. */
async function connectAll(): Promise<void> {
  state.dialledAt = now();
  const waiting = sessions.values();
  const dial = async () => {
    for (const session of waiting) {
      connect(session);
      await session.opened.promise;
    }
  };
  await Promise.all(Array.from({ length: options.dialsAtOnce }, dial));
  state.allOpenAt = now();
  state.isReady = true;
}

function connect(session: Running): void {
  const { creds, keys } = session;
  const socket = makeWASocket({
    waWebSocketUrl: options.ws,
    auth: { creds, keys: memoryKeys(keys) },
    logger: quiet,
    keepAliveIntervalMs: options.keepAliveMs,
    markOnlineOnConnect: false,
    shouldSyncHistoryMessage: () => false,
  });
  session.socket = socket;
  socket.ev.on("messages.upsert", ({ messages }) => {
    state.messages += messages.length;
  });
  socket.ev.on("connection.update", (update) => {
    if (update.qr !== undefined) session.qr.resolve(update.qr);
    if (update.connection !== undefined) moveOn(session, update);
  });
}

function moveOn(session: Running, { connection, lastDisconnect }: Partial<ConnectionState>): void {
  const isOpen = connection === "open";
  if (session.isOpen !== isOpen) state.connected += isOpen ? 1 : -1;
  session.isOpen = isOpen;
  if (isOpen) session.opened.resolve();
  if (connection !== "close") return;
  const code = (lastDisconnect?.error as { output?: { statusCode?: number } } | undefined)?.output?.statusCode;
  setTimeout(() => connect(session), code === 515 ? 0 : 1_000);
}

function running(kept: Kept): Running {
  return { ...kept, socket: null, isOpen: false, qr: Promise.withResolvers(), opened: Promise.withResolvers() };
}

async function read(phone: string): Promise<Kept> {
  const { creds, keys } = JSON.parse(await Bun.file(join(options.folder, phone)).text(), BufferJSON.reviver);
  return { creds, keys: new Map(keys) };
}

function memoryKeys(data: Map<string, unknown>): SignalKeyStore {
  return {
    get: async (type, ids) =>
      Object.fromEntries(ids.flatMap((id) => (data.has(`${type} ${id}`) ? [[id, data.get(`${type} ${id}`)]] : []))) as {
        [id: string]: SignalDataTypeMap[typeof type];
      },
    set: async (values) => {
      for (const [type, entries] of Object.entries(values)) {
        for (const [id, value] of Object.entries(entries ?? {})) {
          if (value == null) data.delete(`${type} ${id}`);
          else data.set(`${type} ${id}`, value);
        }
      }
    },
  };
}
