// What businesses send with something to tap on: their words and what is offered, as one text; with a picture or a file
// on top, as its caption.
import type { proto } from "@whiskeysockets/baileys";
import { linesOf, type Reading, type Said, said, unsupported, type Words } from "./finding.ts";
import { readDocument, readImage, readVideo } from "./media.ts";

type Top = {
  documentMessage?: proto.Message.IDocumentMessage | null;
  imageMessage?: proto.Message.IImageMessage | null;
  videoMessage?: proto.Message.IVideoMessage | null;
  locationMessage?: proto.Message.ILocationMessage | null;
};
type Offer = { type: string; top?: Top | null | undefined; words: Words; about: proto.IContextInfo | null | undefined };

/** Of a button's parameters, in the order they come. */
const spoken = new Set(["display_text", "title", "description", "url", "copy_code", "phone_number"]);
const deepest = 6;

export function readButtons(message: proto.Message.IButtonsMessage, reading: Reading): Said {
  const labels = (message.buttons ?? []).flatMap(({ buttonText, nativeFlowInfo }) =>
    buttonText?.displayText ? [buttonText.displayText] : labelsIn(nativeFlowInfo?.paramsJson),
  );
  const words = [message.text, message.contentText, message.footerText, ...labels];
  return offered({ type: "buttonsMessage", top: message, words, about: message.contextInfo }, reading);
}

export function readList(message: proto.Message.IListMessage, reading: Reading): Said {
  const { title, description, footerText, sections, contextInfo } = message;
  const rows = (sections ?? []).flatMap((section) => [
    section.title,
    ...(section.rows ?? []).flatMap((row) => [row.title, row.description]),
  ]);
  return offered(
    { type: "listMessage", words: [title, description, footerText, ...rows], about: contextInfo },
    reading,
  );
}

export function readTemplate(message: proto.Message.ITemplateMessage, reading: Reading): Said {
  const { interactiveMessageTemplate: interactive, fourRowTemplate: rows } = message;
  const hydrated = message.hydratedTemplate ?? message.hydratedFourRowTemplate;
  const about = message.contextInfo;
  if (interactive != null)
    return { ...readInteractive(interactive, reading), about: about ?? interactive.contextInfo ?? null };
  const type = "templateMessage";
  if (hydrated != null) return offered({ type, top: hydrated, words: wordsOfTemplate(hydrated), about }, reading);
  const words = [rows?.highlyStructuredMessage, rows?.content, rows?.footer].flatMap((part) => part?.params ?? []);
  return offered({ type, top: rows, words, about }, reading);
}

export function readStructured(message: proto.Message.IHighlyStructuredMessage, reading: Reading): Said {
  const { hydratedHsm, params } = message;
  return hydratedHsm != null
    ? readTemplate(hydratedHsm, reading)
    : unsupported("highlyStructuredMessage", null, ...(params ?? []));
}

export function readInteractive(message: proto.Message.IInteractiveMessage, reading: Reading): Said {
  const words = wordsOfInteractive(message);
  const { header: top, contextInfo: about } = message;
  return offered({ type: "interactiveMessage", top, words, about }, reading);
}

function offered({ type, top, words, about }: Offer, reading: Reading): Said {
  const text = linesOf([...words, top?.locationMessage?.name, top?.locationMessage?.address]);
  const file = fileOn(top, reading);
  if (file !== null && "media" in file.content)
    return { ...file, content: { ...file.content, caption: text }, about: about ?? null };
  return text === null ? unsupported(type, about) : said({ kind: "text", text, preview: null }, about);
}

function fileOn(top: Top | null | undefined, reading: Reading): Said | null {
  if (top?.imageMessage != null) return readImage(top.imageMessage, reading);
  if (top?.videoMessage != null) return readVideo(top.videoMessage, reading);
  return top?.documentMessage != null ? readDocument(top.documentMessage, reading) : null;
}

function wordsOfTemplate(template: proto.Message.TemplateMessage.IHydratedFourRowTemplate): Words {
  const buttons = (template.hydratedButtons ?? []).flatMap(({ quickReplyButton, urlButton, callButton }) => [
    quickReplyButton?.displayText,
    urlButton?.displayText,
    urlButton?.url,
    callButton?.displayText,
    callButton?.phoneNumber,
  ]);
  return [template.hydratedTitleText, template.hydratedContentText, template.hydratedFooterText, ...buttons];
}

function wordsOfInteractive(message: proto.Message.IInteractiveMessage, depth = 0): Words {
  const { header, body, footer, nativeFlowMessage, carouselMessage } = message;
  const buttons = (nativeFlowMessage?.buttons ?? []).flatMap(({ buttonParamsJson }) => labelsIn(buttonParamsJson));
  const cards = depth > deepest ? [] : (carouselMessage?.cards ?? []);
  return [
    header?.title,
    header?.subtitle,
    body?.text,
    footer?.text,
    ...buttons,
    ...cards.flatMap((card) => wordsOfInteractive(card, depth + 1)),
  ];
}

function labelsIn(json: string | null | undefined): string[] {
  try {
    return labelsOf(JSON.parse(json ?? ""), 0);
  } catch {
    return [];
  }
}

function labelsOf(value: unknown, depth: number): string[] {
  if (typeof value !== "object" || value === null || depth > deepest) return [];
  return Object.entries(value).flatMap(([name, part]) =>
    typeof part === "string" && spoken.has(name) ? [part] : labelsOf(part, depth + 1),
  );
}
