// /api/v1/suppressions: whom campaigns do not write to.
import { type Static, Type } from "@sinclair/typebox";
import { isoTime } from "../../core/clock.ts";
import { WaygateError } from "../../core/errors.ts";
import type { Ids } from "../../core/ids.ts";
import { OneOf } from "../../core/one-of.ts";
import { type Suppression, suppressionSources } from "../../core/suppression.ts";
import { type Call, callerOf, principalOf } from "../call.ts";
import { routes } from "../surface.ts";
import { textOrNull } from "./message-media.ts";
import type { Resource } from "./resource.ts";
import { showPhone } from "./session-shapes.ts";
import {
  Id,
  IdOrNull,
  idParameter,
  listOf,
  NoContent,
  PageQuery,
  readId,
  readPage,
  showPage,
  strict,
  Time,
} from "./shapes.ts";

const SuppressionJson = Type.Object(
  {
    id: Id("suppression", "Its id."),
    phone: textOrNull("With its +, when it is known.", "+15551000003"),
    lid: textOrNull("WhatsApp's other address of the same person.", null),
    source: OneOf(suppressionSources, {
      description: "`opt_out` is what they said themselves, in answer to a campaign.",
      examples: ["opt_out"],
    }),
    note: textOrNull("Why, in your words."),
    campaign_id: IdOrNull("campaign", "Which campaign they answered."),
    created_at: Time("Since when."),
  },
  { title: "Suppression" },
);
const NewSuppressions = Type.Object(
  {
    phones: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      minItems: 1,
      maxItems: 10_000,
      description: "Numbers with their country codes, or JIDs of people.",
    }),
    note: Type.Optional(Type.Union([Type.String({ maxLength: 500 }), Type.Null()], { description: "Why." })),
  },
  { ...strict, title: "NewSuppressions", examples: [{ phones: ["+1 555 100 0003"], note: "asked by phone" }] },
);
const Added = Type.Object(
  { added: Type.Integer({ description: "Those that were not there before.", examples: [1] }) },
  { title: "AddedSuppressions" },
);
const ListQuery = Type.Object(
  { ...PageQuery, phone: Type.Optional(Type.String({ maxLength: 100, description: "Whether this one is on it." })) },
  strict,
);

export function suppressionRoutes({ services, operation }: Resource) {
  const { suppressions, ids } = services;
  /** It is the whole account's. */
  function accountOf(call: Call): number {
    const { account, sessions } = principalOf(call);
    if (sessions === null) return account.id;
    throw new WaygateError(
      "forbidden",
      "The suppression list is the whole account's; this key is bound to some of its sessions.",
    );
  }

  return routes()
    .get(
      "/suppressions",
      async ({ query, call }) => {
        const page = await suppressions.list(accountOf(call), query.phone, readPage(query, ids, "suppression"));
        return showPage(page, ids, "suppression", (one) => show(one, ids));
      },
      operation(
        {
          id: "listSuppressions",
          summary: "The suppression list",
          description:
            "Whom your campaigns do not write to, newest first. Messages that you send one by one reach them still.",
          access: "read",
          faults: ["forbidden"],
        },
        { query: ListQuery, response: { 200: listOf(SuppressionJson, "SuppressionList") } },
      ),
    )
    .post(
      "/suppressions",
      async ({ body, call }) => {
        const by = { note: body.note ?? null, actor: callerOf(call) };
        return { added: await suppressions.add(accountOf(call), body.phones, by) };
      },
      operation(
        {
          id: "addSuppressions",
          summary: "Add to the suppression list",
          description:
            "It holds at once, for campaigns that run as well: who is on the list when their turn comes is skipped.",
          access: "send",
          faults: ["forbidden"],
        },
        { body: NewSuppressions, response: { 200: Added } },
      ),
    )
    .delete(
      "/suppressions/:id",
      async ({ params, call, set }) => {
        const { account, sessions } = principalOf(call);
        const id = readId(ids, "suppression", params.id);
        if (sessions !== null) throw new WaygateError("not_found", "There is no such entry.");
        await suppressions.remove(account.id, id, callerOf(call));
        set.status = 204;
      },
      operation(
        {
          id: "deleteSuppression",
          summary: "Take off the suppression list",
          description: "Only with their consent, where they put themselves on it.",
          access: "send",
          faults: ["not_found"],
        },
        { params: idParameter("suppression", "entry"), response: { 204: NoContent } },
      ),
    );
}

function show(
  { id, phone, lid, source, note, campaignId, createdAt }: Suppression,
  ids: Ids,
): Static<typeof SuppressionJson> {
  return {
    id: ids.show("suppression", id),
    phone: phone === null ? null : showPhone(phone),
    lid,
    source,
    note,
    campaign_id: campaignId === null ? null : ids.show("campaign", campaignId),
    created_at: isoTime(createdAt),
  };
}
