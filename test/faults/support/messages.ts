// A message of somebody's who has linked no number: none can be sent from here, so its row is put into the file by hand.
import { Database } from "bun:sqlite";
import { createIds } from "../../../src/core/ids.ts";
import { must } from "./rig.ts";
import { type Acting, exampleBody, makerOf } from "./targets.ts";

export async function putMessage({ origin, database, document, headers }: Acting): Promise<string> {
  const maker = makerOf("/api/v1/sessions", document);
  if (maker === undefined) throw new Error("nothing makes a session");
  const session = await must<{ id: string }>(`${origin}/api/v1/sessions`, { body: exampleBody(maker), headers });
  using client = new Database(database);
  client.run("PRAGMA busy_timeout = 10000");
  const alphabet = client
    .query<{ value: Uint8Array }, []>("SELECT value FROM installation WHERE name = 'ids.alphabet'")
    .get()?.value;
  const ids = createIds(Buffer.from(alphabet ?? []).toString());
  const sessionId = ids.read("session", session.id) ?? 0;
  const insert = (sql: string, ...values: (number | string)[]) =>
    client.query<{ id: number }, (number | string)[]>(`${sql} RETURNING id`).get(...values)?.id ?? 0;
  const chatId = insert(
    "INSERT INTO chats (session_id, kind, jid, created_at) VALUES (?, 1, ?, 0)",
    sessionId,
    `${Date.now()}@g.us`,
  );
  const row = insert(
    `INSERT INTO messages (session_id, chat_id, wa_id, from_me, kind, state, text, content, said_at, created_at)
    VALUES (?, ?, ?, 1, 0, 1, 'Hello!', '{"kind":"text","text":"Hello!","preview":null}', 0, 0)`,
    sessionId,
    chatId,
    crypto.randomUUID(),
  );
  return ids.show("message", row);
}
