// /api/v1/sessions/…/contacts: who is on WhatsApp, as a linked number sees it.
import { Type } from "@sinclair/typebox";
import { type FieldFault, WaygateError } from "../../core/errors.ts";
import { parsePhone } from "../../core/phone.ts";
import { routes } from "../surface.ts";
import type { Resource } from "./resource.ts";
import { createSessionAccess } from "./session-access.ts";
import { sessionParameter, showPhone } from "./session-shapes.ts";
import { strict } from "./shapes.ts";

const mostPhones = 500;
const maxFieldsTold = 20;

const ContactCheck = Type.Object(
  {
    phones: Type.Array(Type.String({ minLength: 1, maxLength: 60 }), {
      minItems: 1,
      maxItems: mostPhones,
      description: "Numbers with their country codes, in any usual form.",
    }),
  },
  { ...strict, title: "ContactCheck", examples: [{ phones: ["+49 151 23456789", "0044 20 7946 0000"] }] },
);

const CheckedContacts = Type.Object(
  {
    data: Type.Array(
      Type.Object(
        {
          input: Type.String({ description: "As it was given.", examples: ["+49 151 23456789"] }),
          phone: Type.String({ examples: ["+4915123456789"] }),
          exists: Type.Boolean({ description: "Whether this number is on WhatsApp.", examples: [true] }),
          jid: Type.Union([Type.String(), Type.Null()], {
            description: "Its address there, which may hold another spelling of the number.",
            examples: ["4915123456789@s.whatsapp.net"],
          }),
          lid: Type.Union([Type.String(), Type.Null()], {
            description: "Its LID, where WhatsApp tells it.",
            examples: [null],
          }),
        },
        { title: "CheckedContact" },
      ),
      { description: "One for each number, in the same order." },
    ),
    next_cursor: Type.Null({ description: "There are never more." }),
  },
  { title: "CheckedContacts" },
);

export function sessionContactRoutes({ services, operation }: Resource) {
  const { sessionAsks } = services;
  const { own } = createSessionAccess(services);

  return routes().post(
    "/sessions/:id/contacts/check",
    async ({ params, body, call }) => {
      const session = await own(call, params.id);
      const checked = await sessionAsks.checkNumbers(session, readPhones(body.phones));
      const data = checked.map((one, place) => ({
        input: body.phones[place] ?? "",
        phone: showPhone(one.phone),
        exists: one.exists,
        jid: one.jid,
        lid: one.lid,
      }));
      return { data, next_cursor: null };
    },
    operation(
      {
        id: "checkContacts",
        summary: "Are these numbers on WhatsApp",
        description:
          "Asks WhatsApp for up to 500 numbers at once. A number that is there is remembered for a day, one that is not for ten minutes.",
        access: "read",
        faults: ["not_found", "conflict", "unavailable"],
      },
      { params: sessionParameter, body: ContactCheck, response: { 200: CheckedContacts } },
    ),
  );
}

/** All that cannot be read are told at once, not one with each attempt. */
function readPhones(texts: readonly string[]): string[] {
  const fields: FieldFault[] = [];
  const phones: string[] = [];
  for (const [place, text] of texts.entries()) {
    const read = parsePhone(text);
    if ("digits" in read) phones.push(read.digits);
    else if (fields.length < maxFieldsTold) fields.push({ in: "body", path: `/phones/${place}`, message: read.fault });
  }
  const [first] = fields;
  if (first !== undefined) throw new WaygateError("invalid", `${first.path}: ${first.message}`, { fields });
  return phones;
}
