// /api/v1/messages: sending, and reading back what was said.
import { type Static, Type } from "@sinclair/typebox";
import { second } from "../../core/clock.ts";
import { contentKinds } from "../../core/content.ts";
import { longestFetchMs } from "../../core/media-limits.ts";
import { type Message, type MessageState, messageStates } from "../../core/message.ts";
import { OneOf } from "../../core/one-of.ts";
import type { Call } from "../call.ts";
import { readIdempotencyKey, replayed } from "../idempotency.ts";
import { routes } from "../surface.ts";
import { createMessageAccess } from "./message-access.ts";
import { MessageJson, showMessage } from "./message-shapes.ts";
import { NewMessage, readNewMessage } from "./new-message.ts";
import type { Resource } from "./resource.ts";
import { createSessionAccess } from "./session-access.ts";
import {
  given,
  idParameter,
  listOf,
  PageQuery,
  readId,
  readPage,
  readTime,
  showPage,
  strict,
  TimeInput,
} from "./shapes.ts";
import { createWholeMessages, WholeMessage } from "./whole-message.ts";

/** So long an answer waits at most for what becomes of a message. */
export const waitMs = 15 * second;
const beforeSending: readonly MessageState[] = ["queued", "sending"];
const beforeDelivery: readonly MessageState[] = [...beforeSending, "sent"];
/** With a file that has to be fetched from somewhere. */
const longestSeconds = longestFetchMs / second + 30;

const SendQuery = Type.Object(
  {
    wait: Type.Optional(
      OneOf(["none", "server", "device"], {
        description:
          "`none` answers as soon as it is kept, `server` when WhatsApp has it, `device` when it is on a device of its recipient's.",
        default: "server",
      }),
    ),
  },
  strict,
);

const ListQuery = Type.Object(
  {
    ...PageQuery,
    session: Type.Optional(Type.String({ maxLength: 64, description: "Of this session, by id or name." })),
    chat: Type.Optional(Type.String({ maxLength: 60, description: "In this chat." })),
    direction: Type.Optional(OneOf(["in", "out"], { description: "Only what came in, or went out." })),
    status: Type.Optional(OneOf(messageStates, { description: "Only those that stand so." })),
    type: Type.Optional(OneOf(contentKinds, { description: "Only of this kind." })),
    since: Type.Optional(TimeInput("Said at this time or later.")),
    until: Type.Optional(TimeInput("Said before this time.")),
    text: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: "With these words; the last may be only begun." }),
    ),
  },
  strict,
);

export function messageRoutes({ services, operation }: Resource) {
  const { messages, sessions, ids } = services;
  const { reachOf } = createSessionAccess(services);
  const { ownMessage } = createMessageAccess(services);
  const show = (message: Message) => showMessage(message, ids);
  const { showWhole } = createWholeMessages(services);

  async function filterOf(query: Static<typeof ListQuery>, call: Call) {
    const { session, chat, direction, status, type, since, until, text } = query;
    const reach = reachOf(call);
    return {
      accountId: reach.accountId,
      sessionIds: await sessions.idsWithin(reach, session),
      ...given({
        chatId: chat === undefined ? undefined : readId(ids, "chat", chat),
        direction,
        states: status === undefined ? undefined : [status],
        kinds: type === undefined ? undefined : [type],
        saidFrom: since === undefined ? undefined : readTime(since, "since"),
        saidUntil: until === undefined ? undefined : readTime(until, "until"),
        text,
      }),
    };
  }

  return routes()
    .get(
      "/messages",
      async ({ query, call }) => {
        const page = await messages.list(await filterOf(query, call), readPage(query, ids, "message"));
        return showPage(page, ids, "message", show);
      },
      operation(
        {
          id: "listMessages",
          summary: "List messages",
          description: "What was said, newest first, both ways; narrowed by whatever is given, all of which must hold.",
          access: "read",
          faults: ["not_found"],
        },
        { query: ListQuery, response: { 200: listOf(MessageJson, "MessageList") } },
      ),
    )
    .post(
      "/messages",
      async ({ body, query, call, status }) => {
        call.takes(longestSeconds);
        const session = await sessions.get(reachOf(call), body.session_id);
        const key = readIdempotencyKey(call);
        const untilDelivered = query.wait === "device";
        const options = { waitMs: query.wait === "none" ? 0 : waitMs, untilDelivered, ...given({ key }) };
        const { message, isReplayed } = await messages.send(session, readNewMessage(body, ids), options);
        if (isReplayed) call.headers.push(replayed);
        const isWaiting = (untilDelivered ? beforeDelivery : beforeSending).includes(message.state);
        return status(isWaiting ? 202 : 201, show(message));
      },
      operation(
        {
          id: "sendMessage",
          isRepeatable: true,
          summary: "Send a message",
          description:
            "Accepted means kept: it is on disk before this answers, and goes out once, over restarts and broken connections. 201 when it has come as far as `wait` says, 202 while it waits (15 s at most). With an `Idempotency-Key` header the same request may be made again within 24 hours: it is done once, and answered with the message as it then stands (`Idempotency-Replayed: true`).",
          access: "send",
          carriesFiles: true,
          faults: ["not_found", "conflict", "daily_limit_reached", "unavailable"],
        },
        { body: NewMessage, query: SendQuery, response: { 201: MessageJson, 202: MessageJson } },
      ),
    )
    .post(
      "/messages/:id/cancel",
      async ({ params, call }) => show(await messages.cancel(await ownMessage(call, params.id))),
      operation(
        {
          id: "cancelMessage",
          summary: "Cancel a message",
          description: "While it waits. What is on its way or has gone out is 409.",
          access: "send",
          faults: ["not_found", "conflict"],
        },
        { params: idParameter("message", "message"), response: { 200: MessageJson } },
      ),
    )
    .get(
      "/messages/:id",
      async ({ params, call }) => showWhole(await ownMessage(call, params.id)),
      operation(
        {
          id: "getMessage",
          summary: "One message",
          description:
            "As it stands now and when it got there, with everybody's reactions, votes and receipts, and what was asked to be done to it.",
          access: "read",
          faults: ["not_found"],
        },
        { params: idParameter("message", "message"), response: { 200: WholeMessage } },
      ),
    );
}
