// Who is not written to by campaigns, in the database: found by either of their addresses, put there by hand or by what
// they say themselves.
import { and, desc, eq, inArray, lt, or, sql } from "drizzle-orm";
import { optOutWordIn, plainWord, usualOptOutWords } from "../core/campaign.ts";
import type { ChatRef } from "../core/chat.ts";
import type { Face } from "../core/content.ts";
import { WaygateError } from "../core/errors.ts";
import type { PageRequest } from "../core/page.ts";
import type { Suppression, SuppressionSource } from "../core/suppression.ts";
import { auditAppender, type Recorded } from "./audit.ts";
import { campaignRecipients, campaigns, suppressions } from "./campaign-tables.ts";
import { contactKeeper } from "./contacts.ts";
import type { Handle } from "./database.ts";
import { journalAppender } from "./journal.ts";
import { straight } from "./straight.ts";

export type NewSuppression = {
  accountId: number;
  face: Face;
  source: SuppressionSource;
  note: string | null;
  campaignId: number | null;
  at: number;
};
/** Somebody has written this. */
export type Heard = { accountId: number; sessionId: number; contactId: number; face: Face; text: string; at: number };

export function suppressionFinder(db: Handle) {
  const { find } = contactKeeper(db);
  const slot = sql.placeholder;
  const id = { id: suppressions.id };
  const ofAccount = eq(suppressions.accountId, slot("accountId"));
  const byPhone = straight(
    db
      .select(id)
      .from(suppressions)
      .where(and(ofAccount, eq(suppressions.phone, slot("phone"))))
      .prepare(),
    id,
  );
  const byLid = straight(
    db
      .select(id)
      .from(suppressions)
      .where(and(ofAccount, eq(suppressions.lid, slot("lid"))))
      .prepare(),
    id,
  );

  /** By what is given, and by what else is known of them. */
  function facesOf(accountId: number, face: Face): Face[] {
    return [face, ...find(accountId, face)];
  }
  function rowsOf(accountId: number, face: Face): number[] {
    const found = facesOf(accountId, face).flatMap(({ phone, lid }) => [
      ...(phone === null ? [] : byPhone({ accountId, phone })),
      ...(lid === null ? [] : byLid({ accountId, lid })),
    ]);
    return [...new Set(found.map((row) => row.id))];
  }
  return {
    facesOf,
    rowsOf,
    isSuppressed: (accountId: number, face: Face): boolean => rowsOf(accountId, face).length > 0,
  };
}

/** Used where what somebody wrote is taken in. */
export function optOutKeeper(db: Handle) {
  const append = journalAppender(db);
  const { facesOf, isSuppressed } = suppressionFinder(db);
  const { keep } = suppressionKeeper(db);
  const settings = { id: campaigns.id, settings: campaigns.settings };
  const written = straight(
    db
      .select(settings)
      .from(campaignRecipients)
      .innerJoin(campaigns, eq(campaigns.id, campaignRecipients.campaignId))
      .where(
        and(
          eq(campaignRecipients.target, sql.placeholder("target")),
          sql`campaign_recipients.message_id IS NOT NULL`,
          eq(campaigns.accountId, sql.placeholder("accountId")),
        ),
      )
      .orderBy(desc(campaignRecipients.id))
      .limit(campaignsLookedAt)
      .prepare(),
    settings,
  );

  return {
    /** If it is a word that a campaign which wrote to them listens for, and nothing else. */
    heard({ accountId, sessionId, contactId, face, text, at }: Heard): void {
      const word = optOutWordIn(text);
      if (word === null) return;
      const targets = new Set(facesOf(accountId, face).flatMap(jidsOf));
      const wrote = [...targets].flatMap((target) => written({ accountId, target }));
      const campaign = wrote.find((one) =>
        (one.settings.optOutWords ?? usualOptOutWords).some((wanted) => plainWord(wanted) === word),
      );
      if (campaign === undefined || isSuppressed(accountId, face)) return;
      keep({ accountId, face, source: "opt_out", note: null, campaignId: campaign.id, at });
      const data = { contactId, campaignId: campaign.id, word };
      append({ accountId, sessionId, type: "contact.opted_out", at, data });
    },
  };
}

const campaignsLookedAt = 20;

function jidsOf({ phone, lid }: Face): string[] {
  return [...(phone === null ? [] : [`${phone}@s.whatsapp.net`]), ...(lid === null ? [] : [`${lid}@lid`])];
}

