// The webhooks that are told what happens, in memory: read anew when anything is committed that could change them.
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Store } from "../../store/store.ts";
import type { DueWebhook } from "../../store/webhooks.ts";

export type Directory = Disposable & {
  all(): readonly DueWebhook[];
  /** Undefined for one that is paused, disabled or gone. */
  find(id: number): DueWebhook | undefined;
  /** Settles when it is as the database was at that moment. */
  reload(): Promise<void>;
};

type Needs = {
  store: Pick<Store, "webhooks" | "onCommit">;
  /** They are not what they were. */
  changed(): void;
  log: Log;
};

const changing = /^(webhooks\.(?!announce_test)|accounts\.|plans\.)/;

export function createDirectory({ store, changed, log }: Needs): Directory {
  let all: DueWebhook[] = [];
  let byId = new Map<number, DueWebhook>();
  let loading: Promise<void> = Promise.resolve();
  const stopListening = store.onCommit((names) => {
    if (names.some((name) => changing.test(name))) {
      reload().catch((error) => log.error({ error: messageOf(error) }, "the webhooks could not be read"));
    }
  });

  /** One after the other: what is read last is newest. */
  function reload(): Promise<void> {
    loading = loading.catch(() => {}).then(load);
    return loading;
  }

  async function load(): Promise<void> {
    all = await store.webhooks.listDue();
    byId = new Map(all.map((one) => [one.webhook.id, one]));
    changed();
  }

  return {
    all: () => all,
    find: (id) => byId.get(id),
    reload,
    [Symbol.dispose]: stopListening,
  };
}
