// Rows made by hand: contents as they come from somebody, and a text in every place that one can come from.
import { proto } from "@whiskeysockets/baileys";
import type { Row } from "./golden.ts";
import { contents } from "./made-contents.ts";
import {
  type Attributes,
  alice,
  bob,
  bytesOf,
  channel,
  enc,
  everybody,
  fromAlice,
  group,
  inGroup,
  type KnownPeople,
  lid,
  me,
  padded,
  pn,
  stanzaOf,
  stanzaWith,
} from "./stanzas.ts";

const hello = { conversation: "hello" };
const ofOurs: Attributes = { from: pn(me), id: "3A0000000000000000AA", notify: "Me", type: "text" };
const peer: Attributes = { ...ofOurs, category: "peer", peer_recipient_lid: lid(me) };
const fromOurPhone = (message: proto.IMessage, destinationJid: string, about: proto.IMessage = {}) =>
  enc(bytesOf({ deviceSentMessage: { destinationJid, message }, ...about }));
const plaintext = (message: proto.IMessage) => ({ tag: "plaintext", attrs: {}, content: bytesOf(message) });
const inChannel: Attributes = { from: channel, server_id: "101", type: "text" };
const senderKey = {
  senderKeyDistributionMessage: { groupId: group, axolotlSenderKeyDistributionMessage: new Uint8Array(40).fill(9) },
};
const { Type } = proto.Message.ProtocolMessage;

const verified = proto.VerifiedNameCertificate.encode({
  details: proto.VerifiedNameCertificate.Details.encode({ verifiedName: "Alice's Shop" }).finish(),
}).finish();

function resent(message: proto.IWebMessageInfo | Uint8Array): proto.IMessage {
  const webMessageInfoBytes = message instanceof Uint8Array ? message : proto.WebMessageInfo.encode(message).finish();
  const peerDataOperationResult = [{ placeholderMessageResendResponse: { webMessageInfoBytes } }];
  const type = Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE;
  return { protocolMessage: { type, peerDataOperationRequestResponseMessage: { peerDataOperationResult } } };
}

const missed: proto.IWebMessageInfo = {
  key: { remoteJid: group, participant: lid(bob), fromMe: false, id: "3A00000000000000MISS" },
  messageTimestamp: 1_795_143_800,
  pushName: "Bob",
  message: { conversation: "what could not be read" },
};

