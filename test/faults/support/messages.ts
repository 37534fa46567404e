// What only WhatsApp brings about, for somebody who has linked no number: its rows are put into the file by hand.
import { Database } from "bun:sqlite";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Content, contentKinds } from "../../../src/core/content.ts";
import { createIds, type IdKind, type Ids } from "../../../src/core/ids.ts";
import { asAdmin, must } from "./rig.ts";
import { type Acting, exampleBody, makerOf } from "./targets.ts";

/** `filled` is the path so far. */
type Put = (acting: Acting, filled: string) => Promise<string>;

/** By collection. */
export const putByHand: Readonly<Record<string, Put>> = {
  "/api/v1/messages": (acting) => put(acting, "message"),
  "/api/v1/chats": (acting) => put(acting, "chat"),
  "/api/v1/contacts": (acting) => put(acting, "contact"),
  "/api/v1/webhooks/{id}/deliveries": tryOut,
  "/api/whatsapp/session": async (acting) => (await makeSession(acting)).id,
  "/api/v1/campaigns": makeCampaign,
  "/api/v1/suppressions": suppress,
  "/api/whatsapp/bulk-job": makeCampaign,
  "/api/v1/media": link,
  "/api/qr": async (acting) => (await makeSession(acting)).id,
  "/api/received-messages": async (acting) => (await makeSession(acting)).id,
  "/api/incoming-calls": async (acting) => (await makeSession(acting)).id,
  "/api/chats": async (acting) => (await makeSession(acting)).id,
  "/api/chats/{clientId}": (acting, filled) => putChat(acting, filled.split("/").at(-1) ?? ""),
  "/webhooks": makeWebhook,
  "/api/chats/{clientId}/media": async ({ database }, filled) => putInto(database, filled.split("/").at(-2) ?? "").waId,
  "/clients": async (acting) => (await makeSession(acting)).id,
  "/api/v1/schedules": async (acting) => (await putSchedule(acting)).shown,
  "/scheduled-messages": async (acting) => String((await putSchedule(acting)).row),
};

const content = {
  kind: "document",
  caption: "Hello!",
  isViewOnce: false,
  media: {
    mimeType: "application/octet-stream",
    fileName: "a file",
    bytes: 6,
    sha256: null,
    width: null,
    height: null,
    seconds: null,
    pages: null,
    thumbnail: null,
    waveform: null,
    isAnimated: false,
  },
} satisfies Content;

/** Nobody answers at the example's address; that stands in the log. */
async function tryOut({ origin, headers }: Acting, filled: string): Promise<string> {
  const path = filled.replace(/deliveries\/?$/, "test");
  return (await must<{ delivery_id: string }>(origin + path, { method: "POST", headers })).delivery_id;
}

/** To a message's file; by somebody, where nobody is asking. */
async function link(acting: Acting): Promise<string> {
  const headers = Object.keys(acting.headers).length === 0 ? asAdmin : acting.headers;
  const message = await put({ ...acting, headers }, "message");
  const { url } = await must<{ url: string }>(`${acting.origin}/api/v1/messages/${message}/media-url`, {
    body: {},
    headers,
  });
  return url.split("/").at(-1) ?? "";
}

/** A draft, of a session that is linked to no number. */
async function makeCampaign(acting: Acting): Promise<string> {
  const { id } = await makeSession(acting);
  const body = { session_id: id, message: { text: "Hello!" } };
  return (await must<{ id: string }>(`${acting.origin}/api/v1/campaigns`, { body, headers: acting.headers })).id;
}

let suppressed = 0;

async function suppress({ origin, headers }: Acting): Promise<string> {
  const phone = `1555${String(++suppressed).padStart(7, "0")}`;
  const url = `${origin}/api/v1/suppressions`;
  await must(url, { body: { phones: [phone] }, headers });
  const { data } = await must<{ data: { id: string }[] }>(`${url}?phone=${phone}`, { headers });
  return data[0]?.id ?? "";
}

/** Not started: there is no WhatsApp to reach from here. */
function makeSession({ origin, document, headers }: Acting) {
  const maker = makerOf("/api/v1/sessions", document);
  if (maker === undefined) throw new Error("nothing makes a session");
  return must<{ id: string }>(`${origin}/api/v1/sessions`, { body: exampleBody(maker), headers });
}

