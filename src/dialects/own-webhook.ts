// Where a document knows of one webhook, of an account or of a session: found among all there are, made, led elsewhere,
// taken away.
import { createLanes } from "../core/lanes.ts";
import type { Webhook } from "../core/webhook.ts";
import { type Call, callerOf } from "../http/call.ts";
import { createSessionAccess } from "../http/v1/session-access.ts";
import type { Services } from "../services/services.ts";
import type { NewWebhookInput } from "../services/webhooks.ts";

type Given = Omit<NewWebhookInput, "url"> & Required<Pick<NewWebhookInput, "format">>;

const all = { before: null, limit: 1_000 };

export function createOwnWebhook(services: Services) {
  const { webhooks } = services;
  const { reachOf } = createSessionAccess(services);
  /** By account: of two who ask at once the second changes what the first has made. */
  const inOrder = createLanes<number>();

  /** The oldest, where somebody has made several elsewhere. */
  async function find(call: Call, isIt: (webhook: Webhook) => boolean): Promise<Webhook | null> {
    const { rows } = await webhooks.list(reachOf(call), all);
    return rows.findLast(isIt) ?? null;
  }

  async function lead(known: Webhook, { url, secret }: Pick<NewWebhookInput, "url" | "secret">, call: Call) {
    const led = await webhooks.update(known, { url, secret }, reachOf(call), callerOf(call));
    // Whoever says where it leads wants to be told.
    return webhooks.resume(led, callerOf(call));
  }

  return {
    find,
    /** Without an address it is taken away; null where there is none any more. */
    set(call: Call, isIt: (webhook: Webhook) => boolean, url: string, given: Given): Promise<Webhook | null> {
      const { accountId } = reachOf(call);
      return inOrder(accountId, async () => {
        const known = await find(call, isIt);
        if (url === "") {
          if (known !== null) await webhooks.remove(known, callerOf(call));
          return null;
        }
        if (known !== null) return lead(known, { url, secret: given.secret }, call);
        return webhooks.create({ ...given, url }, reachOf(call), callerOf(call));
      });
    },
  };
}
