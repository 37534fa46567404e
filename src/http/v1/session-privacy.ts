// /api/v1/sessions/…/privacy and …/blocklist: what a linked number shows to whom, and whom it does not want to hear from.
import { type Static, Type } from "@sinclair/typebox";
import { readPersonJid } from "../../core/jid.ts";
import { OneOf } from "../../core/one-of.ts";
import { type Privacy, privacyValues } from "../../core/ports.ts";
import { routes } from "../surface.ts";
import type { Resource } from "./resource.ts";
import { createSessionAccess } from "./session-access.ts";
import { sessionParameter, showPhone } from "./session-shapes.ts";
import { given, strict } from "./shapes.ts";

const privacy = {
  last_seen: ["last", "Who sees when it was last online."],
  online: ["online", "Who sees that it is online."],
  profile_picture: ["profile", "Who sees its picture."],
  about: ["status", "Who sees what it says about itself."],
  read_receipts: ["readreceipts", "Whether it tells that it has read; `none` takes the others' away too."],
  group_add: ["groupadd", "Who may add it to groups."],
  call_add: ["calladd", "Whose calls ring."],
  messages: ["messages", "Who may write to it."],
} as const;

const field = <F extends keyof typeof privacy>(name: F) => {
  const [word, description] = privacy[name];
  return Type.Optional(OneOf(privacyValues[word], { description, examples: [privacyValues[word][0]] }));
};
const shown = (name: keyof typeof privacy) => {
  const [word, description] = privacy[name];
  return Type.Optional(Type.String({ description, examples: [privacyValues[word][0]] }));
};

const PrivacyJson = Type.Object(
  {
    last_seen: shown("last_seen"),
    online: shown("online"),
    profile_picture: shown("profile_picture"),
    about: shown("about"),
    read_receipts: shown("read_receipts"),
    group_add: shown("group_add"),
    call_add: shown("call_add"),
    messages: shown("messages"),
  },
  { title: "SessionPrivacy", description: "In WhatsApp's own words; what it does not tell is left out." },
);

const PrivacyInput = Type.Object(
  {
    last_seen: field("last_seen"),
    online: field("online"),
    profile_picture: field("profile_picture"),
    about: field("about"),
    read_receipts: field("read_receipts"),
    group_add: field("group_add"),
    call_add: field("call_add"),
    messages: field("messages"),
  },
  { ...strict, title: "SessionPrivacyChanges", examples: [{ last_seen: "contacts", read_receipts: "all" }] },
);

const Blocklist = Type.Object(
  {
    data: Type.Array(
      Type.Object({
        jid: Type.String({ examples: ["4915123456789@s.whatsapp.net"] }),
        phone: Type.Union([Type.String(), Type.Null()], { examples: ["+4915123456789"] }),
      }),
    ),
    next_cursor: Type.Null({ description: "There are never more." }),
  },
  { title: "Blocklist" },
);

const BlocklistChange = Type.Object(
  {
    contact: Type.String({
      minLength: 1,
      maxLength: 100,
      description: "A phone number with its country code in any usual form, or a person's JID.",
    }),
    action: OneOf(["block", "unblock"]),
  },
  { ...strict, title: "BlocklistChange", examples: [{ contact: "+49 151 23456789", action: "block" }] },
);

export function sessionPrivacyRoutes({ services, operation }: Resource) {
  const { sessionAsks } = services;
  const { own } = createSessionAccess(services);
  const params = sessionParameter;
  const faults = ["not_found" as const, "conflict" as const, "unavailable" as const];

  return routes()
    .get(
      "/sessions/:id/privacy",
      async ({ params, call }) => privacyJson(await sessionAsks.privacy(await own(call, params.id))),
      operation(
        {
          id: "getSessionPrivacy",
          summary: "Get the privacy settings",
          description: "What the number shows to whom, asked at WhatsApp just now.",
          access: "read",
          faults,
        },
        { params, response: { 200: PrivacyJson } },
      ),
    )
    .patch(
      "/sessions/:id/privacy",
      async ({ params, body, call }) => {
        const session = await own(call, params.id);
        return privacyJson(await sessionAsks.changePrivacy(session, readPrivacy(body)));
      },
      operation(
        {
          id: "updateSessionPrivacy",
          summary: "Change the privacy settings",
          description: "Changes what is given and leaves the rest; it holds on the phone too.",
          access: "manage",
          faults,
        },
        { params, body: PrivacyInput, response: { 200: PrivacyJson } },
      ),
    )
    .get(
      "/sessions/:id/blocklist",
      async ({ params, call }) => blocklistJson(await sessionAsks.blocklist(await own(call, params.id))),
      operation(
        {
          id: "getBlocklist",
          summary: "Get the blocklist",
          description: "Whom the number has blocked.",
          access: "read",
          faults,
        },
        { params, response: { 200: Blocklist } },
      ),
    )
    .post(
      "/sessions/:id/blocklist",
      async ({ params, body, call }) => {
        const session = await own(call, params.id);
        const jid = readPersonJid(body.contact, "/contact");
        return blocklistJson(await sessionAsks.changeBlocklist(session, jid, body.action));
      },
      operation(
        {
          id: "changeBlocklist",
          summary: "Block or unblock somebody",
          description: "Adds a person to the blocklist or takes them off it; answers the list as it then is.",
          access: "manage",
          faults,
        },
        { params, body: BlocklistChange, response: { 200: Blocklist } },
      ),
    );
}

function readPrivacy(body: Static<typeof PrivacyInput>): Privacy {
  return given({
    last: body.last_seen,
    online: body.online,
    profile: body.profile_picture,
    status: body.about,
    readreceipts: body.read_receipts,
    groupadd: body.group_add,
    calladd: body.call_add,
    messages: body.messages,
  });
}

function privacyJson(from: Privacy): Static<typeof PrivacyJson> {
  return given({
    last_seen: from.last,
    online: from.online,
    profile_picture: from.profile,
    about: from.status,
    read_receipts: from.readreceipts,
    group_add: from.groupadd,
    call_add: from.calladd,
    messages: from.messages,
  });
}

function blocklistJson(jids: readonly string[]): Static<typeof Blocklist> {
  return { data: jids.map((jid) => ({ jid, phone: phoneOf(jid) })), next_cursor: null };
}

function phoneOf(jid: string): string | null {
  return showPhone(/^(\d+)@s\.whatsapp\.net$/.exec(jid)?.[1] ?? null);
}
