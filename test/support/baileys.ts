// biome-ignore-all lint/suspicious/noConsole: libsignal prints whole sessions there, private keys included
// Unmodified Baileys as a client: no gateway in between, credentials in memory, reconnecting as an application does.
import makeWASocket, {
  type AuthenticationCreds,
  type ConnectionState,
  initAuthCreds,
  type proto,
  type SignalDataTypeMap,
  type SignalKeyStore,
  type UserFacingSocketConfig,
  WA_CERT_DETAILS,
  type WAMessage,
  type WASocket,
} from "@whiskeysockets/baileys";
import { until } from "./until.ts";

export type Endpoint = { ws: string; rootKey: string };
export type Client = AsyncDisposable & {
  socket: () => WASocket;
  creds: AuthenticationCreds;
  states: Partial<ConnectionState>[];
  messages: WAMessage[];
  updates: { key: proto.IMessageKey; update: Partial<WAMessage> }[];
  /** As an application does after its connection ended. */
  reconnect(): void;
  qr(): Promise<string>;
  opened(): Promise<void>;
  /** Of the next end that is no 515, or of any end after so many states. */
  closeCode(after?: number): Promise<number>;
  received(check: (message: WAMessage) => boolean): Promise<WAMessage>;
};

const quiet = { level: "silent", child: () => quiet, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

for (const method of ["info", "warn", "error", "log", "debug"] as const) {
  const original = console[method];
  // libsignal prints whole sessions, private keys included.
  console[method] = (...args: unknown[]) => {
    if (!/session|decrypt|Bad MAC|prekey/i.test(String(args[0]))) original(...args);
  };
}

export function memoryKeys(): SignalKeyStore {
  const data = new Map<string, unknown>();
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

export function connectBaileys(
  endpoint: Endpoint,
  config: Partial<UserFacingSocketConfig> = {},
  reconnects = true,
): Client {
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(endpoint.rootKey, "hex");
  const creds = initAuthCreds();
  const keys = memoryKeys();
  const states: Partial<ConnectionState>[] = [];
  const messages: WAMessage[] = [];
  const updates: Client["updates"] = [];
  let isOver = false;
  let socket = connect();

  function connect(): WASocket {
    const made = makeWASocket({
      waWebSocketUrl: endpoint.ws,
      auth: { creds, keys },
      logger: quiet,
      connectTimeoutMs: 5_000,
      ...config,
    });
    made.ev.on("creds.update", (update) => void Object.assign(creds, update));
    made.ev.on("messages.upsert", ({ messages: upserted }) => void messages.push(...upserted));
    made.ev.on("messages.update", (changed) => void updates.push(...changed));
    made.ev.on("connection.update", (update) => {
      states.push(update);
      if (update.connection !== "close" || isOver || !reconnects) return;
      if (codeOf(update) === 515) socket = connect();
    });
    return made;
  }

  const since = (check: (state: Partial<ConnectionState>) => boolean) => states.find(check);
  return {
    socket: () => socket,
    creds,
    states,
    messages,
    updates,
    reconnect() {
      socket = connect();
    },
    qr: () => until("a QR", () => since((state) => state.qr !== undefined)?.qr),
    opened: async () => {
      await until("an open connection", () => since((state) => state.connection === "open"), 8_000);
    },
    closeCode: (after) =>
      until(
        "a close",
        () =>
          states
            .slice(after ?? 0)
            .flatMap((state) =>
              state.connection === "close" && (after !== undefined || codeOf(state) !== 515)
                ? (codeOf(state) ?? [])
                : [],
            )[0],
        15_000,
      ),
    received: (check) =>
      until("a message", () => messages.find((message) => message.message != null && check(message)), 8_000),
    async [Symbol.asyncDispose]() {
      isOver = true;
      socket.ev.removeAllListeners("connection.update");
      // biome-ignore lint/suspicious/noExplicitAny: the socket below Baileys' own, which it does not declare
      (socket.ws as any).socket?.terminate();
      await socket.end(undefined);
    },
  };
}

function codeOf(state: Partial<ConnectionState>): number | undefined {
  return (state.lastDisconnect?.error as { output?: { statusCode?: number } } | undefined)?.output?.statusCode;
}
