// What goes in and comes out of /api/v1/sessions.
import { type Static, Type } from "@sinclair/typebox";
import { isoTime } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import { OneOf } from "../../core/one-of.ts";
import { readPhone } from "../../core/phone.ts";
import type { LiveSession } from "../../core/ports.ts";
import { maskProxy } from "../../core/proxy.ts";
import {
  historyDepths,
  onOrOff,
  pacings,
  type Session,
  SessionName,
  type SessionReason,
  type SessionSettings,
  sessionReasons,
  sessionStatuses,
  SessionSettings as settingShapes,
  usualSettings,
} from "../../core/session.ts";
import type { NetworkKind } from "../../services/session-runs.ts";
import type { SessionUpdate } from "../../services/sessions.ts";
import { pacingJson, pacingSettings, readPacing } from "./session-pacing.ts";
import { given, Id, strict, Time, TimeOrNull } from "./shapes.ts";

const reasonCodes = Object.keys(sessionReasons) as SessionReason[];
const orNull = (description: string, examples: unknown[]) =>
  Type.Union([Type.String(), Type.Null()], { description, examples });

const shapes = settingShapes.properties;
const on = (description: string) => Type.Boolean({ description, examples: [false] });

/** As they are shown, and as they are given. No `default` here: a change leaves alone what it does not name. */
const settings = {
  reject_calls: on("Rejects calls."),
  reject_message: Type.Union(shapes.rejectMessage.anyOf, {
    description: "Written to whoever's call was rejected; null writes nothing.",
    examples: ["We cannot take calls here; please write to us."],
  }),
  mark_online: on("Shows the number as online while it is connected."),
  read_automatically: on("Marks messages as read as soon as they are here."),
  ignore_groups: on("Takes nothing in from groups."),
  ignore_status: on("Takes no status updates in."),
  ignore_channels: on("Takes nothing in from channels."),
  history: OneOf(historyDepths, {
    description: "How much of the past the phone hands over when it is linked.",
    examples: [usualSettings.history],
  }),
  device_name: Type.Union(shapes.deviceName.anyOf, {
    description: "How the gateway is called in the phone's list of linked devices; it holds from the next linking on.",
    examples: ["Shop"],
  }),
  pacing: OneOf(pacings, {
    description:
      "`normal` sends as a person would: thirty at once, then about five a second; and when WhatsApp refuses a stranger (463), none for an hour, over restarts too, while answers go on. `off` sends as fast as it goes.",
    examples: [usualSettings.pacing],
  }),
  ...pacingSettings,
  media_download: OneOf(onOrOff, {
    description: "`on` fetches the files of messages as they come, `off` when somebody asks for them.",
    examples: [usualSettings.mediaDownload],
  }),
  retention_days: Type.Union(shapes.retentionDays.anyOf, {
    description: "After how many days messages are deleted here; null keeps them.",
    examples: [null],
  }),
  media_retention_days: Type.Union(shapes.mediaRetentionDays.anyOf, {
    description:
      "After how many days the files of messages are deleted here, while the messages stay; null keeps them as long.",
    examples: [null],
  }),
  intended_phone: Type.Union(shapes.intendedPhone.anyOf, {
    description: "The number that is meant to be linked, in any usual form: a note for people, which is not checked.",
    examples: ["+4915123456789"],
  }),
};

export const SessionJson = Type.Object(
  {
    id: Id("session", "The session's id."),
    name: Type.String({ description: "Works wherever the id does.", examples: ["shop"] }),
    label: orNull("For people.", ["The shop's number"]),
    status: OneOf(sessionStatuses, { examples: ["connected"] }),
    reason: Type.Union(
      [
        Type.Object(
          { code: OneOf(reasonCodes, { description: "Stable: for programs." }), sentence: Type.String() },
          { title: "SessionReason" },
        ),
        Type.Null(),
      ],
      { description: "Why it is where it is, and what can be done.", examples: [null] },
    ),
    phone: orNull("The number that it is linked to.", ["+4915123456789"]),
    lid: orNull("Its LID, digits alone.", ["603168028046026"]),
    display_name: orNull("Shown to others on WhatsApp.", ["The shop"]),
    platform: orNull("What the phone runs, as WhatsApp calls it.", ["android"]),
    network: OneOf(["whatsapp", "sandbox", "other"], {
      description: "Which network it is linked on; anything but `whatsapp` is not WhatsApp.",
      examples: ["whatsapp"],
    }),
    proxy: orNull("The proxy it goes through, its password masked.", ["socks5://waygate:***@proxy.example:1080"]),
    ...settings,
    wanted: Type.Boolean({
      description: "Whether it is to run; a restart of the gateway goes by it.",
      examples: [true],
    }),
    retry_at: TimeOrNull("When it tries again by itself."),
    last_heard_at: TimeOrNull("When it last heard anything from WhatsApp since it was started."),
    created_at: Time("When it was made."),
    changed_at: Time("Since when it has this status."),
    linked_at: TimeOrNull("When it was linked to its phone."),
    connected_at: TimeOrNull("Since when it is connected; null while it is not."),
  },
  { title: "Session" },
);

