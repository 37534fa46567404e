// Baileys keeps the last 512 messages of either direction for those who could not read them, each with a timer: half a
// megabyte per busy session, tens of them where they are pictures. Only what was sent is ever asked for.
import type { BinaryNode, WASocket } from "@whiskeysockets/baileys";
import { minute } from "../core/clock.ts";
import { createCache } from "./caches.ts";

const mostUnderWay = 1_000;

export function keepOnlySent({ ws, messageRetryManager: recent }: Pick<WASocket, "ws" | "messageRetryManager">): void {
  if (recent === null) return;
  const received = createCache({ most: mostUnderWay, keepMs: 5 * minute });
  const keep = recent.addRecentMessage.bind(recent);
  ws.on("CB:message", ({ attrs }: BinaryNode) => {
    if (attrs.id !== undefined) received.set(attrs.id, true);
  });
  recent.addRecentMessage = (to, id, message) => {
    if (received.get(id) === undefined) keep(to, id, message);
    else received.del(id);
  };
}
