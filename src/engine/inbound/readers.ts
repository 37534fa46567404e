// Every field of WhatsApp's message and what reads it. The compiler asks for an entry when a new version has a new field;
// what is newer still is named by its number.
import type { proto } from "@whiskeysockets/baileys";
import { readContact, readContacts } from "./cards.ts";
import { readButtonChoice, readInteractiveChoice, readListChoice, readTemplateChoice } from "./choices.ts";
import { readComment, readReaction } from "./done.ts";
import { beside, type Finding, passedOver, type Reading, said, unsupported, type Words, wrapper } from "./finding.ts";
import { readAudio, readDocument, readImage, readSticker, readVideo, readVideoNote } from "./media.ts";
import { readArrangedCall, readEvent, readGroupInvite } from "./occasions.ts";
import { readButtons, readInteractive, readList, readStructured, readTemplate } from "./offers.ts";
import { readLiveLocation, readLocation } from "./place.ts";
import { readPoll, readPollResult, readVote } from "./polls.ts";
import { readProtocol } from "./protocol.ts";
import { readPlainText, readText } from "./text.ts";

export type Field = keyof proto.IMessage;
type Readers = { [F in Field]: (value: NonNullable<proto.IMessage[F]>, reading: Reading) => Finding };

const seenOnce = (wrapped: proto.Message.IFutureProofMessage) => wrapper(wrapped, true);

