// Messages: accepted means kept, and sent as soon as the session can.
import type { ChatRef } from "../core/chat.ts";
import type { Clock } from "../core/clock.ts";
import { bareContext, type Content } from "../core/content.ts";
import { WaygateError } from "../core/errors.ts";
import { readChatJid } from "../core/jid.ts";
import type { Message } from "../core/message.ts";
import type { Engine } from "../core/ports.ts";
import type { Session } from "../core/session.ts";
import type { Store } from "../store/store.ts";

/** Who sends what is queued; jobs/sender.ts. */
export type Sending = { wake(sessionId: number): void; settled(messageId: number, ms: number): Promise<void> };
export type MessageInput = { to: string; text: string };
export type Messages = ReturnType<typeof createMessages>;

type Needs = { store: Store; engine: Engine | null; sending: Sending | null; clock: Clock };

export function createMessages({ store, engine, sending, clock }: Needs) {
  async function get(id: number): Promise<Message> {
    const message = await store.messages.find(id);
    if (message === null) throw new WaygateError("not_found", "There is no such message.");
    return message;
  }

  return {
    get,
    /** Answers when WhatsApp has it, or after `waitMs` as it then stands. */
    async send(session: Session, input: MessageInput, waitMs: number): Promise<Message> {
      if (engine === null || sending === null) throw new WaygateError("unavailable", "No session runs here.");
      const target = readChatJid(input.to, "/to");
      if (session.identity === null) {
        throw new WaygateError("conflict", `The session ${session.name} is linked to no number yet; pair it first.`);
      }
      const content: Content = { kind: "text", text: input.text, preview: null };
      const { phone, lid } = session.identity;
      const writing = { target, me: { phone, lid }, members: "lid", quoted: null, file: null } as const;
      const composed = await engine.compose(content, bareContext, writing);
      const id = await store.write("outbox.enqueue", {
        sessionId: session.id,
        chat: chatOf(target),
        target,
        ...composed,
        content,
        context: bareContext,
        createdAt: clock.now(),
        expiresAt: null,
        file: null,
      });
      const settled = sending.settled(id, waitMs);
      sending.wake(session.id);
      await settled;
      return get(id);
    },
  };
}

function chatOf(jid: string): ChatRef {
  const [user = "", host] = jid.split("@");
  if (host === "g.us") return { kind: "group", jid };
  if (host === "newsletter") return { kind: "channel", jid };
  return { kind: "person", face: { phone: host === "lid" ? null : user, lid: host === "lid" ? user : null } };
}
