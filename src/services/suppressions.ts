// Whom an account's campaigns do not write to: put on the list by hand, by a program, or by what they say themselves.
import type { Actor } from "../core/audit.ts";
import { chatOf } from "../core/chat.ts";
import type { Clock } from "../core/clock.ts";
import type { Face } from "../core/content.ts";
import { readPersonJid } from "../core/jid.ts";
import { type Page, type PageRequest, pageOf } from "../core/page.ts";
import type { Suppression } from "../core/suppression.ts";
import type { Store } from "../store/store.ts";

export type Suppressions = ReturnType<typeof createSuppressions>;

export function createSuppressions({ store, clock }: { store: Store; clock: Clock }) {
  return {
    /** Of one person, where one is named. */
    async list(accountId: number, of: string | undefined, page: PageRequest): Promise<Page<Suppression>> {
      await store.written();
      const face = of === undefined ? null : faceOf(of, "phone");
      return pageOf(page, (oneMore) => store.suppressions.list(accountId, face, oneMore));
    },
    /** Gives back how many were not there before. The audit does not say who. */
    async add(accountId: number, people: readonly string[], { note, actor }: { note: string | null; actor: Actor }) {
      const at = clock.now();
      const all = people.map((one, place) => {
        const face = faceOf(one, `/phones/${place}`);
        return { accountId, face, source: "manual" as const, note, campaignId: null, at };
      });
      const detail = { people: all.length };
      const event = { action: "suppression.added", actor, accountId, target: null, detail, at } as const;
      return store.write("suppressions.add", { all, event });
    },
    async remove(accountId: number, id: number, actor: Actor): Promise<void> {
      const event = {
        action: "suppression.removed",
        actor,
        accountId,
        target: null,
        detail: {},
        at: clock.now(),
      } as const;
      await store.write("suppressions.remove", { accountId, id, event });
    },
  };
}

function faceOf(text: string, path: string): Face {
  const chat = chatOf(readPersonJid(text, path));
  return chat.kind === "person" ? chat.face : { phone: null, lid: null };
}
