// Which chats a caller sees: those of the sessions that it sees.
import { WaygateError } from "../../core/errors.ts";
import type { Session } from "../../core/session.ts";
import type { Services } from "../../services/services.ts";
import type { Call } from "../call.ts";
import { createSessionAccess } from "./session-access.ts";
import { readId } from "./shapes.ts";

export function createChatAccess(services: Services) {
  const { chats, ids } = services;
  const { own } = createSessionAccess(services);
  return {
    /** Somebody else's is not found. */
    async ownChat(call: Call, shown: string) {
      const chat = await chats.get(readId(ids, "chat", shown));
      const session: Session = await own(call, ids.show("session", chat.sessionId)).catch(() => {
        throw new WaygateError("not_found", "There is no such chat.");
      });
      return { chat, session };
    },
  };
}
