// What a client's webhook is told: the document's three events, with the client's own key to know us by. Its receivers
// answer back.

import { gatewayItself } from "../../core/audit.ts";
import { second } from "../../core/clock.ts";
import type { EventInFull, EventType } from "../../core/events.ts";
import type { Message } from "../../core/message.ts";
import type { Session } from "../../core/session.ts";
import type { Webhook } from "../../core/webhook.ts";
import { createClientKeys } from "../../services/client-keys.ts";
import type { FormatNeeds } from "../../services/telling.ts";
import type { WebhookFormat } from "../../services/webhook-format.ts";
import { bodyOf, chatId, digitsOf, recipientOf } from "./write.ts";

/** What the document's events are made of. */
export const clientEvents: EventType[] = ["message.received", "message.sent", "call.rejected"];

/** So long a receiver may take, as the document says. */
export const receiverTimeoutMs = 5 * second;
const callTimeoutMs = 3 * second;

type Told = { event: string; data: Record<string, unknown> };

export function createClientsFormat({ store, clock }: Pick<FormatNeeds, "store" | "clock">): WebhookFormat {
  const clientKeys = createClientKeys({ store, clock });

  async function sessionOf(eventId: number, { sessions }: Webhook): Promise<Session | null> {
    const event = await store.journal.find(eventId);
    const [only, ...others] = sessions ?? [];
    // The event may be forgotten by now; most webhooks are told of one client anyway.
    const id = event?.sessionId ?? (others.length === 0 ? only : undefined);
    return id === undefined ? null : store.sessions.find(id);
  }

  return {
    bodyOf(full) {
      const told = toldOf(full);
      return told === null ? null : JSON.stringify(told);
    },
    async headersOf({ id, eventId, webhook }) {
      const headers = { "Content-Type": "application/json", "webhook-id": id };
      const session = await sessionOf(eventId, webhook);
      if (session === null) return headers;
      const { secret } = await clientKeys.ensure(session, gatewayItself);
      return { ...headers, "X-Api-Key": secret };
    },
    timeoutMsOf: (type) => (type === "call.rejected" ? callTimeoutMs : receiverTimeoutMs),
    answerIn: (type, answered) => {
      const field = answerFields[type];
      return field === undefined ? null : wordsIn(answered, field);
    },
  };
}

const answerFields: Partial<Record<EventType, string>> = {
  "message.received": "response",
  "call.rejected": "rejectionMessage",
};

/** Null for whatever is no JSON, or says nothing there. */
function wordsIn(answered: Buffer, field: string): string | null {
  try {
    const said: unknown = JSON.parse(answered.toString())?.[field];
    return typeof said === "string" && said.trim() !== "" ? said : null;
  } catch {
    return null;
  }
}

/** Null for what the document knows nothing of. */
function toldOf({ event, session, message, contact }: EventInFull): Told | null {
  if (event.type === "webhook.test") {
    const said = "This is a test of your webhook.";
    return { event: "test", data: { body: said, message: said, timestamp: event.at, type: "test" } };
  }
  if (session === null) return null;
  const { name } = session;
  switch (event.type) {
    case "message.received":
      return message === null || !isSpoken(message) ? null : receivedBy(name, message);
    case "message.sent":
      return message === null || !isSpoken(message) || !isViaApi(message) ? null : sentBy(name, message);
    case "call.rejected": {
      const from = contact === null ? "" : digitsOf(contact);
      const data = { from, to: name, isVideo: event.data.isVideo === true, timestamp: event.at };
      return { event: "call_rejected", data: { ...data, type: "call_rejected" } };
    }
    default:
      return null;
  }
}

/** The statuses of everybody, and channels, are no messages to anybody. */
function isSpoken({ chat: { kind } }: Message): boolean {
  return kind === "person" || kind === "group";
}

/** What was written on the phone itself never waited to go out, and so does not expire. */
function isViaApi({ expiresAt }: Message): boolean {
  return expiresAt !== null;
}

function receivedBy(client: string, message: Message): Told {
  const from = message.sender === null ? recipientOf(message) : digitsOf(message.sender);
  const data = { from, to: client, ...saying(message), timestamp: message.saidAt, type: "received_message" };
  return { event: "message_received", data: { ...data, ...naming(message) } };
}

function sentBy(client: string, message: Message): Told {
  const timestamp = message.sentAt ?? message.saidAt;
  const data = { from: client, to: recipientOf(message), ...saying(message), timestamp, type: "sent_message" };
  return { event: "message_sent", data: { ...data, ...naming(message) } };
}

function saying(message: Message) {
  const body = bodyOf(message);
  return { body, message: body };
}

/** Beyond the document: where it was said, and by which name everybody knows it. */
const naming = ({ waId, chat }: Message) => ({ messageId: waId, chatId: chatId(chat) });
