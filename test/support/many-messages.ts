// Chats as they are after years: so many messages, put there at once while no gateway runs.
import { databaseFile } from "../../src/store/data-directory.ts";
import { openWriter } from "../../src/store/database.ts";

/** In the chat with this number; half of them ours. */
export function fillChat(dataDir: string, phone: string, { count, text }: { count: number; text: string }): void {
  const client = openWriter(databaseFile(dataDir));
  const chat = "(SELECT chats.id FROM chats JOIN contacts ON contacts.id = contact_id WHERE phone = ?)";
  client.run(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO messages (session_id, chat_id, wa_id, from_me, kind, state, text, content, raw, said_at, created_at)
     SELECT (SELECT session_id FROM chats WHERE id = ${chat}), ${chat}, 'X' || i, i % 2, 0, 1 + 2 * (i % 2), ?, ?, CAST(? AS BLOB), i, i FROM n`,
    [count, phone, phone, text, JSON.stringify({ kind: "text", text, preview: null }), text],
  );
  client.run("INSERT INTO message_words (rowid, words) SELECT id, text FROM messages WHERE wa_id LIKE 'X%'");
  client.close();
}
