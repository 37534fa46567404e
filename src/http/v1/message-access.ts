// Which messages a caller sees: those of the sessions that it sees.
import { WaygateError } from "../../core/errors.ts";
import type { Message } from "../../core/message.ts";
import type { Session } from "../../core/session.ts";
import type { Services } from "../../services/services.ts";
import type { Call } from "../call.ts";
import { createSessionAccess } from "./session-access.ts";
import { readId } from "./shapes.ts";

export function createMessageAccess(services: Services) {
  const { messages, ids } = services;
  const { own } = createSessionAccess(services);
  /** Somebody else's is not found. */
  async function ownWithSession(call: Call, shown: string): Promise<{ message: Message; session: Session }> {
    const message = await messages.get(readId(ids, "message", shown));
    const session = await own(call, ids.show("session", message.sessionId)).catch(() => {
      throw new WaygateError("not_found", "There is no such message.");
    });
    return { message, session };
  }
  return {
    ownWithSession,
    ownMessage: async (call: Call, shown: string): Promise<Message> => (await ownWithSession(call, shown)).message,
  };
}
