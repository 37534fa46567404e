// What goes in and comes out of /api/v1/sandbox.
import { type TSchema, Type } from "@sinclair/typebox";
import { OneOf } from "../../core/one-of.ts";
import { PageQuery, strict } from "./shapes.ts";

const Text = (description: string, examples: string[], maxLength = 4_096) =>
  Type.String({ minLength: 1, maxLength, description, examples });
const PhoneNumber = Text("With the country code, in any usual form.", ["+15551000001"], 40);
const roles = OneOf(["superadmin", "admin"]);

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
    online: Type.Boolean(),
    behaviour: Behaviour,
    devices: Type.Array(
      Type.Object({
        device: Type.Integer(),
        jid: Type.String(),
        platform: Type.String(),
        connected: Type.Boolean(),
        queued: Type.Integer({ description: "Stanzas that wait for it." }),
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
    about: Type.Optional(Text("What it says about itself.", ["Hey there!"], 500)),
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
          kind: OneOf(["image", "video", "audio", "ptt", "document", "sticker"]),
          mimetype: Text("Its type.", ["image/png"], 100),
          base64: Type.String({ minLength: 4, maxLength: 50_000_000 }),
          caption: Type.Optional(Type.String({ maxLength: 4_096 })),
          file_name: Type.Optional(Type.String({ maxLength: 255 })),
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
    location: Type.Optional(
      Type.Object(
        { latitude: Type.Number(), longitude: Type.Number(), name: Type.Optional(Type.String({ maxLength: 300 })) },
        strict,
      ),
    ),
    contact: Type.Optional(Type.Object({ name: Type.String({ maxLength: 300 }), number: PhoneNumber }, strict)),
  },
  {
    ...strict,
    title: "SandboxWords",
    description: "One of text, media, react, edit, revoke, poll, location, contact.",
    examples: [{ to: "+15550001111", text: "Hello!" }],
  },
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
export const GroupJson = Type.Object(
  {
    id: Type.String({ examples: ["120363660183322321@g.us"] }),
    subject: Type.String(),
    addressing: OneOf(["pn", "lid"]),
    members: Type.Array(Type.Object({ number: Type.String(), role: Type.Union([roles, Type.Null()]) })),
  },
  { title: "SandboxGroup" },
);
const Numbers = (description: string) => Type.Optional(Type.Array(PhoneNumber, { maxItems: 1_000, description }));
export const NewGroup = Type.Object(
  {
    subject: Text("Its name.", ["Friends"], 100),
    creator: PhoneNumber,
    members: Numbers("Who else is in it."),
    addressing: Type.Optional(OneOf(["lid", "pn"])),
  },
  {
    ...strict,
    title: "NewSandboxGroup",
    examples: [{ subject: "Friends", creator: "+15551000001", members: ["+15550001111"] }],
  },
);
export const GroupChange = Type.Object(
  {
    by: PhoneNumber,
    add: Numbers("Who joins."),
    remove: Numbers("Who goes."),
    promote: Numbers("Who becomes admin."),
    demote: Numbers("Who no longer is."),
    subject: Type.Optional(Text("A new name.", ["Old friends"], 100)),
    leave: Type.Optional(Type.Boolean({ description: "Whoever makes the change leaves." })),
  },
  { ...strict, title: "SandboxGroupChange", examples: [{ by: "+15551000001", add: ["+15551000002"] }] },
);
export const FaultJson = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String({ examples: ["drop-ack"] }),
    phone: Type.Union([Type.String(), Type.Null()]),
    probability: Type.Number(),
    count: Type.Union([Type.Integer(), Type.Null()]),
    delay_ms: Type.Integer(),
    code: Type.Union([Type.Integer(), Type.Null()]),
  },
  { title: "SandboxFault" },
);
export const NewFault = Type.Object(
  {
    name: Text("One of the names that `GET /faults` lists.", ["drop-ack"], 40),
    phone: Type.Optional(PhoneNumber),
    probability: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1, description: "Each time with this probability." }),
    ),
    count: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1, maximum: 1_000_000 }), Type.Null()], {
        description: "This many times; null is without end.",
      }),
    ),
    delay_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 600_000 })),
    code: Type.Optional(Type.Integer({ minimum: 100, maximum: 999 })),
  },
  { ...strict, title: "NewSandboxFault", examples: [{ name: "ack-error", code: 463, count: 1 }] },
);
export const Anything = Type.Record(Type.String(), Type.Unknown());

export const phoneParameter = Type.Object({
  number: Type.String({
    maxLength: 20,
    pattern: "^\\+?[0-9]+$",
    description: "The phone's number.",
    examples: ["15551000001"],
  }),
});
export const groupParameter = Type.Object({
  id: Type.String({ maxLength: 60, description: "The group's JID.", examples: ["120363660183322321@g.us"] }),
});
export const faultParameter = Type.Object({
  id: Type.String({ maxLength: 12, pattern: "^[0-9]+$", description: "The fault's id.", examples: ["1"] }),
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
export const StatsQuery = Type.Object(
  { id: Type.Optional(Type.String({ maxLength: 64, description: "Of one message." })) },
  strict,
);
export const FramesQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_000, default: 100, description: "How many." })),
    who: Type.Optional(Type.String({ maxLength: 40, description: "Of one device, as `15550001111:1`." })),
  },
  strict,
);
export const SettleInput = Type.Object(
  {
    within_ms: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 25_000, default: 10_000, description: "How long to wait at most." }),
    ),
  },
  { ...strict, title: "SandboxSettle", examples: [{ within_ms: 5_000 }] },
);
export const ClockInput = Type.Object(
  { advance_ms: Type.Integer({ minimum: 0, maximum: 31_536_000_000, description: "By how much." }) },
  { ...strict, title: "SandboxClockMove", examples: [{ advance_ms: 604_800_000 }] },
);

export const listed = <T extends TSchema>(item: T, title: string) => Type.Object({ data: Type.Array(item) }, { title });
