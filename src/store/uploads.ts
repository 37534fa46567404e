// What was brought to be sent, in the database: an account's own, until its time is over.
import { and, eq, lte } from "drizzle-orm";
import type { Upload } from "../core/upload.ts";
import type { Handle } from "./database.ts";
import { uploads } from "./media-tables.ts";

export type NewUpload = Omit<Upload, "id">;

export function uploadWrites(db: Handle) {
  return {
    async "uploads.create"(upload: NewUpload): Promise<number> {
      const [made] = await db.insert(uploads).values(upload).returning({ id: uploads.id });
      return made?.id ?? 0;
    },
    /** In pieces, so that nobody waits long; their files follow. */
    async "uploads.prune"({ now, most }: { now: number; most: number }): Promise<number> {
      const over = await db.select({ id: uploads.id }).from(uploads).where(lte(uploads.expiresAt, now)).limit(most);
      for (const { id } of over) await db.delete(uploads).where(eq(uploads.id, id));
      return over.length;
    },
  };
}

export function uploadQueries(db: Handle) {
  return {
    /** Somebody else's is not found. Its file stays where it is: whoever uses it takes a copy, or a link to it. */
    async find(accountId: number, id: number): Promise<Upload | null> {
      const [row] = await db
        .select()
        .from(uploads)
        .where(and(eq(uploads.id, id), eq(uploads.accountId, accountId)));
      return row ?? null;
    },
  };
}