const choices = {
  label: Type.Optional(
    Type.Union([Type.String({ minLength: 1, maxLength: 100 }), Type.Null()], { description: "For people." }),
  ),
  proxy: Type.Optional(
    Type.Union([Type.String({ minLength: 1, maxLength: 500 }), Type.Null()], {
      description:
        "`http://`, `https://`, `socks5://` or `socks5h://`, with user and password if it needs them; null goes without. Given back as it was shown, masked, it stays as it is.",
    }),
  ),
  ...Type.Partial(Type.Object(settings)).properties,
};

export const NewSession = Type.Object(
  {
    name: SessionName,
    ...choices,
    start: Type.Optional(
      Type.Boolean({ default: true, description: "Whether it starts at once, and so shows a QR within seconds." }),
    ),
  },
  {
    ...strict,
    title: "NewSession",
    description: "What is left out is off, null, or as its example shows.",
    examples: [{ name: "shop", label: "The shop's number", reject_calls: true, reject_message: "Please write to us." }],
  },
);
export const SessionChanges = Type.Object(choices, {
  ...strict,
  title: "SessionChanges",
  examples: [{ label: "The shop in town", read_automatically: true, pacing: "off" }],
});

export const sessionParameter = Type.Object({
  id: Type.String({ maxLength: 64, description: "The id of the session, or its name.", examples: ["sess_Ab3dE6gH"] }),
});

/** What comes in of a session that can be changed later. */
export function readChanges(body: Static<typeof SessionChanges>): SessionUpdate {
  const { label, proxy } = body;
  return { ...given({ label, proxy }), settings: readSettings(body) };
}

function readSettings(body: Static<typeof SessionChanges>): Partial<SessionSettings> {
  return given({
    rejectCalls: body.reject_calls,
    rejectMessage: body.reject_message,
    markOnline: body.mark_online,
    readAutomatically: body.read_automatically,
    ignoreGroups: body.ignore_groups,
    ignoreStatus: body.ignore_status,
    ignoreChannels: body.ignore_channels,
    history: body.history,
    deviceName: body.device_name,
    pacing: body.pacing,
    ...readPacing(body),
    mediaDownload: body.media_download,
    retentionDays: body.retention_days,
    mediaRetentionDays: body.media_retention_days,
    intendedPhone: readIntended(body.intended_phone),
  });
}

function readIntended(phone: string | null | undefined): string | null | undefined {
  return phone == null ? phone : readPhone(phone, "/intended_phone");
}

/** As its row has it, with its events; but what says connected must be so, and right after a start it may not be yet. */
function standingOf(session: Session, live: LiveSession | null): Pick<Session, "status" | "reason"> {
  const isComing = live === null || live.status === "starting" || live.status === "connecting";
  return session.status === "connected" && isComing ? (live ?? { status: "starting", reason: null }) : session;
}

export type Shown = { session: Session; live: LiveSession | null; network: NetworkKind };

export function sessionJson({ session, live, network }: Shown, ids: Ids): Static<typeof SessionJson> {
  const { identity } = session;
  const { status, reason } = standingOf(session, live);
  return {
    id: ids.show("session", session.id),
    name: session.name,
    label: session.label,
    status,
    reason: reason === null ? null : { code: reason, sentence: sessionReasons[reason] },
    phone: showPhone(identity?.phone ?? null),
    lid: identity?.lid ?? null,
    display_name: identity?.displayName ?? null,
    platform: identity?.platform ?? null,
    network,
    proxy: session.proxy === null ? null : maskProxy(session.proxy),
    ...settingsJson(session.settings),
    wanted: session.isWanted,
    retry_at: isoTime(live?.retryAt ?? null),
    last_heard_at: isoTime(live?.lastHeardAt ?? null),
    created_at: isoTime(session.createdAt),
    changed_at: isoTime(session.changedAt),
    linked_at: isoTime(session.linkedAt),
    connected_at: isoTime(status === "connected" ? session.connectedAt : null),
  };
}

function settingsJson(from: SessionSettings) {
  return {
    reject_calls: from.rejectCalls,
    reject_message: from.rejectMessage,
    mark_online: from.markOnline,
    read_automatically: from.readAutomatically,
    ignore_groups: from.ignoreGroups,
    ignore_status: from.ignoreStatus,
    ignore_channels: from.ignoreChannels,
    history: from.history,
    device_name: from.deviceName,
    pacing: from.pacing,
    ...pacingJson(from),
    media_download: from.mediaDownload,
    retention_days: from.retentionDays,
    media_retention_days: from.mediaRetentionDays,
    intended_phone: showPhone(from.intendedPhone),
  };
}

/** Digits inside, with a plus outside. */
export function showPhone(digits: string): string;
export function showPhone(digits: string | null): string | null;
export function showPhone(digits: string | null): string | null {
  return digits === null ? null : `+${digits}`;
}