export function suppressionKeeper(db: Handle) {
  const { facesOf, rowsOf } = suppressionFinder(db);
  const insert = straight(
    db
      .insert(suppressions)
      .values({
        accountId: sql.placeholder("accountId"),
        phone: sql.placeholder("phone"),
        lid: sql.placeholder("lid"),
        source: sql.placeholder("source"),
        note: sql.placeholder("note"),
        campaignId: sql.placeholder("campaignId"),
        createdAt: sql.placeholder("at"),
      })
      .returning({ id: suppressions.id })
      .prepare(),
    { id: suppressions.id },
  );
  return {
    /** With both addresses, where both are known. Null for somebody who is there already. */
    keep({ accountId, face, ...rest }: NewSuppression): number | null {
      if (rowsOf(accountId, face).length > 0) return null;
      const known = facesOf(accountId, face);
      const phone = known.find((one) => one.phone !== null)?.phone ?? null;
      const lid = known.find((one) => one.lid !== null)?.lid ?? null;
      return insert({ accountId, phone, lid, ...rest })[0]?.id ?? 0;
    },
  };
}

export function suppressionWrites(db: Handle) {
  const append = auditAppender(db);
  const { keep } = suppressionKeeper(db);
  return {
    /** Gives back how many were not there before. */
    async "suppressions.add"({
      all,
      event,
    }: {
      all: readonly NewSuppression[];
      event: Recorded | null;
    }): Promise<number> {
      const added = all.filter((one) => keep(one) !== null).length;
      if (event !== null) await append(event);
      return added;
    },
    async "suppressions.remove"({
      accountId,
      id,
      event,
    }: {
      accountId: number;
      id: number;
      event: Recorded;
    }): Promise<void> {
      const gone = await db
        .delete(suppressions)
        .where(and(eq(suppressions.id, id), eq(suppressions.accountId, accountId)))
        .returning({ id: suppressions.id });
      if (gone.length === 0) throw new WaygateError("not_found", "There is no such entry.");
      await append(event);
    },
  };
}

export function suppressionQueries(db: Handle) {
  return {
    /** An account's, newest first; of one person, by whichever address they are there. */
    list: async (accountId: number, face: Face | null, { before, limit }: PageRequest): Promise<Suppression[]> => {
      const isThem = face === null ? undefined : or(isIn("phone", face.phone), isIn("lid", face.lid));
      const older = before === null ? undefined : lt(suppressions.id, before);
      return db
        .select()
        .from(suppressions)
        .where(and(eq(suppressions.accountId, accountId), isThem, older))
        .orderBy(desc(suppressions.id))
        .limit(limit);
    },
    /** Those of these people who are on it, and those who never wrote to any of these sessions. */
    async standing(accountId: number, sessionIds: readonly number[], chats: readonly ChatRef[]) {
      const people = chats.flatMap((chat) => (chat.kind === "person" ? [chat.face] : []));
      const phones = people.flatMap(({ phone }) => phone ?? []);
      const lids = people.flatMap(({ lid }) => lid ?? []);
      const isThem = or(inArray(suppressions.phone, phones), inArray(suppressions.lid, lids));
      const rows = await db
        .select()
        .from(suppressions)
        .where(and(eq(suppressions.accountId, accountId), isThem));
      const heard = await db.all<{ phone: string | null; lid: string | null }>(
        heardQuery(accountId, sessionIds, phones, lids),
      );
      const [off, warm] = [namesOf(rows), namesOf(heard)];
      return {
        suppressed: people.filter((face) => isNamed(face, off)).length,
        cold: people.filter((face) => !isNamed(face, off) && !isNamed(face, warm)).length,
      };
    },
  };
}

function isIn(column: "phone" | "lid", value: string | null) {
  return value === null ? undefined : eq(suppressions[column], value);
}

/** Whom one of these sessions has heard from, or has written to before. */
function heardQuery(accountId: number, sessionIds: readonly number[], phones: string[], lids: string[]) {
  const list = (values: readonly (string | number)[]) =>
    sql.join(
      values.map((value) => sql`${value}`),
      sql`, `,
    );
  return sql`SELECT contacts.phone, contacts.lid FROM contacts
    WHERE contacts.account_id = ${accountId} AND (contacts.phone IN (${list(phones)}) OR contacts.lid IN (${list(lids)}))
    AND EXISTS (SELECT 1 FROM chats WHERE chats.contact_id = contacts.id AND chats.session_id IN (${list(sessionIds)})
      AND (chats.was_heard = 1 OR chats.reached_at IS NOT NULL
        OR EXISTS (SELECT 1 FROM messages WHERE messages.chat_id = chats.id AND (messages.from_me = 0 OR messages.state NOT IN (0, 2, 7)))))`;
}

function namesOf(faces: readonly Face[]): Set<string> {
  return new Set(faces.flatMap(jidsOf));
}

const isNamed = (face: Face, names: ReadonlySet<string>) => jidsOf(face).some((jid) => names.has(jid));
