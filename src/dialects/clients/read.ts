// What comes in of the clients dialect: their names for things, our rows.
import { Type } from "@sinclair/typebox";
import { chatOf } from "../../core/chat.ts";
import { WaygateError } from "../../core/errors.ts";
import { readChatJid } from "../../core/jid.ts";
import type { Session } from "../../core/session.ts";
import type { Call } from "../../http/call.ts";
import { createSessionAccess } from "../../http/v1/session-access.ts";
import type { Services } from "../../services/services.ts";
import type { ListedChat } from "../../store/chats.ts";

const ClientId = Type.String({ maxLength: 64, description: "The client's id.", examples: ["client-id"] });
const ChatId = Type.String({ maxLength: 60, description: "The chat's id.", examples: ["9721234567@c.us"] });
export const clientParameter = Type.Object({ clientId: ClientId });
export const chatParameters = Type.Object({ clientId: ClientId, chatId: ChatId });
const MessageId = Type.String({ maxLength: 128, description: "WhatsApp's own id.", examples: ["3EB0C767F26AFC1F8B"] });
export const fileParameters = Type.Object({ clientId: ClientId, messageId: MessageId });

export function createClientAccess(services: Services) {
  const { own, reachOf } = createSessionAccess(services);

  async function find(call: Call, clientId: string): Promise<Session | null> {
    return own(call, clientId).catch((error) => {
      if (error instanceof WaygateError && error.code === "not_found") return null;
      throw error;
    });
  }

  async function get(call: Call, clientId: string): Promise<Session> {
    const found = await find(call, clientId);
    if (found === null) throw new WaygateError("not_found", "Client not found", { named: "CLIENT_NOT_FOUND" });
    return found;
  }

  return {
    find,
    get,
    /** Every client that the caller may see, oldest first. */
    async list(call: Call): Promise<Session[]> {
      const { accountId, sessions } = reachOf(call);
      const all = await services.sessions.listAll(accountId);
      return all.filter(({ name }) => sessions === null || sessions.includes(name)).toReversed();
    },
    async getChat(session: Session, chatId: string): Promise<ListedChat> {
      const found = await services.chats.findByRef(session, chatOf(readChatId(chatId)));
      if (found === null) throw noSuchChat();
      return found;
    },
  };
}

/** What cannot be one names nothing. */
export function readChatId(chatId: string): string {
  if (/\s/.test(chatId)) throw noSuchChat();
  try {
    return readChatJid(chatId, "/chatId");
  } catch (cause) {
    throw noSuchChat(cause);
  }
}

function noSuchChat(cause?: unknown): WaygateError {
  return new WaygateError("not_found", "There is no such chat.", { named: "CHAT_NOT_FOUND" }, cause);
}
