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
  const row = client
    .query<{ id: number }, [number, string]>(
      `INSERT INTO messages (session_id, chat, wa_id, from_me, text, content, state, created_at)
      VALUES (?, '15551000003@s.whatsapp.net', ?, 1, 'Hello!', x'', 1, 0) RETURNING id`,
    )
    .get(ids.read("session", session.id) ?? 0, crypto.randomUUID());
  return ids.show("message", row?.id ?? 0);
}
