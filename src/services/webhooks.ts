// Webhooks: made, changed, paused, tried out. A caller that is bound to some sessions has to do with those webhooks alone
// that are told of nothing else.
import { randomBytes } from "node:crypto";
import type { Actor, AuditAction, AuditEvent } from "../core/audit.ts";
import { jidOf } from "../core/chat.ts";
import type { Clock } from "../core/clock.ts";
import { invalidField, messageOf, WaygateError } from "../core/errors.ts";
import { readEventPatterns } from "../core/event-filter.ts";
import type { Ids } from "../core/ids.ts";
import { type Page, type PageRequest, pageOf } from "../core/page.ts";
import type { RetryPlan } from "../core/retry.ts";
import { type Webhook, type WebhookFormatName, webhookLimits } from "../core/webhook.ts";
import { isSecret, makeSecret } from "../core/webhook-signature.ts";
import { readChats } from "../core/webhook-targets.ts";
import type { AddressRules } from "../net/address-rules.ts";
import { placeOf, readUrl } from "../net/guarded-url.ts";
import { headerFault } from "../net/http-request.ts";
import { vettedAddresses } from "../net/vetting.ts";
import type { Recorded } from "../store/audit.ts";
import type { Store } from "../store/store.ts";
import { type WebhookUpdate, webhookCell } from "../store/webhooks.ts";
import type { SessionReach, Sessions } from "./sessions.ts";

/** Who carries it out; jobs/webhooks.ts. */
export type Delivering = {
  /** There is something to tell this one. */
  wake(webhookId: number): void;
  /** Up to which event it has been told, or need not be; null for one that is told nothing now. */
  seenBy(webhookId: number): number | null;
  underWay(): number;
  tryOut(webhook: Webhook): Promise<TriedWebhook>;
};
export type TriedWebhook = {
  deliveryId: number | null;
  /** Null where nobody answered. */
  status: number | null;
  fault: string | null;
  body: string;
  durationMs: number;
};

export type WebhookInput = {
  url?: string | undefined;
  description?: string | null | undefined;
  events?: readonly string[] | undefined;
  /** Ids or names. */
  sessions?: readonly string[] | null | undefined;
  /** Numbers or JIDs. */
  chats?: readonly string[] | null | undefined;
  headers?: Readonly<Record<string, string>> | null | undefined;
  format?: WebhookFormatName | undefined;
  timeoutMs?: number | undefined;
  isOrdered?: boolean | undefined;
  retry?: RetryPlan | undefined;
  /** In place of the one before it, at once. */
  secret?: string | undefined;
};
export type NewWebhookInput = WebhookInput & {
  url: string;
  isPaused?: boolean | undefined;
};
export type Webhooks = ReturnType<typeof createWebhooks>;

type Needs = {
  store: Store;
  delivering: Delivering | null;
  sessions: Pick<Sessions, "get" | "idsWithin">;
  /** Where they may lead; null where none is called. */
  addressRules: AddressRules | null;
  clock: Clock;
  ids: Ids;
};

/** What stands for a header's value where it is shown: given back, it stays what it is. */
export const hidden = "********";