/** In the order in which they are looked for. */
export const readers: Readers = {
  // What travels along.
  senderKeyDistributionMessage: () => beside,
  fastRatchetKeySenderKeyDistributionMessage: () => beside,
  messageContextInfo: () => beside,

  // Only how it is to be shown.
  deviceSentMessage: ({ message }) => ({ is: "wrapper", message, isViewOnce: false }),
  ephemeralMessage: (wrapped) => wrapper(wrapped),
  viewOnceMessage: seenOnce,
  viewOnceMessageV2: seenOnce,
  viewOnceMessageV2Extension: seenOnce,
  documentWithCaptionMessage: (wrapped) => wrapper(wrapped),
  editedMessage: (wrapped) => wrapper(wrapped),
  associatedChildMessage: (wrapped) => wrapper(wrapped),
  groupMentionedMessage: (wrapped) => wrapper(wrapped),
  groupStatusMessage: (wrapped) => wrapper(wrapped),
  groupStatusMessageV2: (wrapped) => wrapper(wrapped),
  groupStatusMentionMessage: (wrapped) => wrapper(wrapped),
  statusMentionMessage: (wrapped) => wrapper(wrapped),
  statusAddYours: (wrapped) => wrapper(wrapped),
  botInvokeMessage: (wrapped) => wrapper(wrapped),
  botForwardedMessage: (wrapped) => wrapper(wrapped),
  botTaskMessage: (wrapped) => wrapper(wrapped),
  lottieStickerMessage: (wrapped) => wrapper(wrapped),
  eventCoverImage: (wrapped) => wrapper(wrapped),
  pollCreationMessageV4: (wrapped) => wrapper(wrapped),
  pollCreationOptionImageMessage: (wrapped) => wrapper(wrapped),
  questionMessage: (wrapped) => wrapper(wrapped),
  questionReplyMessage: (wrapped) => wrapper(wrapped),
  limitSharingMessage: (wrapped) => wrapper(wrapped),

  // Words.
  extendedTextMessage: readText,
  conversation: readPlainText,
  richResponseMessage: readRichText,

  // Files.
  imageMessage: readImage,
  videoMessage: readVideo,
  ptvMessage: readVideoNote,
  audioMessage: readAudio,
  documentMessage: readDocument,
  stickerMessage: readSticker,

  // Everything else that somebody says.
  locationMessage: readLocation,
  liveLocationMessage: readLiveLocation,
  contactMessage: readContact,
  contactsArrayMessage: readContacts,
  pollCreationMessage: readPoll,
  pollCreationMessageV2: readPoll,
  pollCreationMessageV3: readPoll,
  pollCreationMessageV5: readPoll,
  eventMessage: readEvent,
  scheduledCallCreationMessage: readArrangedCall,
  groupInviteMessage: readGroupInvite,
  buttonsMessage: readButtons,
  listMessage: readList,
  templateMessage: readTemplate,
  interactiveMessage: readInteractive,
  highlyStructuredMessage: readStructured,
  buttonsResponseMessage: readButtonChoice,
  templateButtonReplyMessage: readTemplateChoice,
  listResponseMessage: readListChoice,
  interactiveResponseMessage: readInteractiveChoice,
  commentMessage: readComment,
  /** It is shown on the phone alone. */
  placeholderMessage: () => said({ kind: "placeholder", reason: "unavailable" }),

  // What is done.
  protocolMessage: readProtocol,
  reactionMessage: readReaction,
  pollUpdateMessage: readVote,

  // Said as well, and not to be had here but for its words.
  pollResultSnapshotMessage: readPollResult("pollResultSnapshotMessage"),
  pollResultSnapshotMessageV3: readPollResult("pollResultSnapshotMessageV3"),
  productMessage: ({ product, body, footer, catalog, contextInfo }) =>
    unsupported("productMessage", contextInfo, ...wordsOfProduct(product ?? catalog), body, footer),
  orderMessage: (order) => unsupported("orderMessage", order.contextInfo, order.orderTitle, order.message),
  invoiceMessage: ({ note }) => unsupported("invoiceMessage", null, note),
  sendPaymentMessage: ({ noteMessage }, reading) =>
    unsupported("sendPaymentMessage", null, ...wordsWithin(noteMessage, reading)),
  requestPaymentMessage: ({ noteMessage }, reading) =>
    unsupported("requestPaymentMessage", null, ...wordsWithin(noteMessage, reading)),
  declinePaymentRequestMessage: () => unsupported("declinePaymentRequestMessage"),
  cancelPaymentRequestMessage: () => unsupported("cancelPaymentRequestMessage"),
  paymentInviteMessage: () => unsupported("paymentInviteMessage"),
  stickerPackMessage: ({ name, publisher, caption, contextInfo }) =>
    unsupported("stickerPackMessage", contextInfo, name, publisher, caption),
  newsletterAdminInviteMessage: ({ newsletterName, caption, contextInfo }) =>
    unsupported("newsletterAdminInviteMessage", contextInfo, newsletterName, caption),
  newsletterFollowerInviteMessageV2: ({ newsletterName, caption, contextInfo }) =>
    unsupported("newsletterFollowerInviteMessageV2", contextInfo, newsletterName, caption),
  requestPhoneNumberMessage: ({ contextInfo }) => unsupported("requestPhoneNumberMessage", contextInfo),
  scheduledCallEditMessage: () => unsupported("scheduledCallEditMessage"),
  bcallMessage: ({ caption }) => unsupported("bcallMessage", null, caption),
  statusNotificationMessage: () => unsupported("statusNotificationMessage"),
  statusQuestionAnswerMessage: ({ text }) => unsupported("statusQuestionAnswerMessage", null, text),
  statusQuotedMessage: ({ text }) => unsupported("statusQuotedMessage", null, text),
  statusStickerInteractionMessage: () => unsupported("statusStickerInteractionMessage"),
  questionResponseMessage: ({ text }) => unsupported("questionResponseMessage", null, text),
  messageHistoryNotice: ({ contextInfo }) => unsupported("messageHistoryNotice", contextInfo),
  messageHistoryBundle: ({ contextInfo }) => unsupported("messageHistoryBundle", contextInfo),
  chat: ({ displayName }) => unsupported("chat", null, displayName),
  // Sealed with the secret of the message they belong to.
  encReactionMessage: () => unsupported("encReactionMessage"),
  encCommentMessage: () => unsupported("encCommentMessage"),
  encEventResponseMessage: () => unsupported("encEventResponseMessage"),
  secretEncryptedMessage: () => unsupported("secretEncryptedMessage"),

  // How chats are kept, and calls, which are told of by themselves.
  albumMessage: () => passedOver("albumMessage"),
  pinInChatMessage: () => passedOver("pinInChatMessage"),
  keepInChatMessage: () => passedOver("keepInChatMessage"),
  stickerSyncRmrMessage: () => passedOver("stickerSyncRmrMessage"),
  call: () => passedOver("call"),
  callLogMesssage: () => passedOver("callLogMesssage"),
};

type Product = { title?: string | null; description?: string | null };

function wordsOfProduct(product: Product | null | undefined): Words {
  return [product?.title, product?.description];
}

function wordsWithin(message: proto.IMessage | null | undefined, { within }: Reading): Words {
  const content = within(message)?.content;
  return content?.kind === "text" ? [content.text] : [];
}

/** An assistant's answer, passed on. */
function readRichText({ submessages, contextInfo }: proto.IAIRichResponseMessage): Finding {
  const words = (submessages ?? []).map(({ messageText }) => messageText).filter((text) => text);
  if (words.length === 0) return unsupported("richResponseMessage", contextInfo);
  return said({ kind: "text", text: words.join("\n"), preview: null }, contextInfo);
}
