// Calls, read back: the newest first.
import type { ListedCall } from "../core/call.ts";
import { type Page, type PageRequest, pageOf } from "../core/page.ts";
import type { CallFilter } from "../store/calls.ts";
import type { Store } from "../store/store.ts";

export type Calls = ReturnType<typeof createCalls>;

export function createCalls({ store }: { store: Pick<Store, "calls"> }) {
  return {
    list: (filter: CallFilter, page: PageRequest): Promise<Page<ListedCall>> =>
      pageOf(page, (oneMore) => store.calls.list(filter, oneMore)),
  };
}
