// What goes out of the wapiconnect dialect: our value, their JSON.
import { type Static, Type } from "@sinclair/typebox";
import { jidOf } from "../../core/chat.ts";
import { isoTime, second } from "../../core/clock.ts";
import type { ContentKind, Face } from "../../core/content.ts";
import type { Message } from "../../core/message.ts";
import { OneOf } from "../../core/one-of.ts";
import type { LiveSession } from "../../core/ports.ts";
import { encodeQr } from "../../core/qr/encode.ts";
import { pngOf } from "../../core/qr/render.ts";
import type { Session } from "../../core/session.ts";

export const sessionParameter = Type.Object({
  id: Type.String({ maxLength: 64, description: "The session's own `sessionId`.", examples: ["main"] }),
});

const Success = Type.Literal(true);
const sessionWords = ["initializing", "qr_ready", "authenticated", "ready", "disconnected"] as const;
type SessionWord = (typeof sessionWords)[number];
const SessionWord = OneOf(sessionWords, { examples: ["ready"] });

export const MadeSession = Type.Object(
  { success: Success, sessionId: Type.String(), isNew: Type.Boolean(), status: SessionWord },
  { title: "WapiconnectMadeSession" },
);
export const SessionStatus = Type.Object(
  {
    status: SessionWord,
    connected: Type.Boolean(),
    qrCode: Type.Optional(Type.String({ description: "A PNG as a data URL, for keys that may manage." })),
    phoneNumber: Type.Optional(Type.String({ examples: ["919876543210"] })),
  },
  { title: "WapiconnectSessionStatus" },
);
export const SessionList = Type.Object(
  {
    sessions: Type.Array(
      Type.Object({
        sessionId: Type.String(),
        name: Type.Union([Type.String(), Type.Null()]),
        status: SessionWord,
        connected: Type.Boolean(),
        phoneNumber: Type.Union([Type.String(), Type.Null()]),
        createdAt: Type.String(),
      }),
    ),
  },
  { title: "WapiconnectSessions" },
);
export const EndedSession = Type.Object(
  { success: Success, sessionId: Type.String(), status: Type.Literal("disconnected") },
  { title: "WapiconnectEndedSession" },
);
export const SentMessage = Type.Object(
  {
    success: Success,
    messageId: Type.String({ description: "WhatsApp's own id.", examples: ["3EB0B430A8B7F6C1D2E3"] }),
    timestamp: Type.Integer({ description: "In seconds.", examples: [1708243200] }),
  },
  { title: "WapiconnectSentMessage" },
);
const LoggedMessage = Type.Object({
  messageId: Type.String(),
  sessionId: Type.String(),
  direction: OneOf(["in", "out"]),
  to: Type.String({ description: "Digits of a person, the JID of anything else." }),
  from: Type.String(),
  message: Type.String(),
  status: Type.String({ examples: ["sent"] }),
  type: Type.String({ examples: ["text"] }),
  createdAt: Type.String({ examples: ["2026-03-08T10:30:00.000Z"] }),
});
export const MessageLog = Type.Object(
  {
    messages: Type.Array(LoggedMessage, { description: "Newest first." }),
    total: Type.Integer(),
    page: Type.Integer(),
    pages: Type.Integer(),
  },
  { title: "WapiconnectMessageLog" },
);
export const TenantWebhook = Type.Object(
  {
    webhookUrl: Type.Union([Type.String(), Type.Null()], {
      description: "Where events are sent; null where there is none.",
      examples: ["https://your-server.com/whatsapp-webhook"],
    }),
    webhookSecret: Type.Union([Type.String(), Type.Null()], {
      description: "With which they are signed.",
      examples: ["a secret of your own"],
    }),
  },
  { title: "WapiconnectWebhook" },
);
export const TriedWebhook = Type.Object(
  {
    success: Type.Boolean({ description: "Whether the receiver answered with 2xx." }),
    statusCode: Type.Union([Type.Integer(), Type.Null()], { examples: [200] }),
    responseBody: Type.String({ examples: ['{"ok":true}'] }),
    durationMs: Type.Integer({ examples: [42] }),
    error: Type.Union([Type.String(), Type.Null()], { examples: [null] }),
  },
  { title: "WapiconnectTriedWebhook" },
);
export const NewKey = Type.Object({ success: Success, apiKey: Type.String() }, { title: "WapiconnectNewKey" });

type Standing = { session: Session; live: LiveSession | null };

export function sessionWord({ session, live }: Standing): SessionWord {
  switch (live?.status ?? session.status) {
    case "starting":
      return "initializing";
    case "pairing":
      return live === null || live.qr === null ? "initializing" : "qr_ready";
    case "connecting":
      return "authenticated";
    case "connected":
      return "ready";
    default:
      return "disconnected";
  }
}

/** Whoever sees the QR can link a phone of theirs: reading alone is not enough for it. */
export function showStatus(standing: Standing, mayLink: boolean): Static<typeof SessionStatus> {
  const { session, live } = standing;
  const status = sessionWord(standing);
  const qr = status === "qr_ready" && mayLink ? (live?.qr ?? null) : null;
  return {
    status,
    connected: status === "ready",
    ...(qr === null ? {} : { qrCode: pngUrlOf(qr.text) }),
    ...(session.identity === null ? {} : { phoneNumber: session.identity.phone }),
  };
}

export function pngUrlOf(text: string): string {
  return `data:image/png;base64,${Buffer.from(pngOf(encodeQr(text, "M"))).toString("base64")}`;
}

export function showSession(standing: Standing): Static<typeof SessionList>["sessions"][number] {
  const { session } = standing;
  const status = sessionWord(standing);
  return {
    sessionId: session.name,
    name: session.label,
    status,
    connected: status === "ready",
    phoneNumber: session.identity?.phone ?? null,
    createdAt: isoTime(session.createdAt),
  };
}

export function showSent({ waId, sentAt, createdAt }: Message): Static<typeof SentMessage> {
  return { success: true, messageId: waId, timestamp: Math.floor((sentAt ?? createdAt) / second) };
}

export const typeWord = (kind: ContentKind) => typeWords[kind] ?? kind;
export const messageText = ({ content, text }: Message) => (content.kind === "poll" ? content.question : text) ?? "";

/** Their words for what has one; everything else as we call it. */
const typeWords: Partial<Record<ContentKind, string>> = { gif: "video", video_note: "video", voice: "audio" };

export function showLogged(message: Message, session: Session): Static<typeof LoggedMessage> {
  const { chat, sender, content, isFromMe } = message;
  const own = session.identity?.phone ?? "";
  const place = chat.jid ?? (chat.face === null ? "" : showFace(chat.face));
  return {
    messageId: message.waId,
    sessionId: session.name,
    direction: isFromMe ? "out" : "in",
    to: isFromMe || chat.kind !== "person" ? place : own,
    from: isFromMe ? own : sender === null ? place : showFace(sender),
    message: messageText(message),
    status: message.state,
    type: typeWord(content.kind),
    createdAt: isoTime(message.saidAt),
  };
}

function showFace(face: Face): string {
  return face.phone ?? jidOf(face);
}
