// Handing a message to Baileys, which asks a group for its members before it writes to them.
import type { proto, WASocket } from "@whiskeysockets/baileys";
import { isGroup } from "./people.ts";
import type { stanzaPartsOf } from "./stanza.ts";

type Relaying = { chat: string; waId: string; message: proto.IMessage; parts: ReturnType<typeof stanzaPartsOf> };

/** We are not in it, or it is none: no further attempt changes that. */
const finalAnswers = [403, 404];

/** Null when it is on its way, else WhatsApp's code: nothing was sent. */
export async function relay(socket: WASocket, { chat, waId, message, parts }: Relaying): Promise<string | null> {
  try {
    await socket.relayMessage(chat, message, { messageId: waId, ...parts });
    return null;
  } catch (error) {
    const { data } = error as { data?: unknown };
    if (isGroup(chat) && typeof data === "number" && finalAnswers.includes(data)) return String(data);
    throw error;
  }
}
