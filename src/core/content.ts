// What a message says, in our own words: the same for what came and for what goes out, and nothing of WhatsApp's wire.

/** One person as WhatsApp names them; at least one of the two is known. Digits alone. */
export type Face = { phone: string | null; lid: string | null };

/** A file, as the message tells of it; where it is to be had is kept apart. */
export type MediaFacts = {
  mimeType: string;
  fileName: string | null;
  bytes: number | null;
  /** Of the file itself, in hex. */
  sha256: string | null;
  width: number | null;
  height: number | null;
  seconds: number | null;
  pages: number | null;
  /** A small JPEG in base64, for a list. */
  thumbnail: string | null;
  /** Of a voice note: 64 steps from 0 to 100. */
  waveform: number[] | null;
  isAnimated: boolean;
};

export const mediaKinds = ["image", "video", "gif", "audio", "voice", "document", "sticker", "video_note"] as const;
export type MediaKind = (typeof mediaKinds)[number];

/** WhatsApp shows no text with these. */
const mute: readonly MediaKind[] = ["audio", "voice", "sticker"];
export const carriesCaption = (kind: MediaKind): boolean => !mute.includes(kind);

export type LinkPreview = { url: string; title: string | null; description: string | null; thumbnail: string | null };
export type ContactCard = { name: string; vcard: string; phones: string[] };

export type Content =
  | { kind: "text"; text: string; preview: LinkPreview | null }
  | { kind: MediaKind; caption: string | null; media: MediaFacts; isViewOnce: boolean }
  | {
      kind: "location";
      latitude: number;
      longitude: number;
      name: string | null;
      address: string | null;
      isLive: boolean;
    }
  | { kind: "contacts"; contacts: ContactCard[] }
  | { kind: "poll"; question: string; options: string[]; selectable: number }
  | {
      kind: "event";
      name: string;
      description: string | null;
      startsAt: number | null;
      location: string | null;
      isCancelled?: true;
    }
  /** An answer to buttons or a list. */
  | { kind: "choice"; id: string | null; text: string }
  | {
      kind: "group_invite";
      group: string;
      name: string | null;
      code: string;
      text: string | null;
      expiresAt: number | null;
    }
  /** Something WhatsApp has that we do not know yet: named, never dropped, with what there is to read in it. */
  | { kind: "unsupported"; type: string; text: string | null }
  /** It could not be read, and is filled in when it can be. */
  | { kind: "placeholder"; reason: "undecryptable" | "unavailable" | "view_once" };

export type ContentKind = Content["kind"];

/** In the order of their codes in the database; only ever added to. */
export const contentKinds = [
  "text",
  ...mediaKinds,
  "location",
  "contacts",
  "poll",
  "event",
  "choice",
  "group_invite",
  "unsupported",
  "placeholder",
] as const satisfies readonly ContentKind[];

/** What surrounds a content. */
export type Context = {
  mentions: Face[];
  replyTo: { waId: string; sender: Face | null; text: string | null } | null;
  /** How often it was passed on, as far as WhatsApp counts. */
  forwards: number;
  /** It disappears so many seconds after it was read. */
  expiresInSeconds: number | null;
};

export const bareContext: Context = { mentions: [], replyTo: null, forwards: 0, expiresInSeconds: null };

/** What one would read aloud of it; also what is searched. */
export function textOf(content: Content): string | null {
  switch (content.kind) {
    case "text":
    case "choice":
    case "unsupported":
      return content.text;
    case "poll":
      return [content.question, ...content.options].join("\n");
    case "location":
      return [content.name, content.address].filter((part) => part !== null).join("\n") || null;
    case "contacts":
      return content.contacts.map(({ name }) => name).join("\n") || null;
    case "event":
      return [content.name, content.description].filter((part) => part !== null).join("\n");
    case "group_invite":
      return content.text ?? content.name;
    case "placeholder":
      return null;
    default:
      return content.caption ?? (content.kind === "document" ? content.media.fileName : null);
  }
}

export function isMedia(content: Content): content is Extract<Content, { media: MediaFacts }> {
  return "media" in content;
}
