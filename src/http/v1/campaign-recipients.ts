// /api/v1/campaigns/{id}/recipients: whom a campaign is for, brought as a table, and what became of each.
import { Type } from "@sinclair/typebox";
import { csvLine } from "../../core/csv.ts";
import { OneOf } from "../../core/one-of.ts";
import type { CampaignShown } from "../../services/campaigns.ts";
import type { Call } from "../call.ts";
import { HttpFault } from "../faults.ts";
import { lineStream } from "../line-stream.ts";
import { routes } from "../surface.ts";
import { CampaignJson, RecipientJson, recipientJson, shownRecipientStates } from "./campaign-json.ts";
import { createCampaignAccess } from "./campaigns.ts";
import type { Resource } from "./resource.ts";
import { idParameter, PageQuery, readPage, strict } from "./shapes.ts";

const RecipientQuery = Type.Object(
  {
    ...PageQuery,
    status: Type.Optional(OneOf(shownRecipientStates, { description: "Only those that stand so." })),
    format: Type.Optional(
      OneOf(["json", "csv"], { default: "json", description: "`csv` is all of them in one table, streamed." }),
    ),
  },
  strict,
);
const Page = Type.Object(
  {
    data: Type.Array(RecipientJson, { description: "In the order in which they were given." }),
    next_cursor: Type.Union([Type.String(), Type.Null()], {
      description: "Give it as `cursor` to read on; null at the end.",
      examples: [null],
    }),
  },
  { title: "CampaignRecipientList" },
);
const count = (description: string, example: number) => Type.Integer({ description, examples: [example] });
const Uploaded = Type.Object(
  {
    added: count("New recipients.", 998),
    duplicates: count("There already, or twice in the table.", 1),
    invalid: count("Lines that cannot be read.", 1),
    errors: Type.Array(
      Type.Object(
        {
          line: Type.Integer({ examples: [17] }),
          message: Type.String({ examples: ["There is no phone number in this line."] }),
        },
        { title: "LineError" },
      ),
      { description: "The first 1,000 of them." },
    ),
    campaign: CampaignJson,
  },
  { title: "UploadedRecipients" },
);

const csvType = "text/csv";
/** A million lines, on a slow connection. */
const uploadSeconds = 2 * 60 * 60;
const patienceSeconds = 120;

export function campaignRecipientRoutes({ services, operation }: Resource) {
  const { campaigns, campaignRecipients, campaignUploads, ids } = services;
  const { reachOf, own, show } = createCampaignAccess({ services });
  const params = idParameter("campaign", "campaign");

  /** What nobody can be is nobody. */
  function stateOf(status: (typeof shownRecipientStates)[number] | undefined, { campaign }: CampaignShown) {
    const isCancelled = campaign.state === "cancelled";
    if (status === "cancelled") return isCancelled ? ("waiting" as const) : null;
    return status === "waiting" && isCancelled ? null : status;
  }

  async function* lines(shown: CampaignShown, state: ReturnType<typeof stateOf>): AsyncGenerator<string> {
    const { columns } = shown.campaign;
    yield csvLine(["phone", ...columns, "status", "reason", "message_id", "session_id", "settled_at"]);
    if (state === null) return;
    for await (const rows of campaignRecipients.all(shown.campaign, state)) {
      yield rows.map((row) => csvLine(cellsOf(row, shown))).join("");
    }
  }

  function cellsOf(row: Parameters<typeof recipientJson>[0], shown: CampaignShown): (string | null)[] {
    const { to, status, reason, message_id, session_id, settled_at } = recipientJson(row, shown, ids);
    const own = shown.campaign.columns.map((_name, place) => row.cells?.[place] ?? null);
    const phone = to.replace(/@s\.whatsapp\.net$/, "");
    return [phone, ...own, status, reason?.sentence ?? null, message_id, session_id, settled_at];
  }

  return routes()
    .get(
      "/campaigns/:id/recipients",
      async ({ params, query, call }) => {
        const shown = await own(call, params.id);
        const state = stateOf(query.status, shown);
        if (query.format === "csv") {
          return new Response(lineStream(lines(shown, state), call.waits(patienceSeconds)), {
            headers: { "Content-Type": csvType, "Content-Disposition": `attachment; filename="${params.id}.csv"` },
          });
        }
        if (state === null) return Response.json({ data: [], next_cursor: null });
        const page = await campaignRecipients.page(shown.campaign, readPage(query, ids, "recipient"), state);
        const next_cursor = page.next === null ? null : ids.show("recipient", page.next);
        return Response.json({ data: page.rows.map((row) => recipientJson(row, shown, ids)), next_cursor });
      },
      operation(
        {
          id: "listCampaignRecipients",
          summary: "A campaign's recipients",
          description:
            "Each with what became of it, in the order in which they were given. With `format=csv` all of them in one table, in which nothing is taken for a formula.",
          access: "read",
          faults: ["not_found"],
          types: ["application/json", csvType],
        },
        { params, query: RecipientQuery, response: { 200: Page } },
      ),
    )
    .post(
      "/campaigns/:id/recipients",
      async ({ params, call }) => {
        call.takes(uploadSeconds);
        const { campaign } = await own(call, params.id);
        const { invalid, added, duplicates, faults } = await campaignUploads.take(
          campaign,
          call.request.body,
          typeOf(call),
        );
        const now = await campaigns.get(reachOf(call), campaign.id);
        return { added, duplicates, invalid, errors: faults, campaign: show(now) };
      },
      operation(
        {
          id: "uploadCampaignRecipients",
          summary: "Upload recipients",
          description:
            "A table in text (CSV) as the body, or as the file of a form: up to a million lines, streamed. The first line names the columns, one of them `phone` or `number`; the others are what the message may speak of. Comma, semicolon or tab, quotes, UTF-8. A line that cannot be read is told in the answer and left out; a number that is there already is counted once. While the campaign is a draft. An upload that breaks off leaves it a draft that says so, and is made once more.",
          access: "send",
          takesFile: "table",
          faults: ["not_found", "conflict", "invalid"],
        },
        { params, response: { 200: Uploaded } },
      ),
    );
}

const tableTypes =
  /^(text\/(csv|plain|tab-separated-values)|application\/(csv|vnd\.ms-excel|octet-stream|x-www-form-urlencoded)|multipart\/form-data)\b/i;

function typeOf({ request }: Call): string {
  const type = request.headers.get("content-type") ?? csvType;
  if (tableTypes.test(type)) return type;
  throw new HttpFault(
    "unsupported_media_type",
    "Give the table itself as the body, with Content-Type: text/csv, or a form with it.",
  );
}
