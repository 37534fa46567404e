// What the rooms need of each other across a border: the engine as the services see it, and the memory that the engine
// is handed. Plain data goes in and comes out, so that a session may one day run in another thread or on another machine.
import type { Content, Context, Face, MediaFacts, MediaKind } from "./content.ts";
import type { InboundValue, MediaLocator, PeopleView, SealedVote, WireAddress } from "./inbound.ts";
import type { Identity, SessionReason, SessionSettings, SessionStatus } from "./session.ts";
import type { GroupValue, MemberForm } from "./told.ts";

/** What the engine must know of a session to run it. */
export type SessionSpec = {
  id: number;
  name: string;
  accountId: number;
  settings: SessionSettings;
  proxy: string | null;
  /** The network it was linked on; null when it is linked to nobody. */
  network: string | null;
};

/** What a session tells of itself, to be written down. */
export type SessionReport = {
  sessionId: number;
  at: number;
  status: SessionStatus;
  reason: SessionReason | null;
  /** Set when it has just been linked, or learnt more about itself; null when it was unlinked. */
  identity?: Identity | null;
  /** It heard nothing any more, and starts anew for that. */
  hasStalled?: true;
  qr?: QrShown;
};

export type QrShown = { text: string; expiresAt: number };
export type PairingCode = { code: string; expiresAt: number };

/** A session that runs, as it is this moment. */
export type LiveSession = {
  status: SessionStatus;
  reason: SessionReason | null;
  qr: QrShown | null;
  pairingCode: PairingCode | null;
  /** When it tries again by itself. */
  retryAt: number | null;
  lastHeardAt: number | null;
};

/** Questions and orders to one session, by name: plain data in and out. */
export type SessionRequests = {
  "profile.get": { input: null; result: Profile };
  "profile.set_name": { input: { name: string }; result: null };
  "profile.set_about": { input: { about: string }; result: null };
  /** A JPEG; null removes it. */
  "profile.set_picture": { input: { jpeg: Uint8Array | null }; result: null };
  "privacy.get": { input: null; result: Privacy };
  "privacy.set": { input: Partial<Privacy>; result: Privacy };
  "blocklist.get": { input: null; result: string[] };
  "blocklist.change": { input: { jid: string; action: "block" | "unblock" }; result: string[] };
  /** Digits in, one answer each, in the same order. */
  "contacts.check": { input: { phones: string[] }; result: NumberCheck[] };
  /** Settles with WhatsApp's acknowledgement, or with its refusal. */
  "messages.send": { input: Outgoing; result: SendOutcome };
  /**
   * Brings the message's file to WhatsApp's hosts: what comes back says where it is, and has to be on disk before it is
   * sent. Any number of times, with the same bytes each time.
   */
  "messages.upload": { input: Uploading; result: UploadOutcome };
  /** Brings a message's file from WhatsApp's hosts, decrypted and checked; it appears under `to` once it is whole. */
  "media.fetch": { input: FileToFetch; result: FetchOutcome };
  /** Asks the phone to put a file that is gone back on WhatsApp's hosts. */
  "media.ask_phone": { input: LostFile; result: LostOutcome };
  /** Lets those who wrote them know, as far as the number's privacy lets them. */
  "messages.read": { input: { messages: (WireAddress & { waId: string })[] }; result: null };
  /** From WhatsApp, unless it is known already. */
  "groups.get": { input: { jid: string }; result: GroupValue };
  /** Whatever is held of a person's devices is let go; on disk as well when it settles. */
  "people.forget": { input: { phones: readonly string[]; lids: readonly string[] }; result: null };
  /** From now on it is told whether they are there, as long as this connection lasts. */
  "chats.watch_presence": { input: { chat: string }; result: null };
  "chats.show_presence": { input: { chat: string; state: ChatPresence }; result: null };
};
export type SessionRequestName = keyof SessionRequests;

export const chatPresences = ["typing", "recording", "paused"] as const;
export type ChatPresence = (typeof chatPresences)[number];

/** As it goes out, and goes out again if somebody could not read it: with the same id and the same content. */
export type Outgoing = { chat: string; waId: string; raw: Uint8Array };
export type Composed = { waId: string; raw: Uint8Array; secret: Uint8Array | null };
export type SendOutcome = { outcome: "sent"; at: number } | { outcome: "refused"; code: string };
/** `path` is where the prepared file lies. */
export type Uploading = { raw: Uint8Array; path: string };
/** With its place in it; or what is wrong with the file, which no further attempt would change. */
export type UploadOutcome =
  | { outcome: "uploaded"; raw: Uint8Array; place: { url: string; directPath: string } }
  | { outcome: "refused"; sentence: string };

export type FileToFetch = { locator: MediaLocator; to: string; maxBytes: number };
export type FetchOutcome =
  | { outcome: "done"; bytes: number }
  /** No longer on WhatsApp's hosts. */
  | { outcome: "gone" | "too_large" | "corrupt"; sentence: string }
  | { outcome: "failed"; isRetryable: boolean; sentence: string };
/** The message whose file it is. `sender` is null where that is ourselves, or where the chat says it. */
export type LostFile = {
  locator: MediaLocator;
  waId: string;
  isFromMe: boolean;
  chat: { jid: string } | { face: Face };
  sender: Face | null;
};
export type LostOutcome =
  | { outcome: "back"; directPath: string }
  /** The phone does not have it either. */
  | { outcome: "gone"; sentence: string }
  | { outcome: "failed"; sentence: string };

