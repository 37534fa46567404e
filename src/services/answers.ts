// What is said in a session's name because something happened: a receiver's answer to a message, a word to a caller. It is
// made ready here and kept in the transaction of what it answers, with a name of its own, so that it is said once.
import { createHash } from "node:crypto";
import { chatOf } from "../core/chat.ts";
import { type Clock, day, hour } from "../core/clock.ts";
import type { Engine } from "../core/ports.ts";
import type { Session } from "../core/session.ts";
import type { NewMessage } from "../store/outbox.ts";
import type { Store } from "../store/store.ts";
import { createComposer } from "./composing.ts";
import { refuseUnlinked } from "./preparing.ts";

export type Answer = {
  target: string;
  text: string;
  /** That of what it answers: under each something is said once. No caller's own key has a space in it. */
  name: `${"call" | "delivery"} ${string}`;
  to: keyof typeof welcomeMs;
};
/** After so long it would be out of place. No longer than a name stands for what was said under it. */
export const welcomeMs = { message: day, call: hour };
export type Answers = { ready(session: Session, answer: Answer): Promise<NewMessage> };

type Needs = { store: Store; engine: Engine; clock: Clock };

export function createAnswers({ store, engine, clock }: Needs): Answers {
  const composer = createComposer({ store, engine, client: null, maxBytes: 0, clock });
  return {
    async ready(session, { target, text, name, to }) {
      refuseUnlinked(session);
      // No preview: nobody waits for what its links lead to.
      const body = { kind: "text", text, wantsPreview: false } as const;
      const said = { body, mentions: [], replyTo: null, disappearsInSeconds: null };
      const { composed, content, context } = await composer.compose(session, target, said);
      const createdAt = clock.now();
      const fingerprint = createHash("sha256").update(name).digest();
      return {
        ...{ sessionId: session.id, chat: chatOf(target), target, ...composed, content, context },
        ...{ createdAt, expiresAt: createdAt + welcomeMs[to], isUrgent: to === "call", file: null },
        idempotency: { key: `answer ${name}`, fingerprint },
      };
    },
  };
}