const places: Record<string, Uint8Array> = {
  "by-number": stanzaOf(hello, { ...fromAlice, from: `${alice.phone}:12@s.whatsapp.net` }),
  "by-lid": stanzaOf(hello, {
    from: `${alice.lid}:12@lid`,
    sender_pn: pn(alice),
    addressing_mode: "lid",
    notify: "Alice",
  }),
  "by-lid-with-nothing-else": stanzaOf(hello, { from: lid(alice), offline: "0" }),
  "by-a-stranger": stanzaOf(hello, { from: "33612345678@s.whatsapp.net" }),
  "by-a-hosted-device": stanzaOf(hello, { from: `${alice.phone}:99@hosted` }),
  "by-a-business": stanzaWith(
    fromAlice,
    { tag: "verified_name", attrs: { v: "2" }, content: verified },
    enc(bytesOf(hello)),
  ),
  "while-away": stanzaOf(hello, { ...fromAlice, offline: "3" }),
  "in-a-group": stanzaWith(inGroup, enc(bytesOf(hello), "skmsg")),
  "in-a-group-with-the-key": stanzaWith(inGroup, enc(bytesOf(senderKey), "pkmsg"), enc(bytesOf(hello), "skmsg")),
  "in-a-group-the-key-alone": stanzaWith(inGroup, enc(bytesOf(senderKey), "pkmsg")),
  "in-a-group-sent-once-more": stanzaWith(inGroup, enc(bytesOf({ ...hello, ...senderKey }), "pkmsg")),
  "in-a-group-by-us": stanzaWith(
    { ...inGroup, participant: lid(me), participant_pn: pn(me) },
    enc(bytesOf(hello), "skmsg"),
  ),
  "in-a-group-by-nobody": stanzaOf(hello, { from: group }),
  "in-a-group-to-ours": stanzaWith(
    inGroup,
    enc(
      bytesOf({
        reactionMessage: {
          key: { remoteJid: group, fromMe: false, participant: lid(me), id: "3A0000000000000000BB" },
          text: "👍",
        },
      }),
      "skmsg",
    ),
  ),
  "in-a-group-to-bobs": stanzaWith(
    inGroup,
    enc(
      bytesOf({
        reactionMessage: {
          key: { remoteJid: group, fromMe: false, participant: pn(bob), id: "3A0000000000000000BB" },
          text: "👍",
        },
      }),
      "skmsg",
    ),
  ),
  "in-a-group-edit-of-bobs": stanzaWith(
    inGroup,
    enc(
      bytesOf({
        protocolMessage: {
          key: { remoteJid: group, fromMe: false, participant: lid(bob), id: "3A0000000000000000BB" },
          type: Type.MESSAGE_EDIT,
          editedMessage: { conversation: "never said" },
        },
      }),
      "skmsg",
    ),
  ),
  "by-our-phone": stanzaWith(
    { ...ofOurs, recipient: pn(alice), peer_recipient_lid: lid(alice) },
    fromOurPhone(hello, pn(alice)),
  ),
  "by-our-phone-to-a-lid": stanzaWith(
    { ...ofOurs, from: lid(me), recipient: lid(alice), peer_recipient_pn: pn(alice), addressing_mode: "lid" },
    fromOurPhone(hello, lid(alice)),
  ),
  "by-our-phone-a-poll": stanzaWith(
    { ...ofOurs, recipient: pn(alice), recipient_lid: lid(alice) },
    fromOurPhone({ pollCreationMessageV3: { name: "?", options: [{ optionName: "a" }] } }, pn(alice), {
      messageContextInfo: { messageSecret: new Uint8Array(32).fill(8) },
    }),
  ),
  "by-our-phone-a-vote": stanzaWith(
    { ...ofOurs, recipient: pn(alice) },
    fromOurPhone(
      {
        pollUpdateMessage: {
          pollCreationMessageKey: { remoteJid: pn(alice), fromMe: false, id: "3A0000000000000000BB" },
          vote: { encPayload: new Uint8Array(40), encIv: new Uint8Array(12) },
        },
      },
      pn(alice),
    ),
  ),
  "by-our-phone-to-itself": stanzaWith(ofOurs, fromOurPhone(hello, pn(me))),
  "by-our-phone-to-an-assistant": stanzaWith(
    { ...ofOurs, recipient: "867051314767696@bot" },
    fromOurPhone(hello, "x@bot"),
  ),
  "by-an-assistant": stanzaOf(hello, { from: "867051314767696@bot" }),
  "to-somebody-else": stanzaOf(hello, { ...fromAlice, recipient: pn(bob) }),
  status: stanzaWith(
    { from: "status@broadcast", participant: pn(alice), participant_lid: lid(alice) },
    enc(bytesOf(hello), "skmsg"),
  ),
  "status-of-ours": stanzaWith({ from: "status@broadcast", participant: pn(me) }, enc(bytesOf(hello), "skmsg")),
  "by-a-list": stanzaWith(
    { from: "1700000000@broadcast", participant: pn(alice), notify: "Alice" },
    enc(bytesOf(hello)),
  ),
  "by-our-list": stanzaWith(
    { from: "1700000000@broadcast", participant: pn(me) },
    fromOurPhone(hello, "1700000000@broadcast"),
  ),
  "in-a-channel": stanzaWith(inChannel, plaintext(hello)),
  "in-a-channel-by-us": stanzaWith({ ...inChannel, is_sender: "true" }, plaintext(hello)),
  "in-a-channel-a-picture": stanzaWith(
    inChannel,
    plaintext({
      imageMessage: {
        directPath: "/m1/v/t24/An",
        fileSha256: new Uint8Array(32).fill(3),
        fileLength: 1_000,
        mimetype: "image/png",
      },
    }),
  ),
  "in-a-channel-edited": stanzaWith(
    { ...inChannel, edit: "3" },
    plaintext({ extendedTextMessage: { text: "hello all" } }),
  ),
  "in-a-channel-deleted": stanzaWith({ ...inChannel, edit: "8" }, plaintext({})),
  "app-state-keys": stanzaWith(
    peer,
    enc(bytesOf({ protocolMessage: { type: Type.APP_STATE_SYNC_KEY_SHARE } }), "pkmsg"),
  ),
  "history-notice": stanzaWith(
    peer,
    enc(bytesOf({ protocolMessage: { type: Type.HISTORY_SYNC_NOTIFICATION } }), "pkmsg"),
  ),
  "resent-by-our-phone": stanzaWith(peer, enc(bytesOf(resent(missed)))),
  "resent-unreadable": stanzaWith(peer, enc(bytesOf(resent(Uint8Array.of(255, 255, 255))))),
  "resent-by-a-stranger": stanzaWith({ ...fromAlice, category: "peer" }, enc(bytesOf(resent(missed)))),
  "unavailable-seen-once": stanzaWith(fromAlice, { tag: "unavailable", attrs: { type: "view_once" } }),
  unavailable: stanzaWith(fromAlice, { tag: "unavailable", attrs: { type: "hosted_unavailable_fanout" } }),
  "nothing-in-it": stanzaWith(fromAlice),
  "an-unknown-cipher": stanzaWith(fromAlice, {
    tag: "enc",
    attrs: { v: "2", type: "msmsg" },
    content: Uint8Array.of(1),
  }),
  unreadable: stanzaWith(fromAlice, {
    tag: "enc",
    attrs: { v: "2", type: "msg" },
    content: padded(Uint8Array.of(10, 255)),
  }),
  "a-field-of-tomorrow": stanzaWith(fromAlice, enc(Uint8Array.of(0xc2, 0x3e, 2, 8, 1))),
  "without-an-id": stanzaOf(hello, { ...fromAlice, id: "" }),
  "from-nowhere": stanzaOf(hello, { from: "" }),
  "from-another-world": stanzaOf(hello, { from: "1@interop" }),
};

const nobody: KnownPeople = {};

function rowsOf(prefix: string, rows: Record<string, Uint8Array>, people: KnownPeople): [string, Row][] {
  return Object.entries(rows).map(([name, row]) => [`${prefix}-${name}`, { me, people, row }]);
}

const contentRows = Object.fromEntries(Object.entries(contents).map(([name, message]) => [name, stanzaOf(message)]));

export const made: Readonly<Record<string, Row>> = Object.fromEntries([
  ...rowsOf("made", contentRows, everybody),
  ...rowsOf("place", places, nobody),
]);
