// The states of a session and what leads from one to another, once and explicitly: what is not listed here stays as it is.
import type { SessionReason, SessionStatus } from "../core/session.ts";

export type LifeEvent =
  | { type: "start" }
  /** A connection is being made, by a device that is linked or by one that wants to be. */
  | { type: "dial"; isLinked: boolean }
  /** Something to scan or to type is there. */
  | { type: "offer" }
  | { type: "passkey" }
  | { type: "linked" }
  | { type: "opened" }
  /** The connection is over and will be made again by itself. */
  | { type: "lost"; isLinked: boolean; reason: SessionReason | null }
  /** It is over, and only its owner can change that. */
  | { type: "rest"; status: "logged_out" | "failed"; reason: SessionReason }
  | { type: "stop" }
  | { type: "log_out" };

export type Life = { status: SessionStatus; reason: SessionReason | null };

type Step<T extends LifeEvent["type"]> = (event: Extract<LifeEvent, { type: T }>) => Life;
type Steps = { [T in LifeEvent["type"]]: { from: readonly SessionStatus[]; to: Step<T> } };

const resting: readonly SessionStatus[] = ["passkey_required", "logged_out", "failed", "stopped"];
const running: readonly SessionStatus[] = ["starting", "pairing", "connecting", "connected", "disconnected"];
const at = (status: SessionStatus, reason: SessionReason | null = null): Life => ({ status, reason });

const steps: Steps = {
  start: { from: resting, to: () => at("starting") },
  // One that is cut off stays "disconnected", with its reason, until it is back: not to and fro with every attempt.
  dial: {
    from: ["starting", "pairing", "connecting"],
    to: ({ isLinked }) => at(isLinked ? "connecting" : "starting"),
  },
  offer: { from: ["starting", "pairing"], to: () => at("pairing") },
  passkey: { from: ["starting", "pairing"], to: () => at("passkey_required", "passkey_required") },
  linked: { from: ["starting", "pairing"], to: () => at("connecting") },
  opened: { from: ["starting", "connecting", "disconnected"], to: () => at("connected") },
  lost: {
    from: running,
    to: ({ isLinked, reason }) => at(isLinked ? (reason === null ? "connecting" : "disconnected") : "starting", reason),
  },
  rest: { from: running, to: ({ status, reason }) => at(status, reason) },
  // What has failed or was logged out keeps its reason, which says more than that somebody stopped it.
  stop: { from: [...running, "passkey_required"], to: () => at("stopped", "stopped") },
  log_out: { from: [...running, ...resting], to: () => at("logged_out", "logged_out_here") },
};

export function step(life: Life, event: LifeEvent): Life {
  const { from, to } = steps[event.type] as { from: readonly SessionStatus[]; to: (event: LifeEvent) => Life };
  return from.includes(life.status) ? to(event) : life;
}
