// /api/v1/messages/{id} changed: a reaction to it, another wording, its deletion for everybody. The methods are those that
// HTTP has for this: what one puts there is the own reaction, the only one there can be; an edit changes a part of a
// message, so it is a PATCH.
import { type Static, Type } from "@sinclair/typebox";
import { invalidField } from "../../core/errors.ts";
import { OneOf } from "../../core/one-of.ts";
import type { ActionInput } from "../../services/action-composing.ts";
import type { Call } from "../call.ts";
import { readIdempotencyKey, replayed } from "../idempotency.ts";
import { routes } from "../surface.ts";
import { createMessageAccess } from "./message-access.ts";
import { waitMs } from "./messages.ts";
import type { Resource } from "./resource.ts";
import { given, idParameter, strict } from "./shapes.ts";
import { ActionJson, createWholeMessages, showAction, WholeMessage } from "./whole-message.ts";

const NewReaction = Type.Object(
  {
    emoji: Type.Union([Type.String({ maxLength: 64 }), Type.Null()], {
      description: "One emoji; null or an empty text takes the reaction back.",
    }),
  },
  { ...strict, title: "NewReaction", examples: [{ emoji: "👍" }] },
);
const MessageEdit = Type.Object(
  {
    text: Type.String({ minLength: 1, maxLength: 65_536, description: "The text; of a file, its caption." }),
    mentions: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
        maxItems: 1_024,
        description: "People whom it names, as numbers or JIDs; those of before, if it is left out.",
      }),
    ),
  },
  { ...strict, title: "MessageEdit", examples: [{ text: "Hello, and welcome!" }] },
);
const WaitQuery = Type.Object(
  {
    wait: Type.Optional(
      OneOf(["none", "server"], {
        description: "`none` answers as soon as it is kept, `server` when WhatsApp has it.",
        default: "server",
      }),
    ),
  },
  strict,
);
const Changed = Type.Object(
  {
    ...WholeMessage.properties,
    action: Type.Union([ActionJson, Type.Null()], {
      description: "What was asked for and how it stands; null where WhatsApp had to be told nothing.",
    }),
  },
  { title: "ChangedMessage" },
);
const response = { 200: Changed, 202: Changed };
const params = idParameter("message", "message");

const accepted =
  "Accepted means kept: it goes out once, over restarts and broken connections, behind whatever waits in the same chat. 200 when WhatsApp has taken or refused it (`action.status`), 202 while it waits (15 s at most); the message shows it once WhatsApp has it. An `Idempotency-Key` header makes it safe to ask again.";

export function messageActionRoutes({ services, operation }: Resource) {
  const { messageActions, ids } = services;
  const { ownWithSession } = createMessageAccess(services);
  const { showWhole } = createWholeMessages(services);

  async function perform(call: Call, shown: string, input: ActionInput, { wait }: Static<typeof WaitQuery>) {
    const { message, session } = await ownWithSession(call, shown);
    const options = { waitMs: wait === "none" ? 0 : waitMs, ...given({ key: readIdempotencyKey(call) }) };
    const done = await messageActions.perform(session, message, input, options);
    if (done.isReplayed) call.headers.push(replayed);
    const action = done.action === null ? null : showAction(done.action, ids);
    const isWaiting = action?.status === "queued";
    return { code: isWaiting ? 202 : 200, shown: { ...(await showWhole(done.message)), action } } as const;
  }

  return routes()
    .put(
      "/messages/:id/reaction",
      async ({ params: { id }, body, query, call, status }) => {
        const input = { kind: "reaction", emoji: readEmoji(body.emoji) } as const;
        const { code, shown } = await perform(call, id, input, query);
        return status(code, shown);
      },
      operation(
        {
          id: "reactToMessage",
          isRepeatable: true,
          summary: "React to a message",
          description: `One's own or somebody else's, in the place of the reaction before. ${accepted}`,
          access: "send",
          faults: ["not_found", "conflict", "unavailable"],
        },
        { params, query: WaitQuery, body: NewReaction, response },
      ),
    )
    .patch(
      "/messages/:id",
      async ({ params: { id }, body: { text, mentions = null }, query, call, status }) => {
        const { code, shown } = await perform(call, id, { kind: "edit", text, mentions }, query);
        return status(code, shown);
      },
      operation(
        {
          id: "editMessage",
          isRepeatable: true,
          summary: "Edit a message",
          description: `The text or the caption of a message of one's own, for 15 minutes after it was sent; later, and where there is neither, it is 409. One that has not gone yet goes out with the new wording alone. ${accepted}`,
          access: "send",
          faults: ["not_found", "conflict", "unavailable"],
        },
        { params, query: WaitQuery, body: MessageEdit, response },
      ),
    )
    .delete(
      "/messages/:id",
      async ({ params: { id }, query, call, status }) => {
        const { code, shown } = await perform(call, id, { kind: "deletion" }, query);
        return status(code, shown);
      },
      operation(
        {
          id: "deleteMessage",
          isRepeatable: true,
          summary: "Delete a message for everybody",
          description: `One of one's own, for 60 hours after it was sent; later it is 409. One that has not gone yet is cancelled, and nobody sees it. ${accepted}`,
          access: "send",
          faults: ["not_found", "conflict", "unavailable"],
        },
        { params, query: WaitQuery, response },
      ),
    );
}

const symbols = new Intl.Segmenter("en", { granularity: "grapheme" });
const isEmoji = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u;

/** What is no emoji WhatsApp would take, and show to nobody. */
function readEmoji(given: string | null): string | null {
  const emoji = given?.trim() ?? "";
  if (emoji === "") return null;
  if ([...symbols.segment(emoji)].length === 1 && isEmoji.test(emoji)) return emoji;
  throw invalidField("/emoji", "A reaction is one emoji.");
}
