// /api/v1/messages: texts out.
import { type Static, Type } from "@sinclair/typebox";
import { jidOf } from "../../core/chat.ts";
import { isoTime, second } from "../../core/clock.ts";
import { WaygateError } from "../../core/errors.ts";
import { type Message, messageStates } from "../../core/message.ts";
import { OneOf } from "../../core/one-of.ts";
import type { Call } from "../call.ts";
import { routes } from "../surface.ts";
import type { Resource } from "./resource.ts";
import { createSessionAccess } from "./session-access.ts";
import { Id, idParameter, readId, strict, Time, TimeOrNull } from "./shapes.ts";

const waitMs = 15 * second;

const MessageJson = Type.Object(
  {
    id: Id("message", "The message's id."),
    session_id: Id("session", "The session it goes out from."),
    to: Type.String({ description: "The chat's JID.", examples: ["15551000003@s.whatsapp.net"] }),
    wa_id: Type.String({ description: "WhatsApp's own id of it.", examples: ["3EB0C767D097B7C7C030"] }),
    text: Type.Union([Type.String(), Type.Null()], { examples: ["Hello!"] }),
    status: OneOf(messageStates, {
      description: "`queued` until WhatsApp has it, over restarts and broken connections.",
    }),
    error: Type.Union([Type.String(), Type.Null()], {
      description: "The code with which WhatsApp refused it.",
      examples: [null],
    }),
    created_at: Time("When it was accepted."),
    sent_at: TimeOrNull("When WhatsApp took it."),
  },
  { title: "Message" },
);

const NewMessage = Type.Object(
  {
    session_id: Type.String({ minLength: 1, maxLength: 64, description: "The session, by id or name." }),
    to: Type.String({
      minLength: 1,
      maxLength: 100,
      description:
        "A phone number with its country code in any usual form, or a full JID of a person, group or channel.",
    }),
    text: Type.String({ minLength: 1, maxLength: 65_536 }),
  },
  { ...strict, title: "NewMessage", examples: [{ session_id: "shop", to: "+1 555 100 0003", text: "Hello!" }] },
);

const SendQuery = Type.Object(
  {
    wait: Type.Optional(
      OneOf(["none", "server"], { description: "`none` answers as soon as it is kept.", default: "server" }),
    ),
  },
  strict,
);

export function messageRoutes({ services, operation }: Resource) {
  const { messages, sessions, ids } = services;
  const { own, reachOf } = createSessionAccess(services);

  const show = (message: Message): Static<typeof MessageJson> => ({
    id: ids.show("message", message.id),
    session_id: ids.show("session", message.sessionId),
    to: message.chat.jid ?? jidOf(message.chat.face ?? { phone: null, lid: null }),
    wa_id: message.waId,
    text: message.text,
    status: message.state,
    error: message.fault?.code ?? null,
    created_at: isoTime(message.createdAt),
    sent_at: isoTime(message.sentAt),
  });

  async function ownMessage(call: Call, shown: string): Promise<Message> {
    const message = await messages.get(readId(ids, "message", shown));
    await own(call, ids.show("session", message.sessionId)).catch(() => {
      throw new WaygateError("not_found", "There is no such message.");
    });
    return message;
  }

  return routes()
    .post(
      "/messages",
      async ({ body, query, call, status }) => {
        const session = await sessions.get(reachOf(call), body.session_id);
        const message = await messages.send(session, body, query.wait === "none" ? 0 : waitMs);
        return status(message.state === "queued" ? 202 : 201, show(message));
      },
      operation(
        {
          id: "sendMessage",
          summary: "Send a text",
          description:
            "Accepted means kept: it is on disk before this answers, and goes out once, over restarts and broken connections. 201 when WhatsApp has it, 202 while it waits (15 s at most).",
          access: "send",
          faults: ["not_found", "conflict", "unavailable"],
        },
        { body: NewMessage, query: SendQuery, response: { 201: MessageJson, 202: MessageJson } },
      ),
    )
    .get(
      "/messages/:id",
      async ({ params, call }) => show(await ownMessage(call, params.id)),
      operation(
        {
          id: "getMessage",
          summary: "One message",
          description: "As it stands now.",
          access: "read",
          faults: ["not_found"],
        },
        { params: idParameter("message", "message"), response: { 200: MessageJson } },
      ),
    );
}
