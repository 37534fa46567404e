// What WhatsApp and the account's own devices tell of chats beside the messages in them: who decides in a group, what was
// read elsewhere, how a chat is kept.
import type { CallOutcome } from "./call.ts";
import type { ChatRef } from "./chat.ts";
import type { Face } from "./content.ts";

/** How a group calls its members; in the order of their codes in the database. */
export const memberForms = ["phone", "lid"] as const;
export type MemberForm = (typeof memberForms)[number];

/** `until` is when they ceased to be one; null for those who are. */
export type KnownAdmin = Face & { until: number | null };
/** `admins` is null where it is not for us to know. */
export type KnownGroup = { members: MemberForm; admins: KnownAdmin[] | null; knownAt: number };

export type GroupValue =
  | { type: "group"; jid: string; members: MemberForm; admins: Face[] }
  /** It is not for us to know (any more). */
  | { type: "group_closed"; jid: string }
  /** As its messages show. */
  | { type: "group_form"; jid: string; members: MemberForm }
  /** Some have become admins, or are none any more. */
  | { type: "group_roles"; jid: string; change: "promoted" | "demoted"; people: Face[]; at: number };

/** Somebody in a group, who may well be no contact of ours. */
export type Somebody = Face & { isMe: boolean };
/** `isByOther`: they were added or removed, and did not join or leave by themselves. */
export type MemberNews = {
  change: "joined" | "left" | "promoted" | "demoted";
  people: (Somebody & { isByOther: boolean })[];
};
/** What is not there stays as it is. */
export type GroupChanges = {
  subject?: string;
  description?: string | null;
  pictureId?: string | null;
  /** Only admins write. */
  announce?: boolean;
  /** Only admins change it. */
  locked?: boolean;
  disappearingSeconds?: number;
  membersMayAdd?: boolean;
  joinApproval?: boolean;
};
/** What one notice says has happened. */
export type GroupNews = {
  type: "group_news";
  jid: string;
  noticeId: string;
  /** Null where WhatsApp does not say. */
  by: Somebody | null;
  at: number;
  members: MemberNews[];
  changes: GroupChanges;
};

/** `paused` after typing or recording; the others of whether somebody is on WhatsApp at that moment. */
export const presenceStates = ["available", "unavailable", "typing", "recording", "paused"] as const;
export type PresenceState = (typeof presenceStates)[number];
export type PresenceValue = {
  type: "presence";
  chat: ChatRef;
  who: Face;
  state: PresenceState;
  /** As far as they let others know. */
  lastSeenAt: number | null;
};

/** Up to the newest of these messages, or up to that time, on another device of the account. */
export type ReadElsewhere = { type: "read"; chat: ChatRef; waIds: string[]; until: number | null };

/** As the phone's owner keeps it; what is not there stays as it is. */
export type ChatKept = {
  type: "chat";
  chat: ChatRef;
  isArchived?: boolean;
  pinnedAt?: number | null;
  mutedUntil?: number | null;
};

/** In the phone's address book; null where they are not (any more). `isPast`: before it was linked, so no news. */
export type ContactNamed = { type: "contact"; face: Face; name: string | null; isPast: boolean };

/** The phone's word on a file that it was asked for, longer ago than anybody waits for it; sealed with the file's key. */
export type LateAnswer = { type: "media_answer"; waId: string; stanza: Uint8Array };

/** `waId` is WhatsApp's own id of the call. */
export type OfferedCall = {
  type: "call_offered";
  waId: string;
  caller: Face;
  /** The caller, as it has to be answered. */
  address: string;
  isVideo: boolean;
  isGroup: boolean;
  group: string | null;
  at: number;
  /** It rang while the session was away. */
  isLate: boolean;
};
/** It rings here no more; `outcome` is null where WhatsApp does not say why. */
export type EndedCall = { type: "call_ended"; waId: string; outcome: CallOutcome | null; at: number };
export type RejectedCall = Omit<OfferedCall, "type"> & { type: "call_rejected" };
export type CallValue = OfferedCall | EndedCall;

export type ToldValue =
  | GroupValue
  | GroupNews
  | PresenceValue
  | ReadElsewhere
  | ChatKept
  | ContactNamed
  | LateAnswer
  | CallValue
  | RejectedCall;
