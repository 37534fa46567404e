// What a phone tells a device that was just linked: the keys of the app state, and the history; and what it answers
// when the device asks for more.
import { deflateSync } from "node:zlib";
import type { World } from "../network/world.ts";
import { node } from "../wire/node.ts";
import { proto } from "../wire/proto.ts";
import type { InboxItem } from "./inbox.ts";
import { jidIn, lidJid, type Person, phoneJid } from "./person.ts";
import { seal } from "./writing.ts";

const { Type } = proto.Message.ProtocolMessage;

export function sendPeerMessage(
  world: World,
  person: Person,
  device: number,
  protocolMessage: proto.Message.IProtocolMessage,
): void {
  const plain = proto.Message.encode({ protocolMessage }).finish();
  const target = { person, device };
  const sealed = seal(world, { person, device: 0 }, target, plain);
  world.changed(person);
  if (sealed === null) return;
  const attrs = {
    from: phoneJid(person),
    id: world.makeId(),
    t: world.nowSeconds(),
    type: "text",
    category: "peer",
    notify: person.name,
    peer_recipient_lid: person.lid === null ? undefined : lidJid(person),
  };
  world.links.deliver(target, node("message", attrs, [node("enc", { v: "2", type: sealed.type }, sealed.body)]));
}

export function sendAppStateKey(world: World, person: Person, device: number): void {
  const { id, data } = person.appStateKey;
  const fingerprint = { rawId: person.rawId, currentIndex: 0, deviceIndexes: [0] };
  const keys = [
    { keyId: { keyId: id }, keyData: { keyData: data, fingerprint, timestamp: Number(world.nowSeconds()) } },
  ];
  sendPeerMessage(world, person, device, { type: Type.APP_STATE_SYNC_KEY_SHARE, appStateSyncKeyShare: { keys } });
}

export type History = { inbox: readonly InboxItem[]; sessionId?: string };

export function sendHistory(world: World, person: Person, device: number, { inbox, sessionId }: History): void {
  const isAsked = sessionId !== undefined;
  const kind = proto.HistorySync.HistorySyncType;
  const syncType = isAsked ? kind.ON_DEMAND : kind.INITIAL_BOOTSTRAP;
  const everybody = world.registry.all().filter((one) => one !== person);
  const history = proto.HistorySync.encode({
    syncType: syncType,
    conversations: conversationsOf(world, person, inbox),
    chunkOrder: 1,
    progress: 100,
    pushnames: everybody.map((one) => ({ id: phoneJid(one), pushname: one.name })),
    phoneNumberToLidMappings: everybody.flatMap((one) =>
      one.lid === null ? [] : [{ pnJid: phoneJid(one), lidJid: lidJid(one) }],
    ),
  }).finish();
  const notice: proto.Message.IHistorySyncNotification = {
    syncType: isAsked ? proto.Message.HistorySyncType.ON_DEMAND : proto.Message.HistorySyncType.INITIAL_BOOTSTRAP,
    chunkOrder: 1,
    progress: 100,
    initialHistBootstrapInlinePayload: deflateSync(history),
    ...(sessionId === undefined ? {} : { peerDataRequestSessionId: sessionId }),
  };
  sendPeerMessage(world, person, device, { type: Type.HISTORY_SYNC_NOTIFICATION, historySyncNotification: notice });
}

function conversationsOf(world: World, person: Person, inbox: readonly InboxItem[]): proto.IConversation[] {
  const chats = Object.groupBy(inbox, (item) => item.chat);
  return Object.entries(chats).map(([chat, items = []]) => ({
    id: jidOfChat(world, chat),
    messages: items.map((item) => ({ message: webMessage(world, person, item) })).reverse(),
  }));
}

export function webMessage(world: World, person: Person, item: InboxItem): proto.IWebMessageInfo {
  const author = world.registry.find(item.from);
  const group = world.groups.find(item.chat);
  const participant = group !== null && author !== null ? { participant: jidIn(author, group.addressing) } : {};
  return {
    key: { remoteJid: jidOfChat(world, item.chat), fromMe: item.from === person.phone, id: item.id, ...participant },
    message: proto.Message.fromObject(item.message),
    messageTimestamp: Math.floor(item.at / 1_000),
    pushName: author?.name ?? null,
  };
}

function jidOfChat(world: World, chat: string): string {
  const person = world.registry.find(chat);
  return chat.includes("@") || person === null ? chat : phoneJid(person);
}