/** By its number. */
async function makeWebhook({ origin, document, headers }: Acting): Promise<string> {
  const maker = makerOf("/webhooks", document);
  if (maker === undefined) throw new Error("nothing makes a webhook");
  const { data } = await must<{ data: { id: number } }>(`${origin}/webhooks`, { body: exampleBody(maker), headers });
  return String(data.id);
}

/** A message with a file, from somebody in a chat with them; the id of one of the three. */
async function put(acting: Acting, wanted: IdKind & ("message" | "chat" | "contact")) {
  const session = await makeSession(acting);
  const { ids, ...rows } = putInto(acting.database, session.id);
  return ids.show(wanted, rows[wanted]);
}

/** For a time that does not come. */
async function putSchedule(acting: Acting): Promise<{ row: number; shown: string }> {
  const session = await makeSession(acting);
  const said = { body: { kind: "text", text: "Hello!", wantsPreview: true }, mentions: [], replyTo: null };
  using client = new Database(acting.database);
  client.run("PRAGMA busy_timeout = 10000");
  const ids = idsOf(client);
  const columns =
    "account_id, session_id, target, said, is_urgent, fails_offline, has_file, send_at, state, next_at, due_at, runs, revision, created_at, updated_at";
  const never = 4_000_000_000_000;
  const row = client
    .query<{ id: number }, (number | string)[]>(
      `INSERT INTO schedules (${columns}) SELECT account_id, id, '15551000003@s.whatsapp.net', ?, 0, 0, 0, ${never}, 0, ${never}, ${never}, 0, 0, 0, 0
      FROM sessions WHERE id = ? RETURNING id`,
    )
    .get(JSON.stringify({ ...said, disappearsInSeconds: null }), ids.read("session", session.id) ?? 0)?.id;
  return { row: row ?? 0, shown: ids.show("schedule", row ?? 0) };
}

function idsOf(client: Database): Ids {
  const alphabet = client
    .query<{ value: Uint8Array }, []>("SELECT value FROM installation WHERE name = 'ids.alphabet'")
    .get()?.value;
  return createIds(Buffer.from(alphabet ?? []).toString());
}

/** As dialects name it. */
async function putChat({ database }: Acting, session: string): Promise<string> {
  return `${putInto(database, session).lid}@lid`;
}

/** A message from somebody in a chat with them. */
function putInto(database: string, session: string) {
  using client = new Database(database);
  client.run("PRAGMA busy_timeout = 10000");
  const ids = idsOf(client);
  const sessionId = ids.read("session", session) ?? 0;
  const lid = String(crypto.getRandomValues(new BigUint64Array(1))[0])
    .padStart(15, "1")
    .slice(0, 15);
  const insert = (sql: string, ...values: (number | string)[]) =>
    client.query<{ id: number }, (number | string)[]>(`${sql} RETURNING id`).get(...values)?.id ?? 0;
  const contact = insert(
    `INSERT INTO contacts (account_id, lid, created_at, updated_at)
    SELECT account_id, ?, 0, 0 FROM sessions WHERE id = ?`,
    lid,
    sessionId,
  );
  const chat = insert(
    "INSERT INTO chats (session_id, kind, contact_id, created_at) VALUES (?, 0, ?, 0)",
    sessionId,
    contact,
  );
  const waId = crypto.randomUUID();
  const message = insert(
    `INSERT INTO messages (session_id, chat_id, sender_id, wa_id, from_me, kind, state, text, content, said_at, created_at)
    VALUES (?, ?, ?, ?, 0, ?, 3, 'Hello!', ?, 0, 0)`,
    sessionId,
    chat,
    contact,
    waId,
    contentKinds.indexOf("document"),
    JSON.stringify(content),
  );
  const path = join("by-hand", crypto.randomUUID());
  mkdirSync(join(dirname(database), "media", "by-hand"), { recursive: true });
  writeFileSync(join(dirname(database), "media", path), "a file");
  client.run("INSERT INTO media (message_id, state, path, bytes, stored_at) VALUES (?, 1, ?, 6, 0)", [message, path]);
  return { ids, lid, waId, message, chat, contact };
}
