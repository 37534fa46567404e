// A campaign as the native API takes it.
import { type Static, Type } from "@sinclair/typebox";
import { campaignLimits } from "../../core/campaign.ts";
import { invalidField } from "../../core/errors.ts";
import type { Ids } from "../../core/ids.ts";
import { QuietHours } from "../../core/quiet-hours.ts";
import type { CampaignInput, NewCampaignInput } from "../../services/campaign-input.ts";
import type { GivenRecipient } from "../../services/campaign-recipients.ts";
import { messageInput, readSaid } from "./message-input.ts";
import { given, readTime, strict, TimeInput } from "./shapes.ts";

const { reply_to: _, ...sayable } = messageInput;

const Message = Type.Object(sayable, {
  ...strict,
  title: "CampaignMessageInput",
  description:
    "What is said: anything that `POST /messages` takes, but no answer. In its texts `{{name}}` is the recipient's name, `{{city}}` whatever they have as `city`, and `{{name|there}}` says `there` to those who have none. A file is prepared once and the same for all.",
  examples: [{ text: "Hello {{name|there}}, our spring sale begins on Monday." }],
});

const Recipient = Type.Union([
  Type.String({ minLength: 1, maxLength: 100 }),
  Type.Object(
    { phone: Type.String({ minLength: 1, maxLength: 100, description: "A number with its country code, or a JID." }) },
    {
      additionalProperties: Type.Union([Type.String({ maxLength: 2_000 }), Type.Number(), Type.Boolean(), Type.Null()]),
      title: "CampaignRecipientInput",
    },
  ),
]);

const mostListed = 10_000;
const delay = (description: string) => Type.Number({ minimum: 0, maximum: 86_400, description, examples: [3] });
const session = Type.String({ minLength: 1, maxLength: 64 });

export const CampaignWindow = Type.Object(
  { from: QuietHours.properties.from, to: QuietHours.properties.to, time_zone: QuietHours.properties.timeZone },
  { ...strict, title: "CampaignWindow", examples: [{ from: "09:00", to: "19:30", time_zone: "Europe/Berlin" }] },
);
export const StopRuleJson = Type.Object(
  {
    percent: Type.Integer({ minimum: 1, maximum: 100, description: "So many of a hundred that failed." }),
    at_least: Type.Integer({ minimum: 1, maximum: 1_000_000, description: "And so many in all." }),
  },
  { ...strict, title: "CampaignStopRule", examples: [{ percent: 30, at_least: 20 }] },
);

export const OptOutWords = Type.Union(
  [Type.Array(Type.String({ minLength: 1, maxLength: 40 }), { maxItems: 100 }), Type.Null()],
  {
    description:
      "Whoever answers with one of these and nothing else is put on the suppression list. Null is the usual ones: STOP, UNSUBSCRIBE and their like in fifteen languages; an empty list is none.",
    examples: [null],
  },
);

const fields = {
  session_id: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, description: "The session that sends it, by id or name." }),
  ),
  sessions: Type.Optional(
    Type.Array(session, {
      minItems: 1,
      maxItems: campaignLimits.sessions,
      description:
        "Several that take turns, in place of `session_id`: each at its own pace, and one that may not send leaves its turn to the others.",
    }),
  ),
  name: Type.Optional(
    Type.Union([Type.String({ maxLength: 200 }), Type.Null()], {
      description: "For you to tell your campaigns apart.",
    }),
  ),
  delay_min: Type.Optional(
    delay(
      "Between two messages of one session there are at least so many seconds; a random time up to `delay_max`. Without either the session's own pacing is all there is.",
    ),
  ),
  delay_max: Type.Optional(delay("At most so many seconds; as many as `delay_min` if it is left out.")),
  start_at: Type.Optional(Type.Union([TimeInput("It starts by itself then."), Type.Null()])),
  window: Type.Optional(
    Type.Union([CampaignWindow, Type.Null()], {
      description:
        "Only between these times of the day, where that time zone is kept; through the night where `to` is earlier than `from`.",
    }),
  ),
  stop_after_failures: Type.Optional(
    Type.Union([StopRuleJson, Type.Null()], {
      description:
        "It pauses by itself when that share of those tried since it was last set going has failed; 30 of a hundred and 20 in all, unless it is said otherwise. Null never stops it.",
    }),
  ),
  opt_out_words: Type.Optional(OptOutWords),
};

export const NewCampaign = Type.Object(
  {
    ...fields,
    recipients: Type.Optional(
      Type.Array(Recipient, {
        maxItems: mostListed,
        description:
          "Numbers, or objects with a `phone` and whatever the message speaks of. More than 10,000 are uploaded as a table.",
      }),
    ),
    message: Message,
    draft: Type.Optional(
      Type.Boolean({ description: "True keeps it from starting by itself; so does having no recipients yet." }),
    ),
  },
  {
    ...strict,
    title: "NewCampaign",
    examples: [
      {
        session_id: "shop",
        name: "Spring sale",
        recipients: [{ phone: "+1 555 100 0003", name: "Alice" }, "+1 555 100 0004"],
        message: { text: "Hello {{name|there}}, our spring sale begins on Monday." },
        delay_min: 3,
        delay_max: 8,
      },
    ],
  },
);

export const CampaignChanges = Type.Object(
  { ...fields, message: Type.Optional(Message) },
  { ...strict, title: "CampaignChanges", examples: [{ delay_min: 5, delay_max: 12 }] },
);

type Fields = Static<typeof CampaignChanges>;

export function readCampaign(body: Fields, ids: Ids): CampaignInput {
  const {
    session_id,
    sessions,
    name,
    start_at,
    window,
    stop_after_failures: stop,
    opt_out_words: optOutWords,
    message,
  } = body;
  if (session_id !== undefined && sessions !== undefined)
    throw invalidField("/sessions", "Give either session_id or sessions.");
  const startAt = start_at == null ? start_at : readTime(start_at, "/start_at");
  return given({
    name,
    sessions: session_id === undefined ? sessions : [session_id],
    said: message === undefined ? undefined : readSaid(message, ids),
    gapMs: gapOf(body),
    window: window == null ? window : { from: window.from, to: window.to, timeZone: window.time_zone },
    stopAfter: stop == null ? stop : { percent: stop.percent, atLeast: stop.at_least },
    optOutWords,
    startAt,
  });
}

export function readNewCampaign(body: Static<typeof NewCampaign>, ids: Ids): NewCampaignInput {
  const { recipients = [], draft: isDraft, message, ...rest } = body;
  const { sessions = [], ...read } = readCampaign(rest, ids);
  return { ...read, sessions, isDraft, said: readSaid(message, ids), recipients: recipients.map(recipientOf) };
}

function gapOf({ delay_min, delay_max }: Fields): CampaignInput["gapMs"] {
  if (delay_min === undefined && delay_max === undefined) return undefined;
  const least = delay_min ?? 0;
  const most = delay_max ?? least;
  return { least: Math.round(least * 1_000), most: Math.round(most * 1_000) };
}

function recipientOf(one: Static<typeof Recipient>): GivenRecipient {
  if (typeof one === "string") return { phone: one, more: {} };
  const { phone, ...more } = one;
  return { phone, more };
}
