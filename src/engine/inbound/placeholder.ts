// What stands where a message could not be read, until it can be.
import type { Content } from "../../core/content.ts";
import { bareContext } from "../../core/content.ts";
import type { ReceivedMessage } from "../../core/inbound.ts";
import type { Envelope } from "./envelope.ts";

export type Unreadable = Extract<Content, { kind: "placeholder" }>["reason"];

export function placeholderOf(envelope: Envelope, reason: Unreadable): ReceivedMessage {
  return {
    type: "message",
    ...envelope,
    content: { kind: "placeholder", reason },
    context: bareContext,
    locator: null,
    secret: null,
    raw: new Uint8Array(),
  };
}
