// Whom a campaign is for: lists as they come in a request, and what became of each.
import { type Campaign, campaignLimits, type RecipientState } from "../core/campaign.ts";
import { chatOf } from "../core/chat.ts";
import { type FieldFault, invalidField, messageOf, WaygateError } from "../core/errors.ts";
import { readChatJid } from "../core/jid.ts";
import type { PageRequest } from "../core/page.ts";
import { columnKey } from "../core/template.ts";
import type { NewRecipient, Recipient } from "../store/campaign-recipients.ts";
import type { Store } from "../store/store.ts";

/** A number or JID, with whatever is known of them. */
export type GivenRecipient = { phone: string; more: Readonly<Record<string, string | number | boolean | null>> };
export type ReadRecipients = { recipients: NewRecipient[]; columns: string[] };

const maxFieldsTold = 20;
const longestCell = 2_000;

/** `strict` refuses all where one cannot be read; else that one has failed from the beginning. */
export function readRecipients(given: readonly GivenRecipient[], strict: boolean): ReadRecipients {
  const columns: string[] = [];
  const places = new Map<string, number>();
  const fields: FieldFault[] = [];
  const recipients = given.map(({ phone, more }, place): NewRecipient => {
    const cells = cellsOf(more, columns, places);
    const read = readTarget(phone);
    if ("target" in read) return { target: read.target, cells };
    if (fields.length < maxFieldsTold) fields.push({ in: "body", path: `/recipients/${place}`, message: read.fault });
    return { target: phone.slice(0, 100), cells, fault: { code: "invalid", sentence: read.fault } };
  });
  const [first] = fields;
  if (strict && first !== undefined) throw new WaygateError("invalid", `${first.path}: ${first.message}`, { fields });
  return { recipients, columns };
}

export function readTarget(text: string): { target: string } | { fault: string } {
  try {
    const target = readChatJid(text, "/recipients");
    return { target };
  } catch (error) {
    return { fault: messageOf(error) };
  }
}

/** New names come behind those that are known. */
function cellsOf(more: GivenRecipient["more"], columns: string[], places: Map<string, number>) {
  const cells: (string | null)[] = [];
  for (const [name, value] of Object.entries(more)) {
    const key = columnKey(name);
    let place = places.get(key);
    if (place === undefined) {
      if (columns.length >= campaignLimits.columns) {
        throw invalidField("/recipients", `Recipients have at most ${campaignLimits.columns} columns in all.`);
      }
      place = columns.push(name.trim()) - 1;
      places.set(key, place);
    }
    while (cells.length < place) cells.push(null);
    cells[place] = value === null ? null : String(value).slice(0, longestCell);
  }
  return cells.length === 0 ? null : cells;
}

const atOnce = 1_000;

export function createCampaignRecipients({ store }: { store: Store }) {
  return {
    /** In their order; `after` the one before. */
    async page({ id }: Campaign, { before: after, limit }: PageRequest, state: RecipientState | undefined) {
      await store.written();
      const found = await store.campaignRecipients.page({ campaignId: id, after: after ?? 0, limit: limit + 1, state });
      const rows = found.slice(0, limit);
      return { rows, next: found.length > limit ? (rows.at(-1)?.id ?? null) : null };
    },
    /** All of them, as fast as they are read. */
    async *all({ id }: Campaign, state: RecipientState | undefined): AsyncGenerator<Recipient[]> {
      await store.written();
      for (let after = 0; ; ) {
        const rows = await store.campaignRecipients.page({ campaignId: id, after, limit: atOnce, state });
        if (rows.length > 0) yield rows;
        const last = rows.at(-1);
        if (last === undefined || rows.length < atOnce) return;
        after = last.id;
        // Others have their turn.
        await Bun.sleep(0);
      }
    },
    /** Of these people, who is not written to, and who would be written to for the first time. */
    async standingOf(accountId: number, sessionIds: readonly number[], targets: readonly string[]) {
      let [suppressed, cold] = [0, 0];
      for (let from = 0; from < targets.length; from += atOnce) {
        const chats = targets.slice(from, from + atOnce).map(chatOf);
        const found = await store.suppressions.standing(accountId, sessionIds, chats);
        suppressed += found.suppressed;
        cold += found.cold;
        await Bun.sleep(0);
      }
      return { suppressed, cold };
    },
  };
}
