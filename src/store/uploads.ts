// What was brought to be sent, in the database: an account's own, until its time is over.
import { and, eq, lte, sum } from "drizzle-orm";
import { WaygateError } from "../core/errors.ts";
import type { Upload } from "../core/upload.ts";
import type { Handle } from "./database.ts";
import { uploads } from "./media-tables.ts";

export type NewUpload = Omit<Upload, "id">;

export function uploadWrites(db: Handle) {
  return {
    /** Refused where an account's uploads would come to more than `mostBytes`. */
    async "uploads.create"({ mostBytes, ...upload }: NewUpload & { mostBytes: number }): Promise<number> {
      const used = await heldBytes(db, upload.accountId);
      if (used + upload.bytes > mostBytes) throw uploadsFull(used, mostBytes);
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

/** Whoever brings files is told what they can do. */
export function uploadsFull(used: number, limit: number): WaygateError {
  const mb = (bytes: number) => Math.floor(bytes / 1_024 ** 2);
  const sentence = `Your uploads take ${mb(used)} MB of the ${mb(limit)} MB that they may take together; each is removed a day after it came. Send this file by its address, or later.`;
  return new WaygateError("too_large", sentence, { quota: { limit, used, resetsAt: null } });
}

async function heldBytes(db: Handle, accountId: number): Promise<number> {
  const [row] = await db
    .select({ bytes: sum(uploads.bytes) })
    .from(uploads)
    .where(eq(uploads.accountId, accountId));
  return Number(row?.bytes ?? 0);
}

export function uploadQueries(db: Handle) {
  return {
    /** All of an account's. */
    heldBytes: (accountId: number): Promise<number> => heldBytes(db, accountId),
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
