// Clears away what is left of webhooks that were deleted: in pieces, so that nobody waits for a million deliveries.
import type { Store } from "../../store/store.ts";

const most = 500;

/** Until there are none left, or nobody wants it any more. */
export async function clearRemoved(store: Pick<Store, "write" | "webhooks">, until: AbortSignal): Promise<void> {
  for (const id of await store.webhooks.listRemoved()) {
    let isLeft = true;
    while (isLeft && !until.aborted) {
      isLeft = (await store.write("deliveries.clear", { webhookId: id, most })) === most;
    }
    if (!isLeft) await store.write("webhooks.drop", { id });
  }
}
