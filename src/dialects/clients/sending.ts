// Sending from the clients dialect: a text or a file from an address, answered with WhatsApp's own answer.
import { type Static, Type } from "@sinclair/typebox";
import { second } from "../../core/clock.ts";
import { invalidField, WaygateError } from "../../core/errors.ts";
import { longestFetchMs } from "../../core/media-limits.ts";
import type { Message } from "../../core/message.ts";
import { justText, type Said } from "../../core/said.ts";
import type { Session } from "../../core/session.ts";
import type { Call } from "../../http/call.ts";
import { readIdempotencyKey } from "../../http/idempotency.ts";
import type { Services } from "../../services/services.ts";
import { lenient, OrNull } from "../shapes.ts";

const waitMs = 15 * second;
/** As long as a file may take to get here, and its message to be answered. */
const longestSeconds = (longestFetchMs + waitMs) / second;

export const NewMessage = Type.Object(
  {
    clientId: Type.String({ minLength: 1, maxLength: 64 }),
    number: Type.String({ minLength: 1, maxLength: 100, description: "With its country code." }),
    message: OrNull(Type.String({ maxLength: 65_536 })),
    mediaUrl: OrNull(Type.String({ maxLength: 2_000 })),
  },
  {
    ...lenient,
    title: "ClientsNewMessage",
    examples: [{ clientId: "another-client", number: "12345678901", message: "Hey! Its a test message" }],
  },
);
export function saidIn({ message, mediaUrl }: Static<typeof NewMessage>): Said {
  if (mediaUrl == null || mediaUrl === "") {
    if (message != null && message !== "") return justText(message);
    throw invalidField("/message", "Either message or mediaUrl is required.");
  }
  const body = {
    kind: "media",
    as: null,
    source: { from: "url", url: mediaUrl },
    caption: message || null,
    fileName: null,
    mimeType: null,
    isViewOnce: false,
  } as const;
  return { ...justText(""), body };
}

type Sending = { session: Session; to: string; said: Said };

export async function sendFor(call: Call, { messages }: Services, { session, to, said }: Sending): Promise<Message> {
  refuseUnlinked(session);
  call.takes(longestSeconds);
  const options = { waitMs, key: readIdempotencyKey(call) };
  const { message } = await messages.send(session, { to, said, captionFollows: true }, options).catch(throwNamed);
  if (message.fault !== null) throw new WaygateError("conflict", message.fault.sentence, { named: "SEND_FAILED" });
  return message;
}

/** Nobody could be linked by the time that it would go out. */
function refuseUnlinked({ name, identity }: Session): void {
  if (identity !== null) return;
  const sentence = `The client ${name} is not authenticated yet: scan its QR code first.`;
  throw new WaygateError("conflict", sentence, { named: "SESSION_NOT_READY" });
}

function throwNamed(error: unknown): never {
  const isOfMedia = error instanceof WaygateError && error.details.fields?.[0]?.path.startsWith("/media") === true;
  throw isOfMedia ? new WaygateError("invalid", error.message, { named: "MEDIA_ERROR" }, error) : error;
}
