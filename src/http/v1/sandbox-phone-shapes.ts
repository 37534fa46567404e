// What goes in and comes out of /api/v1/sandbox/phones.
import { Type } from "@sinclair/typebox";
import { OneOf } from "../../core/one-of.ts";
import { PhoneNumber, Text } from "./sandbox-shapes.ts";
import { PageQuery, strict } from "./shapes.ts";

const Ids = (description: string) => Type.Array(Type.String(), { description });

export const Behaviour = Type.Object(
  {
    auto_read: Type.Boolean({ description: "Marks what comes as read." }),
    echo: Type.Boolean({ description: "Sends every text back." }),
    reply: Type.Union([Type.String(), Type.Null()], { description: "Answers every text with this." }),
    replies: Type.Array(Type.Object({ pattern: Type.String(), reply: Type.String() }), {
      description: "The first pattern found in a text gives the answer; $1 is its first group.",
    }),
    delay_ms: Type.Integer({ description: "How long an answer takes; it types for as long." }),
  },
  { title: "SandboxBehaviour" },
);
export const PhoneJson = Type.Object(
  {
    number: Type.String({ examples: ["15551000001"] }),
    lid: Type.Union([Type.String(), Type.Null()], { examples: ["603168028046026"] }),
    name: Type.String({ examples: ["Echo"] }),
    about: Type.String(),
    picture: Type.Union([Type.String(), Type.Null()], { description: "Its id; null where there is none." }),
    privacy: Type.Record(Type.String(), Type.String(), { examples: [{ last: "none", readreceipts: "all" }] }),
    blocked: Type.Array(Type.String(), { description: "Whose messages and words it does not get." }),
    disappearing_seconds: Type.Integer({
      description: "How long what it writes in new chats is to stay; 0 is for ever.",
    }),
    online: Type.Boolean(),
    behaviour: Behaviour,
    devices: Type.Array(
      Type.Object({
        device: Type.Integer(),
        jid: Type.String(),
        platform: Type.String(),
        connected: Type.Boolean(),
        queued: Type.Integer({ description: "Stanzas of any kind that wait for it." }),
        messages: Type.Object(
          {
            queued: Type.Integer({ description: "Wait for it." }),
            unacknowledged: Type.Integer({ description: "Are on their way, with no word from it yet." }),
            received: Type.Integer({ description: "It has told to have." }),
            refused: Type.Integer({ description: "It has told that it cannot use, and has not got since." }),
            dropped: Type.Integer({ description: "Were thrown away because too many waited." }),
          },
          { description: "How the messages for it fared. Which they are, `deliveries` tells." },
        ),
      }),
    ),
  },
  { title: "SandboxPhone" },
);
export const NewPhone = Type.Object(
  {
    number: PhoneNumber,
    name: Type.Optional(Text("Shown to others.", ["Echo"], 100)),
    lid: Type.Optional(Type.Boolean({ default: true, description: "False for somebody without a LID." })),
  },
  { ...strict, title: "NewSandboxPhone", examples: [{ number: "+15551000009", name: "Somebody" }] },
);
export const PhoneChanges = Type.Object(
  {
    name: Type.Optional(Text("Shown to others.", ["Echo"], 100)),
    about: Type.Optional(
      Type.String({ maxLength: 500, description: "What it says about itself.", examples: ["Hey!"] }),
    ),
    picture: Type.Optional(
      Type.Union([Type.String({ minLength: 4, maxLength: 1_000_000 }), Type.Null()], {
        description: "A JPEG in base64; null takes it away.",
      }),
    ),
    privacy: Type.Optional(
      Type.Record(Type.String({ maxLength: 40 }), Type.String({ maxLength: 40 }), {
        description:
          "Who may see what, by category: `none` hides `last`, `profile` (the picture) and `status` (about).",
        examples: [{ status: "none" }],
      }),
    ),
    blocked: Type.Optional(
      Type.Array(PhoneNumber, { maxItems: 1_000, description: "Whom it blocks, instead of those before." }),
    ),
    disappearing_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 31_536_000,
        description: "How long what it writes in new chats is to stay.",
      }),
    ),
    online: Type.Optional(Type.Boolean({ description: "False: what comes waits until it is back." })),
    behaviour: Type.Optional(Type.Partial(Behaviour, strict)),
  },
  {
    ...strict,
    title: "SandboxPhoneChanges",
    examples: [{ behaviour: { auto_read: true, echo: true, delay_ms: 800 } }],
  },
);
export const Scan = Type.Object(
  {
    qr: Type.Optional(Text("The text of the QR.", ["https://wa.me/settings/linked_devices#2@…"])),
    session: Type.Optional(Text("A session of this gateway that shows a QR: its id or its name.", ["shop"], 64)),
  },
  { ...strict, title: "SandboxScan", examples: [{ session: "shop" }] },
);
export const TypeCode = Type.Object(
  { code: Text("The eight characters, with or without a dash.", ["ABCD-1234"], 20) },
  { ...strict, title: "SandboxTypeCode", examples: [{ code: "ABCD-1234" }] },
);
export const LinkedJson = Type.Object(
  { number: Type.String(), device: Type.Integer(), jid: Type.String({ examples: ["15550001111:1@s.whatsapp.net"] }) },
  { title: "SandboxLinked" },
);

