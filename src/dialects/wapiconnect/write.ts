// What goes out of the wapiconnect dialect: our value, their JSON.
import { OneOf } from "../../core/one-of.ts";
import type { LiveSession } from "../../core/ports.ts";
import type { Session } from "../../core/session.ts";

const sessionWords = ["initializing", "qr_ready", "authenticated", "ready", "disconnected"] as const;
export type SessionWord = (typeof sessionWords)[number];
export const SessionWord = OneOf(sessionWords, { examples: ["ready"] });

export function sessionWord(session: Session, live: LiveSession | null): SessionWord {
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
