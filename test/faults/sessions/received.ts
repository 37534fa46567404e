// What the gateway has of what the phones sent: each once, in its order, as it was received, as it was taken in, and as it
// was told of.
import { Database } from "bun:sqlite";
import { proto } from "@whiskeysockets/baileys";
import { ciphertextsOf, decodeStanza } from "../../../src/engine/signal/stanza.ts";
import { until } from "../../support/until.ts";
import type { Faults } from "../support/suite.ts";
import type { Ledger } from "./traffic.ts";
import type { World } from "./world.ts";

type Row = { session: string; id: string; text: string | null };
type Found = { lost: number; doubled: number };

export async function checkReceived(world: World, ledger: Ledger, faults: Faults, drainMs: number): Promise<Found> {
  const database = new Database(world.rig.database, { readonly: true });
  try {
    const waiting = database.query<{ n: number }, []>(
      "SELECT count(*) AS n FROM inbox WHERE is_peer = 0 AND taken_at IS NULL",
    );
    await until("everything to be taken in", () => waiting.get()?.n === 0, drainMs);
    checkRows("received", inInbox(database), ledger, faults);
    checkRows("told of", inJournal(database), ledger, faults);
    return checkRows("there", asMessages(database), ledger, faults);
  } finally {
    database.close();
  }
}

function inInbox(database: Database): Row[] {
  const rows = database.query<{ name: string; stanza: Uint8Array }, []>(
    "SELECT sessions.name, inbox.stanza FROM inbox JOIN sessions ON sessions.id = inbox.session_id WHERE is_peer = 0 ORDER BY inbox.id",
  );
  return rows.all().map(({ name, stanza }) => {
    const node = decodeStanza(stanza);
    const texts = ciphertextsOf(node).map(({ content }) => textOf(content));
    return { session: name, id: node.attrs.id ?? "", text: texts.find((one) => one !== null) ?? null };
  });
}

function asMessages(database: Database): Row[] {
  return database
    .query<Row, []>(
      "SELECT sessions.name AS session, wa_id AS id, text FROM messages JOIN sessions ON sessions.id = messages.session_id WHERE from_me = 0 ORDER BY messages.id",
    )
    .all();
}

function inJournal(database: Database): Row[] {
  return database
    .query<Row, []>(
      `SELECT sessions.name AS session, wa_id AS id, text FROM journal
      JOIN messages ON messages.id = json_extract(journal.data, '$.messageId')
      JOIN sessions ON sessions.id = messages.session_id WHERE type = 'message.received' ORDER BY journal.id`,
    )
    .all();
}

function checkRows(how: string, rows: readonly Row[], { sent }: Ledger, faults: Faults): Found {
  const places = new Map<string, number[]>();
  for (const [place, { session, id, text }] of rows.entries()) {
    const key = `${id} ${session}`;
    const expected = sent.get(key);
    // What sessions say to the group reaches the other sessions too.
    if (expected === undefined) continue;
    faults.check(text === expected.text, `a message is ${how} as something else: ${text} for ${expected.text}`);
    places.set(key, [...(places.get(key) ?? []), place]);
  }
  let [lost, doubled] = [0, 0];
  const last = new Map<string, number>();
  for (const [key, { session, chat, text }] of sent) {
    const found = places.get(key) ?? [];
    if (found.length === 0) lost += 1;
    if (found.length > 1) doubled += 1;
    const isOnce = faults.check(
      found.length === 1,
      `${how} ${found.length} times, not once: ${text} of ${chat} by ${session}`,
    );
    if (!isOnce) continue;
    const lane = `${session} ${chat}`;
    faults.check((found[0] ?? 0) > (last.get(lane) ?? -1), `${how} out of order: ${text} of ${chat} by ${session}`);
    last.set(lane, found[0] ?? 0);
  }
  return { lost, doubled };
}

function textOf(padded: Uint8Array): string | null {
  const message = proto.Message.decode(padded.subarray(0, padded.length - (padded.at(-1) ?? 0)));
  return message.conversation || message.extendedTextMessage?.text || null;
}
