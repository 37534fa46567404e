// WhatsApp's word for each message that went out, by the message's id: whoever sent it waits here.
import type { BinaryNode } from "@whiskeysockets/baileys";
import { WaygateError } from "../core/errors.ts";

export type Acks = {
  /** To be asked for before it goes out; throws when nothing came in that time, or the connection broke off. */
  of(waId: string, withinMs: number): Promise<BinaryNode>;
  see(frame: BinaryNode): void;
  close(): void;
};

type Waiting = { resolve(ack: BinaryNode): void; reject(error: Error): void };

export function createAcks(): Acks {
  const waiting = new Map<string, Waiting>();
  let isClosed = false;

  return {
    of(waId, withinMs) {
      const { promise, resolve, reject } = Promise.withResolvers<BinaryNode>();
      const fail = (sentence: string) => reject(new WaygateError("unavailable", sentence));
      if (isClosed) fail("The connection to WhatsApp broke off before it answered.");
      const timer = setTimeout(() => fail("WhatsApp did not acknowledge the message in time."), withinMs);
      const one = { resolve, reject };
      waiting.set(waId, one);
      return promise.finally(() => {
        clearTimeout(timer);
        if (waiting.get(waId) === one) waiting.delete(waId);
      });
    },
    see({ attrs }) {
      if (attrs.class === "message" && attrs.id !== undefined) waiting.get(attrs.id)?.resolve({ tag: "ack", attrs });
    },
    close() {
      isClosed = true;
      const error = new WaygateError("unavailable", "The connection to WhatsApp broke off before it answered.");
      for (const { reject } of waiting.values()) reject(error);
    },
  };
}
