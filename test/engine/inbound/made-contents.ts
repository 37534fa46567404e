// Contents that no client of the sandbox sends, made by hand as WhatsApp's own apps write them.
import { proto } from "@whiskeysockets/baileys";
import { alice, group, lid, me, pn } from "./stanzas.ts";

const secret = new Uint8Array(32).fill(7);
const hash = (fill: number) => new Uint8Array(32).fill(fill);
const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xd9);
const file = {
  url: "https://mmg.whatsapp.net/v/t62.7118-24/1_n.enc?ccb=11-4",
  directPath: "/v/t62.7118-24/1_n.enc?ccb=11-4",
  mediaKey: hash(1),
  fileEncSha256: hash(2),
  fileSha256: hash(3),
  fileLength: 4_711,
  mediaKeyTimestamp: 1_795_143_000,
};
const image = { ...file, mimetype: "image/jpeg", width: 1_600, height: 1_200, jpegThumbnail: jpeg };
const targetKey = { remoteJid: pn(me), fromMe: true, id: "3A00000000000000BEEF" };
const oursKey = { remoteJid: pn(me), fromMe: false, id: "3A00000000000000BEEF" };
const about = { messageSecret: secret };
const options = [{ optionName: "Soup" }, { optionName: "Salad" }];
const poll = { name: "Lunch?", options, selectableOptionsCount: 1 };
const sealed = { encPayload: hash(4), encIv: new Uint8Array(12).fill(5) };
const { Type } = proto.Message.ProtocolMessage;
const { AssociationType } = proto.MessageAssociation;