export const ItemJson = Type.Object(
  {
    id: Type.String({ examples: ["3A6BBD41006CE76F541E"] }),
    chat: Type.String({ description: "The other party's number, or a group." }),
    from: Type.String(),
    from_me: Type.Boolean(),
    at: Type.Integer({ description: "Epoch milliseconds on the network's clock." }),
    kind: Type.String({ examples: ["conversation"] }),
    text: Type.Union([Type.String(), Type.Null()]),
    message: Type.Record(Type.String(), Type.Unknown(), { description: "The decrypted protobuf, as JSON." }),
    media: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], {
      description: "The decrypted file: its path under /media, hash and size; or what was wrong with it.",
    }),
    edited: Type.Boolean(),
    copies: Type.Integer({
      description:
        "How often it came and could be read. More than once, and it was sent twice: it is here once all the same.",
    }),
  },
  { title: "SandboxMessage" },
);
export const InboxJson = Type.Object(
  {
    data: Type.Array(ItemJson, { description: "Oldest first." }),
    last: Type.Union([Type.String(), Type.Null()], { description: "Give it as `after` to read on." }),
  },
  { title: "SandboxInbox" },
);
export const InboxQuery = Type.Object(
  {
    after: Type.Optional(Type.String({ maxLength: 64, description: "`last` of the page before." })),
    wait: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 25,
        default: 0,
        description: "Seconds to wait for the first message if there is none.",
      }),
    ),
    limit: PageQuery.limit,
  },
  strict,
);
export const DeliveriesJson = Type.Object(
  {
    queued: Ids("Wait for it."),
    unacknowledged: Ids("Are on their way, with no word from it yet."),
    received: Type.Integer({ description: "How many it has told to have." }),
    refused: Ids("It has told that it cannot use, and has not got since."),
    dropped: Ids("Were thrown away because too many waited."),
  },
  { title: "SandboxDeliveries" },
);
export const phoneParameter = Type.Object({
  number: Type.String({
    maxLength: 20,
    pattern: "^\\+?[0-9]+$",
    description: "The phone's number.",
    examples: ["15551000001"],
  }),
});
export const deviceParameter = Type.Object({
  number: phoneParameter.properties.number,
  device: Type.String({ maxLength: 4, pattern: "^[0-9]+$", description: "The device's number.", examples: ["1"] }),
});

export const ReadInput = Type.Object(
  {
    ids: Type.Optional(
      Type.Array(Type.String({ maxLength: 64 }), {
        maxItems: 1_000,
        description: "Of which messages; all without it.",
      }),
    ),
  },
  { ...strict, title: "SandboxRead", examples: [{ ids: ["3A6BBD41006CE76F541E"] }] },
);
export const ReadJson = Type.Object({ read: Type.Array(Type.String()) }, { title: "SandboxReadMessages" });
export const TypingInput = Type.Object(
  {
    to: Text("A number or a group.", ["+15550001111"], 100),
    state: Type.Optional(OneOf(["typing", "recording", "paused"], { default: "typing" })),
  },
  { ...strict, title: "SandboxTyping", examples: [{ to: "+15550001111", state: "typing" }] },
);
