// Messages with a file: everything about it but where it is, which is filled in when a connection has brought it there.
import type { proto } from "@whiskeysockets/baileys";
import { second } from "../../core/clock.ts";
import type { Content, MediaFacts, MediaKind } from "../../core/content.ts";
import { WaygateError } from "../../core/errors.ts";
import type { MediaLocator } from "../../core/inbound.ts";
import type { Pen } from "./compose.ts";
import { isChannel } from "./people.ts";

type MediaContent = Extract<Content, { media: MediaFacts }>;
type Draft = MediaContent & Omit<Pen, "writing"> & { file: ReturnType<typeof fileFields> };

export function mediaMessage(content: MediaContent, pen: Pen): proto.IMessage {
  const { file } = pen.writing;
  if (file === null) throw new WaygateError("internal", `A message of the kind ${content.kind} needs its file.`);
  const fields = fileFields(content.media, file, pen);
  if (!content.isViewOnce) return drafts[content.kind]({ ...content, ...pen, file: fields });
  const shy = { ...content, media: { ...content.media, thumbnail: null } };
  return onceOnly(content.kind, drafts[content.kind]({ ...shy, ...pen, file: fields }));
}

/** What all of them have. Files in channels are open to everybody, and not encrypted. */
function fileFields({ mimeType, bytes }: MediaFacts, file: MediaLocator, { writing, at }: Pen) {
  const sealed = isChannel(writing.target)
    ? {}
    : {
        mediaKey: bytesOf(file.mediaKey),
        fileEncSha256: bytesOf(file.fileEncSha256),
        mediaKeyTimestamp: Math.floor(at / second),
      };
  // Known already where another message has brought it there.
  const place = file.directPath === null ? {} : { url: file.url, directPath: file.directPath };
  const fileLength = file.fileLength ?? bytes;
  return { mimetype: mimeType, fileSha256: bytesOf(file.fileSha256), fileLength, ...sealed, ...place };
}

const drafts: Record<MediaKind, (draft: Draft) => proto.IMessage> = {
  image: (draft) => ({
    imageMessage: { ...draft.file, ...captionOf(draft), ...sizeOf(draft), ...pictureOf(draft), ...onceOf(draft) },
  }),
  video: (draft) => ({ videoMessage: videoOf(draft) }),
  gif: (draft) => ({ videoMessage: { ...videoOf(draft), gifPlayback: true } }),
  video_note: (draft) => ({ ptvMessage: videoOf(draft) }),
  audio: (draft) => ({ audioMessage: { ...draft.file, ...secondsOf(draft), contextInfo: draft.contextInfo } }),
  voice: (draft) => ({
    audioMessage: {
      ...draft.file,
      ...secondsOf(draft),
      ...onceOf(draft),
      ptt: true,
      waveform: draft.media.waveform === null ? null : Uint8Array.from(draft.media.waveform),
      contextInfo: draft.contextInfo,
    },
  }),
  sticker: (draft) => ({
    stickerMessage: {
      ...draft.file,
      ...sizeOf(draft),
      isAnimated: draft.media.isAnimated,
      contextInfo: draft.contextInfo,
    },
  }),
  document(draft) {
    const { fileName, pages } = draft.media;
    const documentMessage = {
      ...draft.file,
      ...captionOf(draft),
      ...pictureOf(draft),
      fileName,
      title: fileName,
      pageCount: pages,
    };
    // Phones show a document's caption only from in there.
    return draft.caption === null || draft.caption === ""
      ? { documentMessage }
      : { documentWithCaptionMessage: { message: { documentMessage } } };
  },
};

function videoOf(draft: Draft): proto.Message.IVideoMessage {
  return {
    ...draft.file,
    ...captionOf(draft),
    ...sizeOf(draft),
    ...secondsOf(draft),
    ...pictureOf(draft),
    ...onceOf(draft),
  };
}

/** WhatsApp has this for pictures, videos and voice notes, and each in its own wrapper. */
function onceOnly(kind: MediaKind, message: proto.IMessage): proto.IMessage {
  if (kind === "image" || kind === "video") return { viewOnceMessageV2: { message } };
  if (kind === "voice") return { viewOnceMessageV2Extension: { message } };
  throw new WaygateError("invalid", "Only pictures, videos and voice notes can be shown once.");
}

const captionOf = ({ caption, say }: Draft) => ({ caption: caption === null || caption === "" ? null : say(caption) });
const sizeOf = ({ media: { width, height } }: Draft) => ({ width, height });
const secondsOf = ({ media: { seconds } }: Draft) => ({ seconds });
const onceOf = ({ isViewOnce }: Draft) => ({ viewOnce: isViewOnce ? true : null });
const pictureOf = ({ media: { thumbnail }, contextInfo }: Draft) => ({
  jpegThumbnail: bytesOf(thumbnail),
  contextInfo,
});

function bytesOf(base64: string | null): Buffer | null {
  return base64 === null ? null : Buffer.from(base64, "base64");
}
