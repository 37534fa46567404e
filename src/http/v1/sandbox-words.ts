// What a phone of the sandbox may be made to write: the body of POST /api/v1/sandbox/phones/{number}/messages.
import { Type } from "@sinclair/typebox";
import { OneOf } from "../../core/one-of.ts";
import { PhoneNumber, Text } from "./sandbox-shapes.ts";
import { strict } from "./shapes.ts";

export const Words = Type.Object(
  {
    to: Text("A number, a full JID, or a group's.", ["+15550001111"], 100),
    by: Type.Optional(OneOf(["pn", "lid"], { default: "pn", description: "Addressed by number or by LID." })),
    text: Type.Optional(Text("A text.", ["Hello!"], 65_536)),
    quote: Type.Optional(Text("The id of a message that the text answers.", ["3A…"], 64)),
    mentions: Type.Optional(Type.Array(PhoneNumber, { maxItems: 100 })),
    media: Type.Optional(
      Type.Object(
        {
          kind: OneOf(["image", "video", "gif", "video_note", "audio", "ptt", "document", "sticker"]),
          mimetype: Text("Its type.", ["image/png"], 100),
          base64: Type.String({ minLength: 4, maxLength: 50_000_000 }),
          caption: Type.Optional(Type.String({ maxLength: 4_096 })),
          file_name: Type.Optional(Type.String({ maxLength: 255 })),
          view_once: Type.Optional(Type.Boolean({ default: false, description: "To be seen or heard once." })),
        },
        strict,
      ),
    ),
    react: Type.Optional(
      Type.Object({ id: Type.String({ maxLength: 64 }), emoji: Type.String({ maxLength: 40 }) }, strict),
    ),
    edit: Type.Optional(
      Type.Object({ id: Type.String({ maxLength: 64 }), text: Type.String({ maxLength: 65_536 }) }, strict),
    ),
    revoke: Type.Optional(Type.String({ maxLength: 64, description: "The id of a message to delete for everybody." })),
    poll: Type.Optional(
      Type.Object(
        {
          name: Type.String({ maxLength: 300 }),
          options: Type.Array(Type.String({ maxLength: 100 }), { minItems: 2, maxItems: 12 }),
          selectable: Type.Optional(Type.Integer({ minimum: 0, maximum: 12 })),
        },
        strict,
      ),
    ),
    vote: Type.Optional(
      Type.Object(
        {
          id: Type.String({ maxLength: 64, description: "Of a poll that this phone has got or sent." }),
          options: Type.Array(Type.String({ maxLength: 100 }), {
            maxItems: 12,
            description: "What is chosen; none takes the vote back.",
          }),
        },
        strict,
      ),
    ),
    location: Type.Optional(
      Type.Object(
        { latitude: Type.Number(), longitude: Type.Number(), name: Type.Optional(Type.String({ maxLength: 300 })) },
        strict,
      ),
    ),
    contact: Type.Optional(Type.Object({ name: Type.String({ maxLength: 300 }), number: PhoneNumber }, strict)),
    protocol: Type.Optional(
      Type.Object(
        {
          type: OneOf([
            "history_sync_notification",
            "app_state_sync_key_share",
            "lid_migration_mapping_sync",
            "peer_data_operation_request_response_message",
          ]),
          text: Type.Optional(Text("Of the message that it invents.", ["Send me money!"])),
          victim: Type.Optional(Text("In whose name; the receiver by default.", ["+15551000001"], 40)),
          as_peer: Type.Optional(Type.Boolean({ description: "Marked as if from the receiver's own phone." })),
        },
        { ...strict, description: "What only one's own phone may say, forged: no client may believe it." },
      ),
    ),
  },
  {
    ...strict,
    title: "SandboxWords",
    description: "One of text, media, react, edit, revoke, poll, vote, location, contact, protocol.",
    examples: [{ to: "+15550001111", text: "Hello!" }],
  },
);
