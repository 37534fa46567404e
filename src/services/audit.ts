// Reading the audit, and checking that nobody has changed it.
import type { AuditEntry } from "../core/audit.ts";
import { type Page, type PageRequest, pageOf } from "../core/page.ts";
import type { Store } from "../store/store.ts";

export type Audit = ReturnType<typeof createAudit>;

export function createAudit({ store }: { store: Store }) {
  return {
    /** All of it with null, else what an account did or what was done to it. */
    async list(accountId: number | null, page: PageRequest): Promise<Page<AuditEntry>> {
      return pageOf(page, (oneMore) => store.audit.list(accountId, oneMore));
    },
    findBreak: () => store.audit.findBreak(),
  };
}