export const contents: Record<string, proto.IMessage> = {
  conversation: { conversation: "plain" },
  "empty-text": { conversation: "" },
  "link-preview": {
    extendedTextMessage: {
      text: "see https://waygate.test/a?b=1 there",
      matchedText: "https://waygate.test/a?b=1",
      title: "Waygate",
      description: "A gateway",
      jpegThumbnail: jpeg,
      contextInfo: { forwardingScore: 7, isForwarded: true, expiration: 604_800 },
    },
  },
  "reply-to-a-status": {
    extendedTextMessage: {
      text: "nice",
      contextInfo: {
        stanzaId: "3A00000000000000CAFE",
        participant: pn(me),
        remoteJid: "status@broadcast",
        quotedMessage: { imageMessage: { caption: "at the sea" } },
      },
    },
  },
  ephemeral: {
    ephemeralMessage: { message: { extendedTextMessage: { text: "gone soon", contextInfo: { expiration: 86_400 } } } },
  },
  "view-once-v2": { viewOnceMessageV2: { message: { imageMessage: { ...image, viewOnce: true } } } },
  "view-once-voice": {
    viewOnceMessageV2Extension: { message: { audioMessage: { ...file, ptt: true, seconds: 2, viewOnce: true } } },
  },
  "view-once-in-ephemeral": {
    ephemeralMessage: { message: { viewOnceMessage: { message: { videoMessage: { ...file, seconds: 5 } } } } },
  },
  "view-once-without-file": { viewOnceMessageV2: { message: { imageMessage: { viewOnce: true } } } },
  "document-with-caption": {
    documentWithCaptionMessage: {
      message: {
        documentMessage: {
          ...file,
          mimetype: "application/pdf",
          title: "Plan",
          fileName: "plan.pdf",
          pageCount: 3,
          caption: "read it",
        },
      },
    },
  },
  "document-without-a-name": { documentMessage: { ...file, title: "Only a title" } },
  "lottie-sticker": {
    lottieStickerMessage: { message: { stickerMessage: { ...file, mimetype: "application/was", isLottie: true } } },
  },
  voice: {
    audioMessage: {
      ...file,
      mimetype: "audio/ogg; codecs=opus",
      ptt: true,
      seconds: 9,
      waveform: Uint8Array.of(0, 50, 100, 200),
    },
  },
  "thumbnail-that-is-none": { imageMessage: { ...image, jpegThumbnail: Uint8Array.of(0x89, 0x50, 0x4e, 0x47) } },
  "live-location": {
    liveLocationMessage: { degreesLatitude: 52.5, degreesLongitude: 13.4, caption: "on my way", sequenceNumber: 1 },
  },
  "location-nowhere": { locationMessage: { name: "Somewhere", degreesLatitude: Number.NaN, degreesLongitude: 1 } },
  "contact-with-many-numbers": {
    contactMessage: {
      vcard:
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:;Alice;;;\r\nFN:Alice A\r\nitem1.TEL;type=CELL;waid=15551000001:+1 555-100\r\n -0001\r\nitem1.X-ABLabel:Mobile\r\nTEL;TYPE=work:+49 (30) 12 34\r\nTEL:tel:+15551000001\r\nEND:VCARD",
    },
  },
  "poll-v1": { pollCreationMessage: { ...poll, encKey: hash(6), selectableOptionsCount: 0 } },
  "poll-v2": { pollCreationMessageV2: poll, messageContextInfo: about },
  "poll-v3": { pollCreationMessageV3: poll, messageContextInfo: about },
  "poll-v4": { pollCreationMessageV4: { message: { pollCreationMessageV3: poll } }, messageContextInfo: about },
  "poll-v5": {
    pollCreationMessageV5: { ...poll, pollType: proto.Message.PollType.QUIZ, correctAnswer: { optionName: "Soup" } },
    messageContextInfo: about,
  },
  vote: {
    pollUpdateMessage: { pollCreationMessageKey: targetKey, vote: sealed, senderTimestampMs: 1_795_143_894_123 },
  },
  "vote-without-one": { pollUpdateMessage: { pollCreationMessageKey: targetKey } },
  "poll-result": {
    pollResultSnapshotMessage: {
      name: "Lunch?",
      pollVotes: [{ optionName: "Soup", optionVoteCount: 3 }, { optionName: "Salad" }],
    },
  },
  "event-cancelled": {
    eventMessage: {
      name: "Party",
      isCanceled: true,
      startTime: 1_800_000_000,
      location: { name: "Ours", address: "Street 1" },
      joinLink: "https://call.whatsapp.com/video/x",
    },
    messageContextInfo: about,
  },
  "scheduled-call": {
    scheduledCallCreationMessage: { scheduledTimestampMs: 1_800_000_000_000, callType: 1, title: "Call" },
  },
  "scheduled-call-edit": { scheduledCallEditMessage: { key: targetKey, editType: 1 } },
  "group-invite": {
    groupInviteMessage: {
      groupJid: group,
      inviteCode: "AbCd",
      inviteExpiration: 1_800_000_000,
      groupName: "G",
      caption: "join",
    },
  },
  buttons: {
    buttonsMessage: {
      contentText: "Yes or no?",
      footerText: "Shop",
      headerType: 4,
      imageMessage: image,
      buttons: [
        { buttonId: "1", buttonText: { displayText: "Yes" } },
        { buttonId: "2", nativeFlowInfo: { name: "x", paramsJson: '{"display_text":"No"}' } },
      ],
    },
  },
  list: {
    listMessage: {
      title: "Menu",
      description: "Choose",
      buttonText: "Open",
      sections: [{ title: "Today", rows: [{ title: "Soup", description: "hot", rowId: "1" }] }],
    },
  },
  template: {
    templateMessage: {
      hydratedTemplate: {
        hydratedTitleText: "Your code",
        hydratedContentText: "123456",
        hydratedButtons: [{ index: 0, urlButton: { displayText: "Open", url: "https://waygate.test" } }],
      },
    },
  },
  "template-of-rows": {
    templateMessage: { fourRowTemplate: { content: { namespace: "n", elementName: "e", params: ["Ada", "42"] } } },
  },
  structured: { highlyStructuredMessage: { hydratedHsm: { hydratedTemplate: { hydratedContentText: "Dear Ada" } } } },
  interactive: {
    viewOnceMessage: {
      message: {
        interactiveMessage: {
          header: { title: "Offer", hasMediaAttachment: false },
          body: { text: "Today only" },
          footer: { text: "Shop" },
          nativeFlowMessage: {
            buttons: [
              { name: "cta_url", buttonParamsJson: '{"display_text":"Look","url":"https://waygate.test"}' },
              {
                name: "single_select",
                buttonParamsJson:
                  '{"title":"More","sections":[{"title":"A","rows":[{"id":"r","title":"One","description":"first"}]}]}',
              },
              { name: "broken", buttonParamsJson: "{" },
            ],
          },
        },
      },
    },
  },
  carousel: {
    interactiveMessage: {
      body: { text: "Two of them" },
      carouselMessage: { cards: [{ body: { text: "One" } }, { header: { title: "Two", imageMessage: image } }] },
    },
  },
  "interactive-choice": {
    interactiveResponseMessage: {
      body: { text: "One" },
      nativeFlowResponseMessage: { name: "menu_options", paramsJson: '{"id":"r"}', version: 3 },
    },
  },
  "form-answer": {
    interactiveResponseMessage: {
      nativeFlowResponseMessage: { name: "flow", paramsJson: '{"name":"Ada"}', version: 3 },
      contextInfo: { stanzaId: "3A0000000000000000F0", participant: pn(me) },
    },
  },
  product: {
    productMessage: {
      product: { productImage: image, productId: "1", title: "Soup", description: "hot", priceAmount1000: 5_000 },
      businessOwnerJid: pn(alice),
      footer: "Shop",
    },
  },
  order: { orderMessage: { orderId: "1", itemCount: 2, message: "please", orderTitle: "Shop", token: "t" } },
  invoice: { invoiceMessage: { note: "for the soup", token: "t" } },
  payment: {
    sendPaymentMessage: {
      noteMessage: { extendedTextMessage: { text: "for the soup" } },
      requestMessageKey: targetKey,
    },
  },
  "payment-asked-for": { requestPaymentMessage: { noteMessage: { conversation: "pay" }, amount1000: 5_000 } },
  "keep-in-chat": { keepInChatMessage: { key: targetKey, keepType: 1, timestampMs: 1 } },
  "sticker-pack": { stickerPackMessage: { name: "Cats", publisher: "Ada", stickerPackId: "1" } },
  comment: { commentMessage: { message: { conversation: "I agree" }, targetMessageKey: targetKey } },
  "reaction-to-our-status": {
    reactionMessage: {
      key: { remoteJid: "status@broadcast", fromMe: false, id: "3A00000000000000CAFE", participant: pn(me) },
      text: "🔥",
    },
  },
  "reaction-to-their-own": {
    reactionMessage: {
      key: { remoteJid: pn(me), fromMe: true, id: "3A00000000000000CAFE" },
      text: "🔥",
      senderTimestampMs: 1,
    },
  },
  "reaction-to-ours": {
    reactionMessage: { key: { remoteJid: pn(me), fromMe: false, id: "3A00000000000000CAFE" }, text: "🔥" },
  },
  "encrypted-reaction": { encReactionMessage: { targetMessageKey: targetKey, ...sealed } },
  "encrypted-event-response": { encEventResponseMessage: { eventCreationMessageKey: targetKey, ...sealed } },
  "secret-edit": { secretEncryptedMessage: { targetMessageKey: targetKey, ...sealed, secretEncType: 2 } },
  "edit-as-phones-wrap-it": {
    editedMessage: {
      message: {
        protocolMessage: {
          key: targetKey,
          type: Type.MESSAGE_EDIT,
          editedMessage: {
            imageMessage: { ...image, caption: "better words", contextInfo: { mentionedJid: [lid(alice)] } },
          },
          timestampMs: 1_795_143_894_123,
        },
      },
    },
  },
  "edit-to-what-is-unknown": {
    protocolMessage: { key: targetKey, type: Type.MESSAGE_EDIT, editedMessage: { orderMessage: { message: "more" } } },
  },
  "edit-of-ours-by-them": {
    protocolMessage: { key: oursKey, type: Type.MESSAGE_EDIT, editedMessage: { conversation: "never said" } },
  },
  "deletion-of-ours-by-them": { protocolMessage: { key: oursKey, type: Type.REVOKE } },
  "edit-of-nothing": { protocolMessage: { key: targetKey, type: Type.MESSAGE_EDIT } },
  deletion: { protocolMessage: { key: targetKey, type: Type.REVOKE } },
  "deletion-of-nothing": { protocolMessage: { type: Type.REVOKE } },
  "ephemeral-setting": { protocolMessage: { type: Type.EPHEMERAL_SETTING, ephemeralExpiration: 86_400 } },
  "status-mention": {
    statusMentionMessage: { message: { protocolMessage: { key: targetKey, type: Type.STATUS_MENTION_MESSAGE } } },
  },
  "limit-sharing": { limitSharingMessage: { message: { protocolMessage: { type: Type.LIMIT_SHARING } } } },
  "better-copy": {
    associatedChildMessage: { message: { imageMessage: image } },
    messageContextInfo: {
      ...about,
      messageAssociation: { associationType: AssociationType.HD_IMAGE_DUAL_UPLOAD, parentMessageKey: targetKey },
    },
  },
  "better-copy-edited": {
    protocolMessage: {
      key: { ...targetKey, id: "3A0000000000000CHILD" },
      type: Type.MESSAGE_EDIT,
      editedMessage: { associatedChildMessage: { message: { imageMessage: { ...image, caption: "new words" } } } },
    },
    messageContextInfo: {
      messageAssociation: { associationType: AssociationType.HD_IMAGE_DUAL_UPLOAD, parentMessageKey: targetKey },
    },
  },
  "status-in-a-group": { groupStatusMessageV2: { message: { conversation: "our day" } } },
  "call-log": { callLogMesssage: { isVideo: true, callOutcome: 1, durationSecs: 0 } },
  "assistants-answer": {
    botForwardedMessage: { message: { richResponseMessage: { submessages: [{ messageType: 2, messageText: "42" }] } } },
  },
  "only-on-the-phone": { placeholderMessage: { type: 0 } },
  "channel-invite": {
    newsletterAdminInviteMessage: {
      newsletterJid: "1@newsletter",
      newsletterName: "News",
      caption: "help us",
      inviteExpiration: 1,
    },
  },
  "wrapped-in-nothing": { viewOnceMessage: {} },
  "nothing-at-all": {},
};
