// What a linked device may ask of its phone: older messages, messages it could not read, files that are gone.
import { randomBytes } from "node:crypto";
import { gcmSeal, hkdf } from "../crypto/derive.ts";
import type { World } from "../network/world.ts";
import { child, type Node, node } from "../wire/node.ts";
import { proto } from "../wire/proto.ts";
import type { InboxItem } from "./inbox.ts";
import { mediaOf } from "./media.ts";
import { type Address, phoneJid } from "./person.ts";
import { sendHistory, sendPeerMessage, webMessage } from "./sync.ts";

type Asked = { asked: proto.Message.IPeerDataOperationRequestMessage; inbox: readonly InboxItem[] };

const { Type } = proto.Message.ProtocolMessage;

export function answerPeer(world: World, { person, device }: Address, stanza: Node, { asked, inbox }: Asked): void {
  const { id = "" } = stanza.attrs;
  const history = asked.historySyncOnDemandRequest;
  if (history != null) {
    const chat = world.registry.findByJid(history.chatJid ?? "")?.phone ?? history.chatJid ?? "";
    const before = Number(history.oldestMsgTimestampMs ?? Number.MAX_SAFE_INTEGER);
    const older = inbox
      .filter((item) => item.chat === chat && item.at < before)
      .slice(-Number(history.onDemandMsgCount ?? 50));
    return sendHistory(world, person, device, { inbox: older, sessionId: id });
  }
  for (const { messageKey } of asked.placeholderMessageResendRequest ?? []) {
    const item = inbox.find((one) => one.id === messageKey?.id);
    if (item === undefined) continue;
    const webMessageInfoBytes = proto.WebMessageInfo.encode(
      proto.WebMessageInfo.fromObject(webMessage(world, person, item)),
    ).finish();
    sendPeerMessage(world, person, device, {
      type: Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
      peerDataOperationRequestResponseMessage: {
        peerDataOperationRequestType: asked.peerDataOperationRequestType ?? null,
        stanzaId: id,
        peerDataOperationResult: [{ placeholderMessageResendResponse: { webMessageInfoBytes } }],
      },
    });
  }
}

/** A linked device found a file gone: the phone puts it back and says where. */
export function uploadAgain(world: World, asker: Address, receipt: Node, inbox: readonly InboxItem[]): void {
  const { id = "" } = receipt.attrs;
  const item = inbox.find((one) => one.id === id);
  const media = item === undefined ? null : mediaOf(proto.Message.fromObject(item.message));
  const rmr = child(receipt, "rmr");
  const path = media === null ? null : world.media.again(media.content.directPath ?? "");
  const answer =
    media !== null && path !== null
      ? retryAnswer(id, path, Buffer.from(media.content.mediaKey ?? []))
      : node("error", { code: "2" });
  const attrs = { from: phoneJid(asker.person), type: "mediaretry", id, t: world.nowSeconds() };
  world.links.deliver(asker, node("notification", attrs, [answer, ...(rmr === undefined ? [] : [rmr])]));
}

function retryAnswer(id: string, directPath: string, mediaKey: Buffer): Node {
  const { ResultType } = proto.MediaRetryNotification;
  const plain = proto.MediaRetryNotification.encode({ stanzaId: id, directPath, result: ResultType.SUCCESS }).finish();
  const key = hkdf(mediaKey, null, "WhatsApp Media Retry Notification", 32);
  const iv = randomBytes(12);
  const sealed = gcmSeal(key, iv, plain, Buffer.from(id));
  return node("encrypt", {}, [node("enc_p", {}, sealed), node("enc_iv", {}, iv)]);
}
