// Files that are kept no longer than wanted, by their age within a session or by their size in all: the oldest go first.
// Their messages stay, and say that the file was removed.
import { and, desc, eq, inArray, lt, ne, type SQL, sql } from "drizzle-orm";
import type { Place } from "../core/page.ts";
import type { Handle } from "./database.ts";
import { media, messages, sessions } from "./tables.ts";

export type OldFiles = { most: number } & ({ sessionId: number; before: number } | { upTo: Place });

const isStored = sql`${media.state} = 1`;

export function mediaRetentionWrites(db: Handle) {
  async function remove(condition: SQL | undefined, most: number): Promise<number> {
    const found = await db
      .select({ id: media.messageId })
      .from(media)
      .innerJoin(messages, eq(messages.id, media.messageId))
      // What still waits to be sent needs its file.
      .where(and(isStored, condition, ne(messages.state, "queued")))
      .limit(most);
    const ids = found.map(({ id }) => id);
    const gone = { state: "removed", path: null, locator: null, nextAt: null } as const;
    await db.update(media).set(gone).where(inArray(media.messageId, ids));
    return ids.length;
  }

  return {
    /** In pieces, so that nobody waits long; the files follow. */
    async "media.remove_old"(old: OldFiles): Promise<number> {
      if ("upTo" in old) {
        const { at, id } = old.upTo;
        return remove(sql`(${media.storedAt}, ${media.messageId}) <= (${at}, ${id})`, old.most);
      }
      return remove(and(eq(media.sessionId, old.sessionId), lt(media.storedAt, old.before)), old.most);
    },
  };
}

export function mediaRetentionQueries(db: Handle) {
  return {
    /** Sessions that keep files for so many days only. */
    async limits(): Promise<{ sessionId: number; days: number }[]> {
      const rows = await db.select({ id: sessions.id, settings: sessions.settings }).from(sessions);
      return rows.flatMap(({ id, settings: { mediaRetentionDays: days = null } }) =>
        days === null ? [] : [{ sessionId: id, days }],
      );
    },
    /** The newest file that no longer fits when the newest of all come first; null when all of them do. */
    async beyond(bytes: number, atOnce = 5_000): Promise<Place | null> {
      let total = 0;
      const counted = new Set<string>();
      let place: Place = { at: Number.MAX_SAFE_INTEGER, id: Number.MAX_SAFE_INTEGER };
      for (;;) {
        const rows = await db
          .select({ at: media.storedAt, id: media.messageId, bytes: media.bytes, path: media.path })
          .from(media)
          .where(and(isStored, sql`(${media.storedAt}, ${media.messageId}) < (${place.at}, ${place.id})`))
          .orderBy(desc(media.storedAt), desc(media.messageId))
          .limit(atOnce);
        for (const row of rows) {
          place = { at: row.at ?? 0, id: row.id };
          total += newBytes(row, counted);
          if (total > bytes) return place;
        }
        if (rows.length < atOnce) return null;
        // Others have their turn.
        await Bun.sleep(0);
      }
    },
  };
}

const mostRemembered = 10_000;

/** A campaign's messages have one file among them. */
function newBytes({ path, bytes }: { path: string | null; bytes: number | null }, counted: Set<string>): number {
  if (path === null || counted.has(path)) return 0;
  if (counted.size >= mostRemembered) counted.clear();
  counted.add(path);
  return bytes ?? 0;
}
