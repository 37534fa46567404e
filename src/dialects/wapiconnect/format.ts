// What the tenant's webhook is told: the document's five events, each signed within its own body.
import { createHash } from "node:crypto";
import { jidOf } from "../../core/chat.ts";
import { type Face, isMedia } from "../../core/content.ts";
import type { EventInFull, EventType } from "../../core/events.ts";
import type { Ids } from "../../core/ids.ts";
import type { Message } from "../../core/message.ts";
import { bodySignature } from "../../core/webhook-signature.ts";
import type { FormatNeeds } from "../../services/telling.ts";
import type { WebhookFormat } from "../../services/webhook-format.ts";
import { messageText, pngUrlOf, typeWord } from "./write.ts";

type Told = { event: string; data: Record<string, unknown> };

/** What the document's events are made of. */
export const tenantEvents: EventType[] = [
  "message.received",
  "session.qr",
  "session.connected",
  "session.disconnected",
  "session.logged_out",
  "session.failed",
];

export function createWapiconnectFormat({ store, clock, ids }: FormatNeeds): WebhookFormat {
  return {
    async bodyOf(full) {
      const told = toldOf(full, clock.now());
      const account = told === null ? null : await store.accounts.find(full.event.accountId);
      if (told === null || account === null) return null;
      const { event, data } = told;
      const sessionId = full.session?.name ?? "";
      const tenantId = tenantIdOf(account, ids);
      return JSON.stringify({ tenantId, event, sessionId, timestamp: full.event.at, data });
    },
    /** Of the JSON without that field, which comes last: taken out again, what is left is what was signed. */
    signedBody: (body, secret) => `${body.slice(0, -1)},"signature":"${bodySignature(body, secret)}"}`,
    headersOf: ({ id, body, secrets }) => ({
      "Content-Type": "application/json",
      "webhook-id": id,
      "X-Webhook-Signature": bodySignature(body, secrets[0]),
    }),
  };
}

/** As the document has them: my-business-a1b2c3. */
function tenantIdOf({ id, username }: { id: number; username: string }, ids: Ids): string {
  const slug = username
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  const digits = createHash("sha256").update(ids.show("account", id)).digest("hex").slice(0, 6);
  return `${slug || "tenant"}-${digits}`;
}

/** Null for what the document knows nothing of. */
function toldOf({ event: { type, data }, session, message }: EventInFull, now: number): Told | null {
  switch (type) {
    case "message.received":
      return message === null || !isOfTheirs(message) ? null : { event: "message", data: messageData(message) };
    case "session.qr":
      // It can be scanned for a minute at most: told later, it would only mislead.
      return typeof data.qr !== "string" || Number(data.expiresAt) <= now
        ? null
        : { event: "qr", data: { qrCode: pngUrlOf(data.qr) } };
    case "session.connected":
      return { event: "ready", data: { phoneNumber: session?.identity?.phone ?? data.phone ?? "" } };
    case "session.disconnected":
    case "session.logged_out":
    case "session.failed":
      return { event: "disconnected", data: { reason: data.reason ?? type.replace("session.", "") } };
    case "webhook.test":
      return { event: "test", data: { message: "This is a test of your webhook." } };
    default:
      return null;
  }
}

/** The statuses of everybody are no messages to anybody. */
function isOfTheirs({ chat: { kind } }: Message): boolean {
  return kind === "person" || kind === "group" || kind === "channel";
}

function messageData(message: Message): Record<string, unknown> {
  const { chat, sender, waId, content, deletedAt } = message;
  const isGroup = chat.kind === "group";
  return {
    id: waId,
    from: chat.jid ?? jidOf(chat.face ?? nobody),
    body: messageText(message),
    type: typeWord(content.kind),
    isGroup,
    hasMedia: deletedAt === null && isMedia(content),
    ...(isGroup && sender !== null ? { participant: jidOf(sender) } : {}),
  };
}

const nobody: Face = { phone: null, lid: null };