/** What decides, besides what is said, how it is written. */
export type Writing = {
  /** The JID it goes to. */
  target: string;
  /** Ourselves. */
  me: Face;
  /** How a group calls its members, as it says of itself: names in a text are links only in that form. */
  members: MemberForm;
  /** What is replied to in WhatsApp's own form, where it is at hand; else it is quoted by its text. */
  quoted: Uint8Array | null;
  /** Of media: from `prepare`. */
  file: MediaLocator | null;
};

/** What is said about a message that is there already. */
export type Action = { target: ActionTarget } & (
  | { kind: "reaction"; emoji: string | null }
  /** `original` is the message in WhatsApp's own form, where that is at hand. */
  | { kind: "edit"; content: Content; context: Context; original: Uint8Array | null }
  | { kind: "deletion" }
);
/** `sender` is null where that is ourselves. */
export type ActionTarget = { waId: string; sender: Face | null };
/** `edited` is what the message itself is with an edit, in WhatsApp's own form; null where nobody knows. */
export type ComposedAction = { waId: string; raw: Uint8Array; edited: Uint8Array | null };

export type FileToPrepare = {
  /** It is left as it is. */
  path: string;
  /** Null for whatever suits what is in it. */
  kind: MediaKind | null;
  /** Where it is to lie if WhatsApp needs it in another form; nothing is left there otherwise. */
  to: string;
  /** As its sender calls it, and what they say it is. */
  fileName: string | null;
  mimeType: string | null;
};
/** What it comes to in transit is fixed with this, but where it will be is not known yet: `file` has no place. */
export type PreparedFile = {
  kind: MediaKind;
  /** One of the two that were given: this one is to be kept until it is sent. */
  path: string;
  media: MediaFacts;
  file: MediaLocator;
};

export type Profile = { about: string | null; pictureUrl: string | null; displayName: string | null };
export type NumberCheck = { phone: string; exists: boolean; jid: string | null; lid: string | null };

export const privacyValues = {
  last: ["all", "contacts", "contact_blacklist", "none"],
  online: ["all", "match_last_seen"],
  profile: ["all", "contacts", "contact_blacklist", "none"],
  status: ["all", "contacts", "contact_blacklist", "none"],
  readreceipts: ["all", "none"],
  groupadd: ["all", "contacts", "contact_blacklist", "none"],
  calladd: ["all", "known"],
  messages: ["all", "contacts"],
} as const;
/** As WhatsApp calls them; what it does not tell is left out. */
export type Privacy = { [N in keyof typeof privacyValues]?: string };

export type Engine = AsyncDisposable & {
  /** Which WhatsApp this is: the real one, the one in the box, or another. */
  readonly network: { kind: "whatsapp" | "sandbox" | "other"; url: string; rootKey: string };
  /** Lets it run with these settings; those of a session that runs already change at once. Never throws for the session. */
  run(spec: SessionSpec): Promise<void>;
  /** Ends the connection; what it knows is on disk when this settles. Nothing happens if it does not run. */
  stop(id: number): Promise<void>;
  /** Unlinks it at WhatsApp if it can be reached, connecting for that if need be, and forgets its credentials in any case. */
  logOut(spec: SessionSpec): Promise<void>;
  /** Null when it does not run. */
  view(id: number): LiveSession | null;
  /** Settles with the next change of any kind to this session, or after `ms`. */
  nextChange(id: number, ms: number): Promise<void>;
  pairingCode(id: number, phone: string): Promise<PairingCode>;
  /** What reads what has come in; it needs no session that runs. */
  reader(): Promise<Reader>;
  /** As WhatsApp knows it, with an id for it: made once, before the first attempt. */
  compose(content: Content, context: Context, writing: Writing): Promise<Composed>;
  composeAction(action: Action, writing: Writing): Promise<ComposedAction>;
  /** Throws a sentence for what WhatsApp would not show. */
  prepare(file: FileToPrepare): Promise<PreparedFile>;
  /** Of a picture, a small JPEG in base64, as for links; null if it cannot be read. */
  thumbnail(path: string): Promise<string | null>;
  ask<N extends SessionRequestName>(
    id: number,
    name: N,
    input: SessionRequests[N]["input"],
  ): Promise<SessionRequests[N]["result"]>;
};

/** What came in, translated: the same for what comes just now and for what was left behind by a crash. */
export type Reader = {
  /** A stanza that says nothing: in the place of one that is forgotten, for whoever delivers it once more. */
  blank: Uint8Array;
  /** Never throws, and never gives nothing. */
  stanza(stanza: Uint8Array, me: Face, people: PeopleView): InboundValue[];
  /** The options that were chosen; null for what was not sealed for this poll. */
  vote(vote: SealedVote, poll: PollToOpen, voter: Face): string[] | null;
  /** Where the phone has put a file that was gone; null for an answer that says anything else. */
  mediaAnswer(stanza: Uint8Array, file: { waId: string; mediaKey: string }): string | null;
};
export type PollToOpen = { waId: string; secret: Uint8Array; options: readonly string[]; creator: Face };

/** How the engine tells; it settles when it is on disk. */
export type Report = (report: SessionReport) => Promise<void>;
