// /api/v1/sandbox/phones/{number}/…: what a phone's owner does besides writing: calls, keeps chats, saves contacts.
import { Type } from "@sinclair/typebox";
import { OneOf } from "../../core/one-of.ts";
import type { SandboxControl } from "../../sandbox/control/actions.ts";
import { routes } from "../surface.ts";
import type { Resource } from "./resource.ts";
import { phoneParameter } from "./sandbox-phone-shapes.ts";
import { changing, notFound, reading, told } from "./sandbox-route.ts";
import { PhoneNumber, Text } from "./sandbox-shapes.ts";
import { NoContent, strict } from "./shapes.ts";

const CallInput = Type.Object(
  {
    to: Text("A number, or a group's JID: then it rings at everybody in it.", ["+15550001111"], 60),
    video: Type.Optional(Type.Boolean({ default: false })),
    by: Type.Optional(OneOf(["pn", "lid"], { default: "pn", description: "Named by number or by LID." })),
  },
  { ...strict, title: "NewSandboxCall", examples: [{ to: "+15550001111" }] },
);
const CallJson = Type.Object(
  {
    id: Type.String({ examples: ["3A6BBD41006CE76F541E"] }),
    to: Type.String({ examples: ["15550001111"] }),
    video: Type.Boolean(),
    state: OneOf(["ringing", "rejected", "accepted", "ended"]),
  },
  { title: "SandboxCall" },
);
const CallTurnInput = Type.Object(
  {
    turn: OneOf(["accepted", "rejected", "timed_out", "repeated"], {
      description:
        "The phone it rings on takes it or rejects it, nobody takes it in time, or WhatsApp tells once more what it told last.",
    }),
  },
  { ...strict, title: "SandboxCallTurn", examples: [{ turn: "timed_out" }] },
);
const CallsJson = Type.Object({ data: Type.Array(CallJson) }, { title: "SandboxCalls" });
const callParameter = Type.Object({
  number: phoneParameter.properties.number,
  id: Type.String({
    maxLength: 64,
    pattern: "^\\w+$",
    description: "The call's id.",
    examples: ["3A6BBD41006CE76F541E"],
  }),
});
const PresenceInput = Type.Object(
  { available: Type.Boolean() },
  { ...strict, title: "SandboxPresence", examples: [{ available: true }] },
);
const ChatInput = Type.Object(
  {
    chat: Text("A number, a full JID, or a group's.", ["+15551000003"], 100),
    by: Type.Optional(OneOf(["pn", "lid"], { default: "pn", description: "Named by number or by LID." })),
    archived: Type.Optional(Type.Boolean()),
    pinned: Type.Optional(Type.Boolean()),
    muted_seconds: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1, maximum: 31_536_000 }), Type.Literal("always"), Type.Null()], {
        description: "From now on; null for no longer.",
      }),
    ),
    read: Type.Optional(Type.Literal(true, { description: "Marked as read, without being opened." })),
  },
  { ...strict, title: "SandboxChat", examples: [{ chat: "+15551000003", archived: true }] },
);
const ContactInput = Type.Object(
  { number: PhoneNumber, name: Text("As the owner calls them.", ["Grandma"], 100) },
  { ...strict, title: "SandboxContact", examples: [{ number: "+15551000003", name: "Grandma" }] },
);

export function sandboxOwnerRoutes({ operation }: Resource, { phones }: SandboxControl) {
  return routes()
    .get(
      "/sandbox/phones/:number/calls",
      ({ params }) => ({ data: told(() => phones.calls(params.number)) }),
      operation(
        {
          ...reading("listSandboxCalls", "Whom a phone calls", "Oldest first, with what became of each."),
          ...notFound,
        },
        { params: phoneParameter, response: { 200: CallsJson } },
      ),
    )
    .post(
      "/sandbox/phones/:number/calls",
      ({ params, body, status }) =>
        status(
          201,
          told(() => phones.call(params.number, body)),
        ),
      operation(
        {
          ...changing(
            "callFromSandboxPhone",
            "Call somebody",
            "It rings on every device that is linked to them, or to those of a group.",
          ),
          ...notFound,
        },
        { params: phoneParameter, body: CallInput, response: { 201: CallJson } },
      ),
    )
    .patch(
      "/sandbox/phones/:number/calls/:id",
      ({ params, body }) => told(() => phones.turnCall(params.number, params.id, body)),
      operation(
        {
          ...changing("turnSandboxCall", "What becomes of a call", "Without the caller, who is named in the path."),
          ...notFound,
        },
        { params: callParameter, body: CallTurnInput, response: { 200: CallJson } },
      ),
    )
    .delete(
      "/sandbox/phones/:number/calls/:id",
      ({ params, set }) => {
        told(() => phones.hangUp(params.number, params.id));
        set.status = 204;
      },
      operation(
        { ...changing("hangUpSandboxCall", "Hang up", "The caller gives up, or has said enough."), ...notFound },
        { params: callParameter, response: { 204: NoContent } },
      ),
    )
    .post(
      "/sandbox/phones/:number/presence",
      ({ params, body, set }) => {
        told(() => phones.show(params.number, body));
        set.status = 204;
      },
      operation(
        {
          ...changing(
            "showSandboxPhone",
            "Come or go",
            "The owner opens WhatsApp or closes it: whoever asked is told.",
          ),
          ...notFound,
        },
        { params: phoneParameter, body: PresenceInput, response: { 204: NoContent } },
      ),
    )
    .post(
      "/sandbox/phones/:number/chats",
      ({ params, body, set }) => {
        told(() => phones.keepChat(params.number, body));
        set.status = 204;
      },
      operation(
        {
          ...changing(
            "keepSandboxChat",
            "Archive, pin, mute a chat",
            "As the owner keeps it on the phone, and marks it as read; all linked devices are told, also those linked later.",
          ),
          ...notFound,
        },
        { params: phoneParameter, body: ChatInput, response: { 204: NoContent } },
      ),
    )
    .post(
      "/sandbox/phones/:number/contacts",
      ({ params, body, set }) => {
        told(() => phones.saveContact(params.number, body));
        set.status = 204;
      },
      operation(
        {
          ...changing(
            "saveSandboxContact",
            "Save a contact",
            "In the phone's address book; all linked devices are told, also those linked later.",
          ),
          ...notFound,
        },
        { params: phoneParameter, body: ContactInput, response: { 204: NoContent } },
      ),
    );
}
