// History as a phone sends it: in its message itself, or as a file on the media host.
import { randomBytes } from "node:crypto";
import { deflateSync } from "node:zlib";
import { cbcEncrypt, hkdf, hmac, sha256 } from "../../src/sandbox/crypto/derive.ts";
import type { Network } from "../../src/sandbox/network/network.ts";
import type { Person } from "../../src/sandbox/people/person.ts";
import { sendPeerMessage } from "../../src/sandbox/people/sync.ts";
import { proto } from "../../src/sandbox/wire/proto.ts";

export type Notice = proto.Message.IHistorySyncNotification;

/** `facts` go over what is true of the file. */
export type HistoryToSend = { history: proto.IHistorySync; inline?: boolean; facts?: Notice };

/** The path of the file, if there is one. */
export function sendHistory(
  { world }: Network,
  person: Person,
  { history, inline = false, facts = {} }: HistoryToSend,
): string | null {
  const whole = { ...history, syncType: history.syncType ?? proto.HistorySync.HistorySyncType.RECENT };
  const plain = deflateSync(proto.HistorySync.encode(proto.HistorySync.create(whole)).finish());
  const about = {
    syncType: whole.syncType as number,
    chunkOrder: history.chunkOrder ?? 1,
    progress: history.progress ?? 50,
  };
  const where: Notice = inline ? { initialHistBootstrapInlinePayload: plain } : put(world, plain);
  const device = Math.max(...person.companions.keys());
  sendPeerMessage(world, person, device, {
    type: proto.Message.ProtocolMessage.Type.HISTORY_SYNC_NOTIFICATION,
    historySyncNotification: { ...about, ...where, ...facts },
  });
  return where.directPath ?? null;
}

function put({ media }: Network["world"], plain: Buffer): Notice {
  const mediaKey = randomBytes(32);
  const keys = hkdf(mediaKey, null, "WhatsApp History Keys", 112);
  const iv = keys.subarray(0, 16);
  const body = cbcEncrypt(keys.subarray(16, 48), iv, plain);
  const file = Buffer.concat([body, hmac(keys.subarray(48, 80), iv, body).subarray(0, 10)]);
  return {
    mediaKey,
    directPath: media.put(file),
    fileLength: plain.length,
    fileSha256: sha256(plain),
    fileEncSha256: sha256(file),
  };
}
