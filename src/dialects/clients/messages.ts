// /api/send-message, /api/sent-messages and /api/received-messages: messages to and from numbers.
import { type Static, Type } from "@sinclair/typebox";
import { isoTime } from "../../core/clock.ts";
import type { Message } from "../../core/message.ts";
import type { Session } from "../../core/session.ts";
import type { Call } from "../../http/call.ts";
import { routes } from "../../http/surface.ts";
import type { Resource } from "../../http/v1/resource.ts";
import type { Limits } from "./limits.ts";
import { clientParameter, createClientAccess } from "./read.ts";
import { NewMessage, saidIn, sendFor } from "./sending.ts";
import { bodyOf, digitsOf, recipientOf, StringOrNull, seconds, sentStatus } from "./write.ts";

const listed = 100;

const SentMessage = Type.Object(
  {
    success: Type.Literal(true, { examples: [true] }),
    message: Type.Literal("Message sent successfully.", { examples: ["Message sent successfully."] }),
    messageId: Type.String({ description: "WhatsApp's own id.", examples: ["3EB0C767F26AFC1F8B"] }),
    timestamp: Type.Integer({ examples: [1_699_123_456] }),
  },
  { title: "ClientsSentMessage" },
);
const SentRow = Type.Object(
  {
    id: Type.Integer(),
    clientId: Type.String(),
    senderNumber: Type.String(),
    recipient: Type.String(),
    message: Type.String(),
    status: Type.String({ examples: ["sent"] }),
    sentAt: StringOrNull,
  },
  { title: "ClientsSentRow" },
);
const ReceivedRows = Type.Object(
  {
    status: Type.Literal("success", { examples: ["success"] }),
    messages: Type.Array(
      Type.Object({
        id: Type.Integer(),
        client_id: Type.String(),
        sender: Type.String(),
        message: Type.String(),
        received_at: Type.String(),
      }),
      { examples: [[]] },
    ),
  },
  { title: "ClientsReceived" },
);

export function messageRoutes({ services, operation }: Resource, limits: Limits) {
  const { messages } = services;
  const clients = createClientAccess(services);

  async function send(body: Static<typeof NewMessage>, call: Call): Promise<Static<typeof SentMessage>> {
    limits.send(call);
    const said = saidIn(body);
    const session = await clients.get(call, body.clientId);
    const sent = await sendFor(call, services, { session, to: body.number, said });
    return {
      success: true,
      message: "Message sent successfully.",
      messageId: sent.waId,
      timestamp: seconds(sent.sentAt ?? sent.saidAt),
    };
  }

  async function newest(sessions: readonly Session[], direction: "in" | "out"): Promise<Message[]> {
    const [first] = sessions;
    if (first === undefined) return [];
    const filter = { accountId: first.accountId, sessionIds: sessions.map(({ id }) => id), direction };
    return (await messages.list(filter, { before: null, limit: listed })).rows;
  }

  async function sentRows(call: Call): Promise<Static<typeof SentRow>[]> {
    const all = await clients.list(call);
    const byId = new Map(all.map((session) => [session.id, session]));
    const rows = await newest(all, "out");
    return rows.flatMap((message) => {
      const session = byId.get(message.sessionId);
      return session === undefined ? [] : [showSent(message, session)];
    });
  }

  return routes()
    .post(
      "/api/send-message",
      ({ body, call }) => send(body, call),
      operation(
        {
          id: "clientsSendMessage",
          summary: "Send a message",
          description:
            "Answers when WhatsApp has it, or after 15 seconds: then it is kept, and goes out as soon as it can. An `Idempotency-Key` header makes it safe to ask again.",
          access: "send",
          faults: ["not_found", "conflict", "daily_limit_reached", "unavailable"],
        },
        { body: NewMessage, response: { 200: SentMessage } },
      ),
    )
    .get(
      "/api/sent-messages",
      ({ call }) => sentRows(call),
      operation(
        {
          id: "clientsListSent",
          summary: "What was sent",
          description: "The last hundred messages of your clients, newest first.",
          access: "read",
        },
        { response: { 200: Type.Array(SentRow, { title: "ClientsSent" }) } },
      ),
    )
    .get(
      "/api/received-messages/:clientId",
      async ({ params, call }) => {
        const session = await clients.get(call, params.clientId);
        const rows = await newest([session], "in");
        return { status: "success" as const, messages: rows.map((message) => showReceived(message, session)) };
      },
      operation(
        {
          id: "clientsListReceived",
          summary: "What was received",
          description: "The last hundred messages that this client received, newest first.",
          access: "read",
          faults: ["not_found"],
        },
        { params: clientParameter, response: { 200: ReceivedRows } },
      ),
    );
}

function showSent(message: Message, session: Session): Static<typeof SentRow> {
  const status = sentStatus(message.state);
  return {
    id: message.id,
    clientId: session.name,
    senderNumber: session.identity?.phone ?? session.settings.intendedPhone ?? "",
    recipient: recipientOf(message),
    message: bodyOf(message),
    status,
    sentAt: status === "sent" ? isoTime(message.sentAt ?? message.saidAt) : null,
  };
}

function showReceived(message: Message, session: Session) {
  return {
    id: message.id,
    client_id: session.name,
    sender: message.sender === null ? recipientOf(message) : digitsOf(message.sender),
    message: bodyOf(message),
    received_at: isoTime(message.saidAt),
  };
}
