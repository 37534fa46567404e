// A session: one WhatsApp number linked to the gateway, the states it goes through and what can be set for it.
import { type Static, Type } from "@sinclair/typebox";
import { OneOf } from "./one-of.ts";
import { QuietHours } from "./quiet-hours.ts";

/** In the order of their codes in the database; only ever added to. */
export const sessionStatuses = [
  "starting", // asked to run, no connection yet
  "pairing", // shows a QR, or waits for a code to be typed on the phone
  "passkey_required", // WhatsApp wants a passkey for this number, which only its own clients can give
  "connecting", // linked, on its way to WhatsApp
  "connected",
  "disconnected", // linked, cut off; tries again by itself
  "logged_out", // unlinked by the phone or by us; must be linked anew
  "failed", // cannot go on by itself; `reason` says why and what to do
  "stopped", // stopped by its owner
] as const;
export type SessionStatus = (typeof sessionStatuses)[number];

/** As it stands in a sentence. */
export const statusWords = (status: SessionStatus): string => status.replaceAll("_", " ");

/** What a session is in when nothing brings it back but its owner. */
export const restingStatuses: readonly SessionStatus[] = ["logged_out", "failed", "stopped"];

/** Why a session is where it is, and what its owner can do. */
export const sessionReasons = {
  stopped: "It was stopped; start it to go on.",
  connection_lost: "The connection to WhatsApp was lost; it is being made again.",
  unreachable:
    "WhatsApp cannot be reached from here; look at this machine's network or the session's proxy. It keeps trying.",
  unavailable: "WhatsApp is not available for this number just now; it keeps trying.",
  stalled: "The connection was open but no longer heard anything; it is being made again.",
  storage: "What was received could not be written to disk; it is fetched again as soon as there is room.",
  untrusted:
    "The other side's certificate is not WhatsApp's; something between here and WhatsApp answers in its place.",
  proxy_refused:
    "The session's proxy is at an address that is not called from here: give it another one, or have the operator allow this one (allow_private_urls). It keeps trying.",
  pairing_timed_out: "Nobody scanned the QR or typed the code in time; start the session to get a new one.",
  pairing_refused: "WhatsApp refused to link this device; wait a few minutes, then start the session again.",
  passkey_required:
    "This number asks for a passkey, which only WhatsApp's own apps can give. On the phone, switch the passkey off (Settings, Account, Passkeys) and start the session again.",
  logged_out: "The phone removed this device; start the session and link it again.",
  logged_out_here: "The session was logged out; start it and link it again.",
  replaced:
    "Another program took over this number's connection with the same credentials, a copy of this data perhaps. Stop that one, then start the session here.",
  banned: "WhatsApp has locked or banned this number; open WhatsApp on the phone, which tells why.",
  temporarily_banned: "WhatsApp has banned this number for a while; open WhatsApp on the phone, which tells how long.",
  version_refused:
    "WhatsApp refuses the version this gateway speaks. Update Waygate, or set WAYGATE_WA_VERSION to the current one.",
  bad_session: "WhatsApp refuses this session's credentials again and again; log it out and link it anew.",
  not_multidevice: "This number's WhatsApp is too old to link devices; update the app on the phone.",
  credentials_unreadable:
    "The credentials of this session cannot be read; log it out and link it anew, or restore a backup.",
  other_network:
    "This session was linked on another WhatsApp network than the one this gateway is set to; start the gateway with that one's settings.",
  refused: "WhatsApp refuses the connection; it stopped trying. Start the session to try again.",
} as const;
export type SessionReason = keyof typeof sessionReasons;

/** What may be cured by the time the gateway starts again; whatever else a session failed for waits for its owner. */
export const restartCures: readonly SessionReason[] = [
  "untrusted",
  "proxy_refused",
  "version_refused",
  "credentials_unreadable",
  "other_network",
];

/** Safe in addresses, which is why it is never a dot or two, and the same word in every dialect. */
export const SessionName = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: "^(?!\\.{1,2}$)[^/\\s\\u0000-\\u001f\\u007f](?:[^/\\u0000-\\u001f\\u007f]*[^/\\s\\u0000-\\u001f\\u007f])?$",
  description: "1 to 64 characters without a slash; unique in the account, and works wherever the id does.",
});

export const historyDepths = ["none", "recent", "full"] as const;
export const pacings = ["normal", "off"] as const;
export const onOrOff = ["on", "off"] as const;

export const SessionSettings = Type.Object({
  rejectCalls: Type.Boolean(),
  rejectMessage: Type.Union([Type.String({ minLength: 1, maxLength: 1_000 }), Type.Null()]),
  markOnline: Type.Boolean(),
  readAutomatically: Type.Boolean(),
  ignoreGroups: Type.Boolean(),
  ignoreStatus: Type.Boolean(),
  ignoreChannels: Type.Boolean(),
  history: OneOf(historyDepths),
  deviceName: Type.Union([Type.String({ minLength: 1, maxLength: 50 }), Type.Null()]),
  pacing: OneOf(pacings),
  typing: OneOf(onOrOff),
  coldContactsPerDay: Type.Union([Type.Integer({ minimum: 1, maximum: 10_000 }), Type.Null()]),
  warmUp: OneOf(onOrOff),
  quietHours: Type.Union([QuietHours, Type.Null()]),
  mediaDownload: OneOf(onOrOff),
  retentionDays: Type.Union([Type.Integer({ minimum: 1, maximum: 36_500 }), Type.Null()]),
  mediaRetentionDays: Type.Union([Type.Integer({ minimum: 1, maximum: 36_500 }), Type.Null()]),
  /** Digits alone. */
  intendedPhone: Type.Union([Type.String({ minLength: 1, maxLength: 60 }), Type.Null()]),
});
export type SessionSettings = Static<typeof SessionSettings>;

export const usualSettings: SessionSettings = {
  rejectCalls: false,
  rejectMessage: null,
  markOnline: false,
  readAutomatically: false,
  ignoreGroups: false,
  ignoreStatus: false,
  ignoreChannels: false,
  history: "recent",
  deviceName: null,
  pacing: "normal",
  typing: "off",
  coldContactsPerDay: null,
  warmUp: "off",
  quietHours: null,
  mediaDownload: "on",
  retentionDays: null,
  mediaRetentionDays: null,
  intendedPhone: null,
};

/** Who a session is on WhatsApp, once it is linked. */
export type Identity = {
  /** Digits alone. */
  phone: string;
  /** Digits alone; unknown until the first login. */
  lid: string | null;
  /** Which of the number's devices this is. */
  device: number;
  displayName: string | null;
  platform: string | null;
};

export type Session = {
  id: number;
  accountId: number;
  name: string;
  label: string | null;
  settings: SessionSettings;
  /** With its password: shown with that masked. */
  proxy: string | null;
  /** Whether it is to run: what a restart of the gateway goes by. */
  isWanted: boolean;
  status: SessionStatus;
  reason: SessionReason | null;
  identity: Identity | null;
  /** The network it was linked on, by its root key in hex. */
  network: string | null;
  createdAt: number;
  changedAt: number;
  linkedAt: number | null;
  /** Since when it is connected, as far as anybody was told; null while it is not. */
  connectedAt: number | null;
};

/** By which WhatsApp itself is known: what was linked under any other key is no WhatsApp. */
export const whatsappRootKey = "142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b";
