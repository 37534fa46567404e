// Forgetting a person: everything of theirs on this account, wherever it is kept.
import type { Actor } from "../core/audit.ts";
import type { Contact } from "../core/chat.ts";
import type { Clock } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { Ids } from "../core/ids.ts";
import type { Engine } from "../core/ports.ts";
import type { Store } from "../store/store.ts";

/** Who carries it on; jobs/forgetter.ts. */
export type Forgetter = { wake(): void; settled(id: number, ms: number): Promise<void> };
export type Forgetting = ReturnType<typeof createForgetting>;

type Needs = { store: Store; engine: Engine | null; forgetter: Forgetter | null; clock: Clock; ids: Ids };

export function createForgetting({ store, engine, forgetter, clock, ids }: Needs) {
  async function refuseOneself({ accountId, phone, lid }: Contact): Promise<void> {
    for (const { name, identity } of await store.sessions.listAll(accountId)) {
      const isIt = identity !== null && (identity.phone === phone || (lid !== null && identity.lid === lid));
      if (!isIt) continue;
      throw new WaygateError("conflict", `This is the number of your own session ${name}; delete the session instead.`);
    }
  }

  return {
    /** Settles when it is done, or after `waitMs`: then it goes on by itself, over restarts. True when it is done. */
    async forget(contact: Contact, actor: Actor, waitMs: number): Promise<boolean> {
      if (engine === null || forgetter === null) {
        throw new WaygateError("unavailable", "Somebody can only be forgotten while the gateway runs.");
      }
      await refuseOneself(contact);
      const { id: contactId, accountId } = contact;
      const at = clock.now();
      // Not even their name: the audit is for ever.
      const entry = { action: "contact.forgotten", actor, accountId, target: ids.show("contact", contactId) } as const;
      const { blank } = await engine.reader();
      const event = { ...entry, detail: {}, at };
      const id = await store.write("contacts.forget", { accountId, contactId, blank, at, event });
      const settled = forgetter.settled(id, waitMs);
      forgetter.wake();
      await settled;
      return !(await store.forgettings.isUnderWay(id));
    },
  };
}
