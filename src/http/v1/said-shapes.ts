// What is to be said, before it is a message: shown with the names under which it was given.
import { type Static, Type } from "@sinclair/typebox";
import type { Ids } from "../../core/ids.ts";
import { OneOf } from "../../core/one-of.ts";
import type { Said, SaidBody } from "../../core/said.ts";
import { saidKinds } from "./message-input.ts";
import { numberOrNull, orNull, textOrNull } from "./message-media.ts";
import { IdOrNull } from "./shapes.ts";

const listOrNull = <T extends Parameters<typeof Type.Array>[0]>(items: T, description: string) =>
  Type.Union([Type.Array(items), Type.Null()], { description, examples: [null] });

/** Fields of whatever says something later. */
export const saidShape = {
  type: Type.Union([OneOf(saidKinds), Type.Null()], {
    description: "What it is to be; null for a file that becomes what suits it.",
    examples: ["text"],
  }),
  text: textOrNull("The text; of a file, its caption.", "Hello!"),
  media: orNull(
    {
      url: textOrNull("Where it is fetched from, where it is fetched each time."),
      size: numberOrNull("Bytes, of one that is kept here until then."),
      file_name: textOrNull("As its receiver sees it."),
      mime_type: textOrNull("As it was given."),
      view_once: Type.Boolean({ examples: [false] }),
    },
    "SaidMedia",
    "The file it carries.",
  ),
  location: orNull(
    {
      latitude: Type.Number(),
      longitude: Type.Number(),
      name: textOrNull("The place's."),
      address: textOrNull("The place's."),
    },
    "SaidLocation",
    "Where, if it is a place.",
  ),
  contacts: listOrNull(
    Type.Object({ name: Type.String(), phones: Type.Array(Type.String()) }, { title: "SaidContact" }),
    "The contact cards it carries.",
  ),
  poll: orNull(
    { question: Type.String(), options: Type.Array(Type.String()), selectable: Type.Integer() },
    "SaidPoll",
    "What it asks, if it is a poll.",
  ),
  mentions: Type.Array(Type.String(), { description: "Whom it names.", examples: [[]] }),
  reply_to: IdOrNull("message", "The message it answers."),
  preview: Type.Boolean({ description: "Whether a link is shown with its page.", examples: [true] }),
  disappears_in_seconds: numberOrNull("It disappears for everybody so long after it was sent."),
};
const SaidJson = Type.Object(saidShape);

type Shown = Static<typeof SaidJson>;
const nothing = { text: null, media: null, location: null, contacts: null, poll: null, preview: true };

export function showSaid(
  { body, mentions, replyTo, disappearsInSeconds }: Said,
  bytes: number | null,
  ids: Ids,
): Shown {
  return {
    ...nothing,
    ...showBody(body, bytes),
    mentions,
    reply_to: replyTo === null ? null : ids.show("message", replyTo),
    disappears_in_seconds: disappearsInSeconds,
  };
}

function showBody(body: SaidBody, bytes: number | null): Pick<Shown, "type"> & Partial<Shown> {
  switch (body.kind) {
    case "text":
      return { type: "text", text: body.text, preview: body.wantsPreview };
    case "media": {
      const { as, source, caption, fileName, mimeType, isViewOnce } = body;
      const kept = source.from === "kept" ? source : { fileName: null, mimeType: null };
      const media = {
        url: source.from === "url" ? source.url : null,
        size: bytes,
        file_name: fileName ?? kept.fileName,
        mime_type: mimeType ?? kept.mimeType,
        view_once: isViewOnce,
      };
      return { type: as, text: caption, media };
    }
    case "location": {
      const { kind, ...location } = body;
      return { type: kind, location };
    }
    case "contacts":
      return { type: body.kind, contacts: body.contacts };
    case "poll": {
      const { kind, ...poll } = body;
      return { type: kind, poll };
    }
  }
}
