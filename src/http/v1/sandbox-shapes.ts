// What goes in and comes out of /api/v1/sandbox, apart from its phones.
import { type TSchema, Type } from "@sinclair/typebox";
import { OneOf } from "../../core/one-of.ts";
import { strict } from "./shapes.ts";

export const Text = (description: string, examples: string[], maxLength = 4_096) =>
  Type.String({ minLength: 1, maxLength, description, examples });
export const PhoneNumber = Text("With the country code, in any usual form.", ["+15551000001"], 40);
const roles = OneOf(["superadmin", "admin"]);

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
    description: Type.Optional(
      Type.Union([Text("What it is about.", ["For everybody in the house."], 2_000), Type.Null()], {
        description: "Null takes it away.",
      }),
    ),
    picture: Type.Optional(
      Type.Union([Type.String({ minLength: 4, maxLength: 1_000_000 }), Type.Null()], {
        description: "A JPEG in base64; null takes it away.",
      }),
    ),
    announce: Type.Optional(Type.Boolean({ description: "Only admins write." })),
    locked: Type.Optional(Type.Boolean({ description: "Only admins change it." })),
    disappearing_seconds: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 31_536_000, description: "How long messages in it are to stay." }),
    ),
    join: Type.Optional(Type.Boolean({ description: "Whoever makes the change joins first, through its link." })),
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
    code: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 999, description: "Where the fault's sentence speaks of it." }),
    ),
  },
  { ...strict, title: "NewSandboxFault", examples: [{ name: "ack-error", code: 463, count: 1 }] },
);
const Limit = (description: string) => Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000, description }));
const Limits = Type.Object(
  {
    frames: Limit("Stanzas kept for whoever looks at them."),
    frame_bytes: Limit("Their bytes, all together."),
    messages: Limit("Messages whose fate `stats` tells."),
    inbox_items: Limit(
      "Items in all inboxes together. What a phone has written can be sent again for as long as it is there.",
    ),
    queue: Limit("Stanzas that wait for one linked device. Beyond that the oldest are dropped, and counted."),
    counters: Limit("Marks of ciphertexts, by which a counter that is used twice is noticed."),
  },
  strict,
);
const Checking = Type.Boolean({
  description: "False for measuring: phones neither read what they get nor look at it, and no stanzas are kept.",
});
export const SettingsJson = Type.Object(
  { checking: Checking, limits: Type.Required(Limits) },
  { title: "SandboxSettings" },
);
export const SettingsChanges = Type.Object(
  { checking: Type.Optional(Checking), limits: Type.Optional(Limits) },
  { ...strict, title: "SandboxSettingsChanges", examples: [{ limits: { inbox_items: 10_000 } }] },
);
export const Anything = Type.Record(Type.String(), Type.Unknown());

export const groupParameter = Type.Object({
  id: Type.String({ maxLength: 60, description: "The group's JID.", examples: ["120363660183322321@g.us"] }),
});
export const faultParameter = Type.Object({
  id: Type.String({ maxLength: 12, pattern: "^[0-9]+$", description: "The fault's id.", examples: ["1"] }),
});
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
