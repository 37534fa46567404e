// Who is who among a session's people: numbers and LIDs that belong together.
import { and, eq, sql } from "drizzle-orm";
import type { Handle } from "./database.ts";
import { lidMappings } from "./signal-tables.ts";

/** At once: whoever asks is in the midst of reading a message. */
export function mappingReads(db: Handle) {
  const ofSession = eq(lidMappings.sessionId, sql.placeholder("sessionId"));
  const lid = db
    .select({ value: lidMappings.lid })
    .from(lidMappings)
    .where(and(ofSession, eq(lidMappings.phone, sql.placeholder("name"))))
    .prepare();
  const phone = db
    .select({ value: lidMappings.phone })
    .from(lidMappings)
    .where(and(ofSession, eq(lidMappings.lid, sql.placeholder("name"))))
    .prepare();
  return {
    lidOf: (sessionId: number, name: string): string | null => lid.get({ sessionId, name })?.value ?? null,
    phoneOf: (sessionId: number, name: string): string | null => phone.get({ sessionId, name })?.value ?? null,
  };
}
