// The kinds of WhatsApp's media, by the names Baileys has for them: what their keys are derived with and where they go.

const kinds = {
  image: { keys: "WhatsApp Image Keys", path: "/mms/image" },
  sticker: { keys: "WhatsApp Image Keys", path: "/mms/image" },
  video: { keys: "WhatsApp Video Keys", path: "/mms/video" },
  gif: { keys: "WhatsApp Video Keys", path: "/mms/video" },
  ptv: { keys: "WhatsApp Video Keys", path: "/mms/video" },
  audio: { keys: "WhatsApp Audio Keys", path: "/mms/audio" },
  ptt: { keys: "WhatsApp Audio Keys", path: "/mms/audio" },
  document: { keys: "WhatsApp Document Keys", path: "/mms/document" },
  "thumbnail-link": { keys: "WhatsApp Link Thumbnail Keys", path: "/mms/image" },
  "md-msg-hist": { keys: "WhatsApp History Keys", path: "/mms/md-app-state" },
  "md-app-state": { keys: "WhatsApp App State Keys", path: "/mms/md-app-state" },
} as const;

export type MediaKind = keyof typeof kinds;

export const mediaKinds = Object.keys(kinds).filter(isMediaKind);

export function isMediaKind(name: string): name is MediaKind {
  return Object.hasOwn(kinds, name);
}

/** The info of the key derivation. */
export const keysNameOf = (kind: MediaKind): string => kinds[kind].keys;

/** Where on a media host it is uploaded to. */
export const uploadPathOf = (kind: MediaKind): string => kinds[kind].path;