export function createWebhooks({ store, delivering, sessions, addressRules, clock, ids }: Needs) {
  const { sealer } = store;

  async function readAddress(text: string, path = "/url"): Promise<string> {
    if (addressRules === null) throw new WaygateError("unavailable", "Webhooks are made while the gateway runs.");
    try {
      const url = readUrl(text, { rules: addressRules, plainHttp: "listed" });
      // Said at once, and not first when nothing can be delivered: a name may lead into a network that is listed.
      if (url.protocol === "http:") await vettedAddresses(placeOf(url), { rules: addressRules, onlyListed: true });
      return url.href;
    } catch (error) {
      throw error instanceof WaygateError ? invalidField(path, messageOf(error)) : error;
    }
  }

  async function readSessions(shown: readonly string[] | null, reach: SessionReach): Promise<number[] | null> {
    if (shown === null) return sessions.idsWithin(reach, undefined);
    const found = await Promise.all(
      shown.map((one, place) =>
        sessions.get(reach, one).catch(() => {
          throw invalidField(`/sessions/${place}`, `There is no session ${one}.`);
        }),
      ),
    );
    return [...new Set(found.map(({ id }) => id))];
  }

  /** One that is given by its id here is kept by its address, under which it is the same in every session. */
  async function named(chats: readonly string[], { accountId }: SessionReach): Promise<string[]> {
    return Promise.all(
      chats.map(async (text, place) => {
        const id = ids.read("chat", text);
        if (id === null) return text;
        const chat = await store.chats.find(id);
        const session = chat === null ? null : await store.sessions.find(chat.sessionId);
        const jid = chat?.jid ?? (chat?.contact == null ? null : jidOf(chat.contact));
        if (jid !== null && session?.accountId === accountId) return jid;
        throw invalidField(`/chats/${place}`, `There is no chat ${text}.`);
      }),
    );
  }

  function readHeaders(given: Readonly<Record<string, string>>, before: Record<string, string>) {
    const read = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, value === hidden ? (before[name] ?? value) : value]),
    );
    const fault = headerFault(read);
    if (fault !== null) throw invalidField("/headers", fault);
    return read;
  }

  function sealedHeaders(headers: Record<string, string>, cell: string): Uint8Array | null {
    if (Object.keys(headers).length === 0) return null;
    return sealer.seal(Buffer.from(JSON.stringify(headers)), webhookCell("headers", cell));
  }

  function sealedSecret(secret: string, cell: string, column: "secret" | "previousSecret" = "secret"): Uint8Array {
    return sealer.seal(Buffer.from(secret), webhookCell(column, cell));
  }

  function readSecret(given: string | undefined): string {
    if (given === undefined || isSecret(given)) return given ?? makeSecret();
    throw invalidField("/secret", "A secret that begins with whsec_ goes on in base64.");
  }

  /** What is given, as it is kept. */
  async function read(input: WebhookInput, reach: SessionReach, before: Webhook | null) {
    const { url, description, events, sessions: shown, chats, format, timeoutMs, isOrdered, retry } = input;
    const read: Omit<WebhookUpdate["changes"], "headers" | "secret"> = {};
    if (url !== undefined) read.url = await readAddress(url);
    if (description !== undefined) read.description = description;
    if (events !== undefined) read.events = readEventPatterns(events);
    if (shown !== undefined) read.sessions = await readSessions(shown, reach);
    if (chats !== undefined) read.chats = chats === null ? null : readChats(await named(chats, reach), "/chats");
    if (format !== undefined) read.format = format;
    if (timeoutMs !== undefined) read.timeoutMs = timeoutMs;
    if (isOrdered !== undefined) read.isOrdered = isOrdered;
    if (retry !== undefined) read.retry = retry;
    const headers = input.headers === undefined ? undefined : readHeaders(input.headers ?? {}, before?.headers ?? {});
    return { read, headers };
  }

  async function find(id: number): Promise<Webhook> {
    const webhook = await store.webhooks.find(id);
    if (webhook === null) throw new WaygateError("not_found", "There is no such webhook.");
    return webhook;
  }

  async function get(reach: SessionReach, id: number): Promise<Webhook> {
    const webhook = await find(id);
    if (webhook.accountId === reach.accountId && isWithin(webhook, await idsOf(reach))) return webhook;
    throw new WaygateError("not_found", "There is no such webhook.");
  }

  const idsOf = (reach: SessionReach) => sessions.idsWithin(reach, undefined);

  function recorded(
    action: AuditAction & `webhook.${string}`,
    { id, accountId }: { id: number | null; accountId: number },
    { actor, detail = {} }: { actor: Actor; detail?: AuditEvent["detail"] },
  ): Recorded {
    const target = id === null ? null : ids.show("webhook", id);
    return { action, actor, accountId, target, detail, at: clock.now() };
  }

  async function setState(webhook: Webhook, state: "active" | "paused" | "removed", actor: Actor): Promise<void> {
    const action = ({ active: "webhook.resumed", paused: "webhook.paused", removed: "webhook.removed" } as const)[
      state
    ];
    const event = recorded(action, webhook, { actor });
    await store.write("webhooks.set_state", { id: webhook.id, state, at: clock.now(), event });
  }

  return {
    get,
    /** For those who do something else first. */
    async checkAddress(url: string, path: string): Promise<void> {
      await readAddress(url, path);
    },
    async list(reach: SessionReach, page: PageRequest): Promise<Page<Webhook>> {
      const own = await idsOf(reach);
      const { accountId } = reach;
      if (own === null) return pageOf(page, (oneMore) => store.webhooks.list(accountId, oneMore));
      // There are few enough of them to be looked at one by one.
      const all = await store.webhooks.list(accountId, { before: page.before, limit: webhookLimits.perAccount });
      const seen = all.filter((webhook) => isWithin(webhook, own));
      return pageOf(page, async ({ limit }) => seen.slice(0, limit));
    },

    async create(input: NewWebhookInput, reach: SessionReach, actor: Actor): Promise<Webhook> {
      const cell = randomBytes(16).toString("hex");
      const { read: given, headers = {} } = await read({ ...input, sessions: input.sessions ?? null }, reach, null);
      const secret = readSecret(input.secret);
      const { accountId } = reach;
      const webhook = {
        ...{ description: null, events: ["*"], sessions: null, chats: null, format: "native" as const },
        ...{ timeoutMs: webhookLimits.usualTimeoutMs, isOrdered: false, retry: "default" as const },
        ...given,
        url: given.url ?? "",
        ...{ accountId, cell, createdAt: clock.now() },
        state: input.isPaused === true ? ("paused" as const) : ("active" as const),
        headers: sealedHeaders(headers, cell),
        secret: sealedSecret(secret, cell),
      };
      const detail = { host: new URL(webhook.url).host, events: webhook.events };
      const event = recorded("webhook.created", { id: null, accountId }, { actor, detail });
      return find(await store.write("webhooks.create", { webhook, event }));
    },

    async update(webhook: Webhook, input: WebhookInput, reach: SessionReach, actor: Actor): Promise<Webhook> {
      const { id } = webhook;
      const { read: given, headers } = await read(input, reach, webhook);
      const { cell } = webhook;
      const changes = {
        ...given,
        ...(headers === undefined ? {} : { headers: sealedHeaders(headers, cell) }),
        ...(input.secret === undefined ? {} : { secret: sealedSecret(readSecret(input.secret), cell) }),
      };
      const event = recorded("webhook.updated", webhook, { actor, detail: { changed: Object.keys(changes) } });
      const seen = delivering?.seenBy(id) ?? webhook.cursor;
      await store.write("webhooks.update", { id, changes, seen, at: clock.now(), event });
      return find(id);
    },

    /** The one before signs beside it for so long, where a format knows of two. */
    async rotate(
      webhook: Webhook,
      given: { secret?: string | undefined; graceMs: number },
      actor: Actor,
    ): Promise<Webhook> {
      const { id, cell } = webhook;
      const at = clock.now();
      const secret = sealedSecret(readSecret(given.secret), cell);
      const former = sealedSecret(webhook.secret, cell, "previousSecret");
      const previous = given.graceMs === 0 ? null : { secret: former, until: at + given.graceMs };
      const event = recorded("webhook.rotated", webhook, { actor, detail: { grace_seconds: given.graceMs / 1_000 } });
      await store.write("webhooks.rotate", { id, secret, previous, at, event });
      return find(id);
    },

    async pause(webhook: Webhook, actor: Actor): Promise<Webhook> {
      if (webhook.state !== "paused") await setState(webhook, "paused", actor);
      return find(webhook.id);
    },
    /** Goes on where it was stopped, by whomever. */
    async resume(webhook: Webhook, actor: Actor): Promise<Webhook> {
      if (webhook.state !== "active") await setState(webhook, "active", actor);
      return find(webhook.id);
    },
    remove: (webhook: Webhook, actor: Actor): Promise<void> => setState(webhook, "removed", actor),
    async tryOut(webhook: Webhook): Promise<TriedWebhook> {
      if (delivering === null) throw new WaygateError("unavailable", "Webhooks are called while the gateway runs.");
      return delivering.tryOut(webhook);
    },
  };
}

function isWithin({ sessions }: Webhook, own: readonly number[] | null): boolean {
  return own === null || sessions?.every((id) => own.includes(id)) === true;
}
