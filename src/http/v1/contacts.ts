// /api/v1/contacts: who there is, and who shall not be there any more.
import { Type } from "@sinclair/typebox";
import type { Contact } from "../../core/chat.ts";
import { second } from "../../core/clock.ts";
import { WaygateError } from "../../core/errors.ts";
import { OneOf } from "../../core/one-of.ts";
import { type Call, callerOf } from "../call.ts";
import { routes } from "../surface.ts";
import { ContactJson, showContact } from "./chat-shapes.ts";
import type { Resource } from "./resource.ts";
import { createSessionAccess } from "./session-access.ts";
import { idParameter, listOf, PageParameters, readId, readPage, showPage } from "./shapes.ts";

const waitSeconds = 20;
const Forgetting = Type.Object(
  {
    status: OneOf(["forgotten", "going_on"], {
      description: "`going_on` goes on by itself, over restarts of the gateway.",
      examples: ["forgotten"],
    }),
  },
  { title: "Forgetting" },
);

export function contactRoutes({ services, operation }: Resource) {
  const { chats, forgetting, sessions, ids } = services;
  const { reachOf } = createSessionAccess(services);
  const show = (contact: Contact) => showContact(contact, ids);

  async function contactReach(call: Call) {
    const reach = reachOf(call);
    return { accountId: reach.accountId, sessionIds: await sessions.idsWithin(reach, undefined) };
  }

  return routes()
    .get(
      "/contacts",
      async ({ query, call }) => {
        const page = await chats.listContacts(await contactReach(call), readPage(query, ids, "contact"));
        return showPage(page, ids, "contact", show);
      },
      operation(
        {
          id: "listContacts",
          summary: "List contacts",
          description:
            "Everybody who wrote or was written to. One person is one contact: phone number and LID are two names of it.",
          access: "read",
        },
        { query: PageParameters, response: { 200: listOf(ContactJson, "ContactList") } },
      ),
    )
    .get(
      "/contacts/:id",
      async ({ params, call }) =>
        show(await chats.getContact(await contactReach(call), readId(ids, "contact", params.id))),
      operation(
        {
          id: "getContact",
          summary: "One contact",
          description: "As it is known now.",
          access: "read",
          faults: ["not_found"],
        },
        { params: idParameter("contact", "contact"), response: { 200: ContactJson } },
      ),
    )
    .delete(
      "/contacts/:id",
      async ({ params, call }) => {
        call.waits(waitSeconds);
        const contact = await chats.getContact(await contactReach(call), readId(ids, "contact", params.id));
        if (reachOf(call).sessions !== null) throw new WaygateError("forbidden", ofAllSessions);
        const isDone = await forgetting.forget(contact, callerOf(call), waitSeconds * second);
        return { status: isDone ? ("forgotten" as const) : ("going_on" as const) };
      },
      operation(
        {
          id: "forgetContact",
          summary: "Forget a person",
          description: aboutForgetting,
          access: "manage",
          faults: ["not_found", "conflict", "unavailable"],
        },
        { params: idParameter("contact", "contact"), response: { 200: Forgetting } },
      ),
    );
}

const ofAllSessions =
  "This API key is good for its own sessions only; whoever is forgotten is forgotten in all of the account's.";
const aboutForgetting = `Everything of theirs in all sessions of the account: the chats with them, both ways, with files; what they wrote in groups, their reactions, votes and receipts; their number, LID and names, also where others mention or quote them or sent their contact card; what they were received as, and the keys to their devices. Messages that wait to be sent to them are cancelled. The freed places in the database are overwritten.

What takes longer than ${waitSeconds} seconds goes on by itself, over restarts; the same request asks how far it is (404 in the end). The audit says that somebody was forgotten, and not who.

Not reached from here: backups that were made before, uploads until their day is over, the phone of the session itself (which tells history again when it is linked anew), and what others say about the person in words of their own. Whoever writes again is somebody new. In a group that a session shares with them, their number and keys come back with the next message there.`;
