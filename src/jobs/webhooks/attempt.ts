// One attempt to tell one webhook one thing: sent as its format has it, and what came of it in terms of the log.
import type { IncomingHttpHeaders } from "node:http";
import type { Clock } from "../../core/clock.ts";
import type { EventType } from "../../core/events.ts";
import type { Ids } from "../../core/ids.ts";
import { retryAfter } from "../../core/retry.ts";
import type { Webhook } from "../../core/webhook.ts";
import type { Caller } from "../../net/caller.ts";
import type { Asked } from "../../net/client.ts";
import { secretsOf, sentOf, type WebhookFormat } from "../../services/webhook-format.ts";
import type { Settlement } from "../../store/deliveries.ts";

export type Attempted = Pick<Settlement, "at" | "durationMs" | "status" | "fault" | "headers" | "body"> & {
  /** What the receiver asked for, if it failed. */
  retryAfterMs: number | null;
  /** What a receiver that has taken it said, as far as it was read; not for the log. */
  answered: Buffer | null;
};
export type ToSend = {
  caller: Caller;
  webhook: Webhook;
  format: WebhookFormat;
  eventId: number;
  type: EventType;
  /** As it is stored. */
  body: string;
};

/** Read, so that whoever answers at length is let finish; and kept. */
const readBytes = 64 * 1_024;
const keptBytes = 16 * 1_024;
const keptHeaders = 50;
const keptHeaderLength = 1_000;
const mask = "********";
/** Shorter ones would be found where nothing secret is. */
const shortestSecret = 6;

type Needs = { ids: Ids; clock: Clock };

export function createAttempt({ ids, clock }: Needs) {
  return async ({ caller, webhook, format, eventId, type, body: stored }: ToSend): Promise<Attempted> => {
    const at = clock.now();
    const secrets = secretsOf(webhook, at);
    const id = ids.show("event", eventId);
    const { body, headers } = await sentOf(format, { eventId, id, body: stored, at, webhook, secrets });
    const timeoutMs = Math.min(webhook.timeoutMs, format.timeoutMsOf?.(type) ?? webhook.timeoutMs);
    const begun = performance.now();
    const asked = await caller.post({ headers, body, timeoutMs, maxBytes: readBytes });
    const durationMs = Math.round(performance.now() - begun);
    const own = [...secrets, ...tokensIn(webhook.headers), ...proofsIn(headers)];
    return { at, durationMs, ...toldBy(asked, at, formsOf(own)) };
  };
}

/** What the owner has set; of `Bearer abc` what follows by itself as well. */
function tokensIn(headers: Record<string, string>): string[] {
  return Object.values(headers).flatMap((value) => [value, ...(/^\S+ (\S+)$/.exec(value)?.slice(1) ?? [])]);
}

/** What a receiver is shown to know us by, and what is made with a secret. */
function proofsIn(headers: Record<string, string>): string[] {
  const isProof = (name: string) => /^(x-api-key|.*signature)$/i.test(name);
  return Object.entries(headers).flatMap(([name, value]) => (isProof(name) ? value.split(" ") : []));
}

/** As they may be said back: as they are, and within JSON. */
function formsOf(secrets: readonly string[]): string[] {
  const forms = secrets.filter(({ length }) => length >= shortestSecret);
  for (const secret of [...forms]) if (/["\\]/.test(secret)) forms.push(JSON.stringify(secret).slice(1, -1));
  // The longest first: what is in another must not break it up.
  return forms.sort((one, other) => other.length - one.length);
}

function toldBy(asked: Asked, at: number, secrets: string[]): Omit<Attempted, "at" | "durationMs"> {
  if (asked.outcome !== "response") {
    return { status: null, fault: asked.reason, headers: null, body: null, retryAfterMs: null, answered: null };
  }
  const { status } = asked;
  const isTaken = status >= 200 && status < 300;
  return {
    status,
    fault: isTaken ? null : faultOf(status),
    headers: headersOf(asked.headers, secrets),
    body: asked.body.length === 0 ? null : keptOf(asked.body, secrets),
    answered: isTaken ? asked.body : null,
    retryAfterMs: isTaken ? null : retryAfter(asked.headers["retry-after"], at),
  };
}

function faultOf(status: number): string {
  const redirects = status >= 300 && status < 400;
  return redirects ? `It answered ${status}, and redirects are not followed.` : `It answered ${status}.`;
}

/** A receiver may answer with what it was sent; and what it wants remembered of a visitor is not for the log. */
function headersOf(headers: IncomingHttpHeaders, secrets: readonly string[]): string {
  const shown: Record<string, string> = {};
  let count = 0;
  for (const name in headers) {
    if (++count > keptHeaders) break;
    const value = headers[name] ?? "";
    const text = typeof value === "string" ? value : value.join(", ");
    const isSecret = name === "set-cookie" || secrets.some((secret) => text.includes(secret));
    shown[name] = isSecret ? mask : text.slice(0, keptHeaderLength);
  }
  return JSON.stringify(shown);
}

/** Bytes of its own: what it came in would go to the writer's thread with it. Cut when nothing secret can be cut in two. */
function keptOf(body: Buffer, secrets: readonly string[]): Uint8Array {
  if (!secrets.some((secret) => body.includes(secret))) return new Uint8Array(body.subarray(0, keptBytes));
  const text = withoutAll(body.toString("latin1"), secrets.map(latin1));
  return new Uint8Array(Buffer.from(text, "latin1").subarray(0, keptBytes));
}

/** As it looks among bytes that are read one by one. */
function latin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}

function withoutAll(text: string, secrets: readonly string[]): string {
  return secrets.reduce((left, secret) => left.replaceAll(secret, mask), text);
}

/** Retries that a receiver asks for by these hold for all that is told it. */
export function asksForRest(status: number | null): boolean {
  return status === 429 || status === 503;
}
