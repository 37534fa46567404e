// Answering receipts. Baileys takes them one after the other and tells of each before it answers, which nobody listens to:
// what only says how far a message came is answered from here, once that is on disk. Else WhatsApp tells it again.
import type { BinaryNode, WASocket } from "@whiskeysockets/baileys";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";

const name = "CB:receipt";

export function answerReceipts(
  { ws, sendMessageAck }: WASocket,
  taken: (receipt: BinaryNode) => Promise<void>,
  log: Log,
) {
  const handlers = ws.listeners(name);
  ws.removeAllListeners(name);
  ws.on(name, (receipt: BinaryNode) => {
    // Somebody could not read a message: that is Baileys' to send again.
    if (receipt.attrs.type === "retry") for (const handler of handlers) handler.call(ws, receipt);
    else {
      taken(receipt)
        .then(() => sendMessageAck(receipt))
        .catch((error) => log.debug({ error: messageOf(error) }, "a receipt is not answered; it will come again"));
    }
  });
}
