// Which files are somebody's, and which are nobody's any more: what the disk is kept in order by.
import { asc, inArray } from "drizzle-orm";
import { campaignMessages } from "./campaign-tables.ts";
import type { Handle } from "./database.ts";
import { doomedFiles, uploads } from "./media-tables.ts";
import { schedules } from "./schedule-tables.ts";
import { media } from "./tables.ts";

export function fileWrites(db: Handle) {
  return {
    /** They are off the disk. */
    async "files.forget"({ names }: { names: readonly string[] }): Promise<void> {
      await db.delete(doomedFiles).where(inArray(doomedFiles.path, [...names]));
    },
  };
}

export function fileQueries(db: Handle) {
  return {
    /** Those whose rows are gone. */
    async doomed(limit: number): Promise<string[]> {
      const rows = await db.select().from(doomedFiles).orderBy(asc(doomedFiles.path)).limit(limit);
      return rows.map(({ path }) => path);
    },
    /** Those of these names that a row speaks of. */
    async owned(names: readonly string[]): Promise<Set<string>> {
      const wanted = [...names];
      const found = await Promise.all([
        db.select({ path: media.path }).from(media).where(inArray(media.path, wanted)),
        db.select({ path: campaignMessages.file }).from(campaignMessages).where(inArray(campaignMessages.file, wanted)),
        db.select({ path: uploads.path }).from(uploads).where(inArray(uploads.path, wanted)),
        db.select({ path: schedules.file }).from(schedules).where(inArray(schedules.file, wanted)),
      ]);
      return new Set(found.flat().flatMap(({ path }) => path ?? []));
    },
  };
}
