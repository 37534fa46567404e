// A database as a busy gateway has it after some years: filled by hand, below the store's own schema and with its words,
// as one message after the other through the whole house would take half an hour.
import { type Content, contentKinds } from "../../src/core/content.ts";
import { type MessageState, messageStates } from "../../src/core/message.ts";
import { usualSettings } from "../../src/core/session.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import { openWriter } from "../../src/store/database.ts";
import { wordsOf } from "../../src/store/words.ts";
import { createDice, createTexts } from "./queries-texts.ts";

export type Size = { messages: number; chats: number };
export type Filled = { account: number; sessions: number[]; largestChat: number; usualChat: number; newestAt: number };

const perCommit = 20_000;
/** One account has most of it, another one the rest: what is somebody else's must not cost much. */
const sessionsOf = [5, 3];
const otherShare = 0.2;
const years = 3;
const newestAt = Date.parse("2026-11-20T09:00:00Z");
const thumbnail = Buffer.alloc(1_200, 7).toString("base64");

export function fill(dataDir: string, { messages, chats }: Size): Filled {
  using client = openWriter(databaseFile(dataDir));
  client.run("PRAGMA synchronous = OFF");
  client.run("PRAGMA cache_size = -200000");
  const dice = createDice(1);
  const accounts = sessionsOf.map((many, place) => fillAccount(place, many));
  const rooms = fillChats();
  fillMessages();
  client.run(
    "UPDATE chats SET (last_message_id, last_message_at) = (SELECT id, said_at FROM messages WHERE chat_id = chats.id ORDER BY said_at DESC, id DESC LIMIT 1)",
  );
  client.run("PRAGMA optimize");
  client.run("PRAGMA wal_checkpoint(TRUNCATE)");
  const own = rooms.filter(({ account }) => account === 0);
  return {
    account: accounts[0]?.id ?? 0,
    sessions: accounts[0]?.sessions ?? [],
    largestChat: own[0]?.id ?? 0,
    usualChat: own[Math.floor(own.length / 4)]?.id ?? 0,
    newestAt,
  };

  function fillAccount(place: number, many: number) {
    const { id } = client
      .query<{ id: number }, [string]>(
        "INSERT INTO accounts (username, role, plan_id, created_at) SELECT ?, 1, min(id), 0 FROM plans RETURNING id",
      )
      .get(`account-${place}`) ?? { id: 0 };
    const insert = client.query<{ id: number }, [number, string, string]>(
      "INSERT INTO sessions (account_id, name, settings, is_wanted, status, created_at, changed_at) VALUES (?, ?, ?, 0, 0, 0, 0) RETURNING id",
    );
    const settings = JSON.stringify(usualSettings);
    const sessions = Array.from({ length: many }, (_, number) => insert.get(id, `s${number}`, settings)?.id ?? 0);
    return { id, sessions };
  }

  function fillChats() {
    const contact = client.query<{ id: number }, [number, string, string, string]>(
      "INSERT INTO contacts (account_id, phone, lid, push_name, created_at, updated_at) VALUES (?, ?, ?, ?, 0, 0) RETURNING id",
    );
    const chat = client.query<{ id: number }, [number, number]>(
      "INSERT INTO chats (session_id, kind, contact_id, created_at) VALUES (?, 0, ?, 0) RETURNING id",
    );
    return inCommits(chats, (number) => {
      const account = number > 0 && dice() < otherShare ? 1 : 0;
      const { id: owner, sessions } = accounts[account] ?? { id: 0, sessions: [] };
      const session = sessions[number % sessions.length] ?? 0;
      const person = contact.get(
        owner,
        `${49_150_000_000 + number}`,
        `${100_000_000_000_000 + number}`,
        `Person ${number}`,
      );
      return { id: chat.get(session, person?.id ?? 0)?.id ?? 0, session, account, contact: person?.id ?? 0 };
    });
  }

  function fillMessages(): void {
    const insert = client.query<null, (string | number | Uint8Array | null)[]>(
      `INSERT INTO messages (session_id, chat_id, wa_id, from_me, sender_id, kind, state, text, content, said_at, created_at, raw, target)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const words = client.query<null, [number, string]>("INSERT INTO message_words (rowid, words) VALUES (?, ?)");
    const media = client.query<null, [number]>(
      "INSERT INTO media (message_id, state, path, bytes, stored_at) VALUES (?, 1, 'a', 30000, 0)",
    );
    const textFor = createTexts(dice);
    const spanMs = years * 365 * 86_400_000;
    inCommits(messages, (number) => {
      // A few chats have much, most have little.
      const room = rooms[Math.floor(rooms.length * dice() ** 2.2)];
      if (room === undefined) throw new Error("there is no chat");
      const fromMe = dice() < 0.4;
      const text = textFor(number);
      const content = contentOf(text, dice());
      const at = Math.floor(newestAt - spanMs + (spanMs * number) / messages);
      const sender = fromMe ? null : room.contact;
      const { session, id: chat } = room;
      const state = messageStates.indexOf(fromMe ? outcomeOf(dice()) : "received");
      const raw = fromMe ? Buffer.from(text) : null;
      insert.run(
        session,
        chat,
        waId(number),
        Number(fromMe),
        sender,
        contentKinds.indexOf(content.kind),
        state,
        text,
        JSON.stringify(content),
        at,
        at,
        raw,
        `${room.contact}@lid`,
      );
      words.run(number + 1, wordsOf(text));
      if (content.kind === "image") media.run(number + 1);
    });
  }

  function inCommits<T>(many: number, make: (number: number) => T): T[] {
    const made: T[] = [];
    for (let from = 0; from < many; from += perCommit) {
      client.run("BEGIN");
      for (let number = from; number < Math.min(many, from + perCommit); number++) made.push(make(number));
      client.run("COMMIT");
    }
    return made;
  }
}

/** Nearly all get there in the end. */
function outcomeOf(dice: number): MessageState {
  if (dice < 0.001) return "failed";
  return dice < 0.02 ? "sent" : dice < 0.5 ? "delivered" : "read";
}

const waId = (number: number) => `3EB0${number.toString(16).toUpperCase().padStart(18, "0")}`;

function contentOf(text: string, dice: number): Content {
  if (dice > 0.999) return { kind: "location", latitude: 52, longitude: 13, name: text, address: null, isLive: false };
  if (dice < 0.92) return { kind: "text", text, preview: null };
  const media = {
    mimeType: "image/jpeg",
    fileName: null,
    bytes: 30_000,
    sha256: null,
    width: 1_600,
    height: 1_200,
    seconds: null,
    pages: null,
    thumbnail,
    waveform: null,
    isAnimated: false,
  };
  return { kind: "image", caption: text, media, isViewOnce: false };
}
