// The settings of a session that make it write as a person would, as the native API gives and takes them.
import { type Static, Type } from "@sinclair/typebox";
import { day } from "../../core/clock.ts";
import { allowedAt, warmUp } from "../../core/cold-quota.ts";
import { invalidField } from "../../core/errors.ts";
import { OneOf } from "../../core/one-of.ts";
import { QuietHours as quietShapes } from "../../core/quiet-hours.ts";
import { onOrOff, type SessionSettings, SessionSettings as settingShapes, usualSettings } from "../../core/session.ts";
import { isTimeZone } from "../../core/wall-clock.ts";
import { strict } from "./shapes.ts";

const { from, to, timeZone } = quietShapes.properties;
const QuietHours = Type.Object(
  {
    from,
    to: { ...to, description: "Of the next day where it is not later than `from`." },
    time_zone: { ...timeZone, description: "By its IANA name." },
  },
  { ...strict, title: "QuietHours" },
);

const firstDays = Array.from({ length: warmUp.days }, (_, place) =>
  allowedAt({ perDay: null, isWarmingUp: true, linkedAt: 0 }, place * day),
);

export const pacingSettings = {
  typing: OneOf(onOrOff, {
    description:
      "`on` shows people that somebody is typing, or recording, before a message to them goes out: 1 to 8 s, by its length. Other chats go on meanwhile.",
    examples: [usualSettings.typing],
  }),
  cold_contacts_per_day: Type.Union(settingShapes.properties.coldContactsPerDay.anyOf, {
    description:
      "To how many people who never wrote to this number it may be the first to write within 24 hours. What is beyond waits (`cold_quota`); answers, groups and people who were written to before go on. Null is no limit.",
    examples: [null],
  }),
  warm_up: OneOf(onOrOff, {
    description: `\`on\` limits how many new people a number writes to in its first two weeks, counted from \`linked_at\`: ${firstDays.join(", ")} a day, and never more than \`cold_contacts_per_day\`.`,
    examples: [usualSettings.warmUp],
  }),
  quiet_hours: Type.Union([QuietHours, Type.Null()], {
    description:
      "When nothing goes out but answers to whoever wrote within the last hour, and what is `urgent`; everything else waits until they end (`quiet_hours`).",
    examples: [{ from: "22:00", to: "07:00", time_zone: "Europe/Vienna" }],
  }),
};

const Given = Type.Partial(Type.Object(pacingSettings));

export function readPacing(body: Static<typeof Given>) {
  return {
    typing: body.typing,
    coldContactsPerDay: body.cold_contacts_per_day,
    warmUp: body.warm_up,
    quietHours: readQuietHours(body.quiet_hours),
  };
}

function readQuietHours(given: Static<typeof Given>["quiet_hours"]): SessionSettings["quietHours"] | undefined {
  if (given == null) return given;
  const { from, to, time_zone: timeZone } = given;
  if (from === to) throw invalidField("/quiet_hours/to", "They cannot end when they begin.");
  if (isTimeZone(timeZone)) return { from, to, timeZone };
  throw invalidField("/quiet_hours/time_zone", "Give a time zone by its IANA name: Europe/Vienna, for instance.");
}

export function pacingJson({ typing, coldContactsPerDay, warmUp, quietHours }: SessionSettings) {
  return {
    typing,
    cold_contacts_per_day: coldContactsPerDay,
    warm_up: warmUp,
    quiet_hours: quietHours === null ? null : showQuietHours(quietHours),
  };
}

function showQuietHours({ from, to, timeZone }: NonNullable<SessionSettings["quietHours"]>) {
  return { from, to, time_zone: timeZone };
}
