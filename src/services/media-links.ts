// Links to files that need no key: good for the one file that they name, until the time that they name, and made by
// nobody who has not this installation's own secret.
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { type Clock, second } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { Ids } from "../core/ids.ts";
import type { Message } from "../core/message.ts";
import type { Store } from "../store/store.ts";

export type MediaLinks = ReturnType<typeof createMediaLinks>;
export type MediaLink = { messageId: number; until: number };

type Needs = { store: Store; ids: Ids; clock: Clock };

const form = /^(msg_[A-Za-z0-9]{1,30})\.([0-9a-z]{1,9})\.([\w-]{43})$/;

export function createMediaLinks({ store, ids, clock }: Needs) {
  const key = Buffer.from(hkdfSync("sha256", store.facts.jwtSecret, "", "waygate media links", 32));

  /** Of the numbers, and not of how they are written. */
  function signatureOf(messageId: number, seconds: number): Buffer {
    return createHmac("sha256", key).update(`${messageId} ${seconds}`).digest();
  }

  /** Throws for what was not made here, and for what is over. */
  function read(token: string): MediaLink {
    const [, shown = "", time = "", signature = ""] = form.exec(token) ?? [];
    const messageId = ids.read("message", shown);
    const seconds = Number.parseInt(time, 36);
    const given = Buffer.from(signature, "base64url");
    const isOurs = messageId !== null && given.length === 32 && timingSafeEqual(given, signatureOf(messageId, seconds));
    if (!isOurs) throw nothing();
    if (seconds * second > clock.now()) return { messageId, until: seconds * second };
    throw new WaygateError("forbidden", "This link is not good any more; whoever gave it to you can make another.");
  }

  return {
    /** To the full second. */
    make({ messageId, until }: MediaLink): { token: string; until: number } {
      const seconds = Math.floor(until / second);
      const signature = signatureOf(messageId, seconds).toString("base64url");
      return {
        token: `${ids.show("message", messageId)}.${seconds.toString(36)}.${signature}`,
        until: seconds * second,
      };
    },
    /** What a link leads to: nothing any more, once the account is switched off. */
    async find(token: string): Promise<{ message: Message; until: number }> {
      const { messageId, until } = read(token);
      const message = await store.messages.find(messageId);
      const session = message === null ? null : await store.sessions.find(message.sessionId);
      const account = session === null ? null : await store.accounts.find(session.accountId);
      if (message === null || account === null || account.disabledAt !== null) throw nothing();
      return { message, until };
    },
  };
}

function nothing(): WaygateError {
  return new WaygateError("not_found", "There is nothing at this address.");
}
