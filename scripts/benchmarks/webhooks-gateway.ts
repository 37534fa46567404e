// The gateway of the webhooks benchmark: the executable on a folder with a linked session, its webhooks made over the API,
// and, while it is off, what happened meanwhile put into its data.
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { bareContext } from "../../src/core/content.ts";
import { makeKey } from "../../src/core/key.ts";
import { silentLog } from "../../src/core/log.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import { openReader, openWriter } from "../../src/store/database.ts";
import type { TakenValue } from "../../src/store/intake.ts";
import { openStore } from "../../src/store/store.ts";
import { createFolder, type Server, startServer } from "./children.ts";
import { built } from "./pair.ts";

export type Gateway = Disposable & {
  start(): Promise<Server>;
  /** So many messages came in so many chats while it was off. */
  fill(messages: number, chats: number): Promise<void>;
  /** So many deliveries wait for one webhook. */
  fillWaiting(howMany: number): void;
  ask<Answer>(server: Server, method: string, path: string, body?: unknown): Promise<Answer>;
  /** Whether what came of all deliveries is on disk. */
  isAllLogged(): boolean;
};

const session = "shop";
const identity = { phone: "15550009999", lid: null, device: 1, displayName: null, platform: null };
const perWrite = 500;
const bodyBytes = 900;

export async function makeGateway(): Promise<Gateway> {
  const folder = createFolder();
  const dataDir = join(folder.path, "data");
  const key = makeKey();
  const gateway: Gateway = {
    start() {
      const command = (port: number) => [built, "--data-dir", dataDir, "--port", String(port)];
      const env = { WAYGATE_ADMIN_API_KEY: key, WAYGATE_ALLOW_PRIVATE_URLS: "127.0.0.1" };
      return startServer({ command, cwd: folder.path, env });
    },
    async fill(messages, chats) {
      const runner = { pid: process.pid, doing: "bench" };
      await using store = await openStore({ dataDir, masterKeys: [], runner, clock: systemClock, log: silentLog });
      for (let made = 0; made < messages; made += perWrite) {
        const some = Array.from({ length: Math.min(perWrite, messages - made) }, (_, place) => made + place);
        const arrived = [{ inboxId: null, values: some.map((number) => messageOf(number, number % chats)) }];
        await store.write("intake.take", { sessionId: 1, arrived, at: systemClock.now() });
      }
    },
    fillWaiting(howMany) {
      using client = openWriter(databaseFile(dataDir));
      const numbers = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${howMany})`;
      client.run("PRAGMA synchronous = OFF");
      client.run(
        `${numbers} INSERT INTO delivery_bodies (event_id, format, account_id, lane, body, at) SELECT -i, 0, 1, i % 500, printf('%.${bodyBytes}c', 'x'), 1 FROM n`,
      );
      client.run(
        `${numbers} INSERT INTO deliveries (webhook_id, event_id, type, event_at, format, lane, state, attempts, tries, created_at) SELECT (SELECT max(id) FROM webhooks), -i, 'message.received', 1, 0, i % 500, 0, 0, 0, 1 FROM n`,
      );
      client.run("PRAGMA wal_checkpoint(TRUNCATE)");
    },
    async ask(server, method, path, body) {
      const response = await fetch(server.origin + path, {
        method,
        headers: { "X-API-Key": key, "Content-Type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as never;
    },
    isAllLogged() {
      using client = openReader(databaseFile(dataDir));
      return client.query("SELECT 1 FROM deliveries WHERE state = 0 LIMIT 1").get() === null;
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
  {
    await using server = await gateway.start();
    await gateway.ask(server, "POST", "/api/v1/sessions", { name: session, start: false });
  }
  using client = openWriter(databaseFile(dataDir));
  client.query("UPDATE sessions SET identity = ?, is_wanted = 0").run(JSON.stringify(identity));
  return gateway;
}

/** Each says something new, chat after chat. */
function messageOf(number: number, chat: number): TakenValue {
  const face = { phone: String(15_550_000_000 + chat), lid: null };
  return {
    type: "message",
    key: { chat: { kind: "person", face }, waId: `${Date.now()} ${number}`, sender: face, isFromMe: false },
    at: Date.now(),
    pushName: `Customer ${chat}`,
    verifiedName: null,
    content: {
      kind: "text",
      text: `Where is my order number ${number}? It should have been here yesterday.`,
      preview: null,
    },
    context: bareContext,
    locator: null,
    secret: null,
    raw: new Uint8Array(),
    isLate: false,
    address: { chat: `${face.phone}@s.whatsapp.net`, participant: null },
  };
}
