// What to do when a connection has ended: pure, from the reason to the next step. WhatsApp's codes are those of Baileys'
// `DisconnectReason` and of the web client's own connect failures.
import { minute, second } from "../core/clock.ts";
import type { SessionReason, SessionStatus } from "../core/session.ts";

export type Ending = {
  /** Baileys' status code, or one of ours. */
  code: number;
  detail: string;
};

export const stalledCode = 0;
export const storageCode = 1;
export const untrustedCode = 2;
export const proxyCode = 3;

export type Situation = History & {
  isLinked: boolean;
  /** This very connection was open. */
  wasOpen: boolean;
};

export type History = {
  /** Since it was linked: whether WhatsApp ever let this device in. */
  hasEverOpened: boolean;
  /** Connections that ended before they had stood for a while, one after the other. */
  failures: number;
  /** Of those, the ones that WhatsApp itself refused. */
  refusals: number;
  /** The version was asked for anew already, and refused again. */
  hasNewVersion: boolean;
  /** So many QR rounds went by without anybody scanning. */
  pairingRounds: number;
};

export function freshHistory(hasEverOpened: boolean): History {
  return { hasEverOpened, failures: 0, refusals: 0, hasNewVersion: false, pairingRounds: 0 };
}

export type Verdict =
  | { act: "retry"; afterMs: number; reason: SessionReason | null; anew?: true; askVersion?: true }
  | { act: "rest"; status: Extract<SessionStatus, "logged_out" | "failed">; reason: SessionReason };

/** A round is six QRs; after so many nobody is there. */
export const mostPairingRounds = 3;
const mostRefusals = 6;
const mostUnlinkedFailures = 8;
/** So long a connection has to be open until all is well again: a bad line that holds a while is worth a quick return. */
export const steadyMs = 10 * second;
const firstDelayMs = second;
const longestDelayMs = 3 * minute;
/** Never to be linked or let in again without somebody doing something. */
const finals: Record<number, Verdict> = {
  402: rest("failed", "temporarily_banned"),
  403: rest("failed", "banned"),
  406: rest("failed", "banned"),
  411: rest("failed", "not_multidevice"),
  440: rest("failed", "replaced"),
};
const unavailableCodes = new Set([503, 501, 413, 429]);

export function judge({ code, detail }: Ending, situation: Situation, random: () => number = Math.random): Verdict {
  const { isLinked, hasEverOpened, hasNewVersion } = situation;
  const final = finals[code];
  if (final !== undefined) return final;
  if (isUntrusted({ code, detail })) return later("untrusted", situation, random);
  switch (code) {
    // Restart required: how every linking ends, and nothing is wrong. Unless it is said again and again.
    case 515:
      return {
        act: "retry",
        afterMs: situation.failures === 0 ? 0 : delayMs(situation.failures, random),
        reason: null,
      };
    case 401:
      // Never let in: our half of the linking got lost on its way, so nobody has linked anything.
      if (!isLinked || !hasEverOpened)
        return unlinked(situation, { act: "retry", afterMs: 0, reason: null, anew: true });
      return rest("logged_out", "logged_out");
    case 405:
      if (hasNewVersion) return rest("failed", "version_refused");
      return { act: "retry", afterMs: 0, reason: null, askVersion: true };
    case 500:
      if (!isLinked) return rest("failed", "pairing_refused");
      return refused("bad_session", situation, random);
    case stalledCode:
      return later("stalled", situation, random);
    case storageCode:
      return later("storage", situation, random);
    case proxyCode:
      // Where its name leads may change again.
      return later("proxy_refused", situation, random);
    case 408:
    case 428:
      if (!isLinked && /QR refs/i.test(detail)) return nextRound(situation);
      return later(situation.wasOpen ? "connection_lost" : "unreachable", situation, random);
    default:
      if (unavailableCodes.has(code)) return later("unavailable", situation, random);
      return refused("refused", situation, random);
  }
}

function rest(status: "logged_out" | "failed", reason: SessionReason): Verdict {
  return { act: "rest", status, reason };
}

function nextRound(situation: Situation): Verdict {
  if (situation.pairingRounds + 1 >= mostPairingRounds) return rest("failed", "pairing_timed_out");
  return { act: "retry", afterMs: 0, reason: null };
}

function unlinked(situation: Situation, verdict: Verdict): Verdict {
  return situation.refusals >= mostRefusals ? rest("failed", "pairing_refused") : verdict;
}

/** WhatsApp said no, for a reason that may pass: a few times more, then it rests. */
function refused(reason: SessionReason, situation: Situation, random: () => number): Verdict {
  if (situation.refusals >= mostRefusals) return rest("failed", reason);
  return { act: "retry", afterMs: delayMs(situation.failures, random), reason };
}

/** The network's doing: a linked session never gives up, one that nobody waits for does. */
function later(reason: SessionReason, situation: Situation, random: () => number): Verdict {
  if (!situation.isLinked && situation.failures >= mostUnlinkedFailures) return rest("failed", reason);
  return { act: "retry", afterMs: delayMs(situation.failures, random), reason };
}

/** Twice as long each time, up to three minutes; half to one and a half of that, so that many do not come at once. */
export function delayMs(failures: number, random: () => number = Math.random): number {
  const usual = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures, 20));
  return Math.round(usual * (0.5 + random()));
}

/** By TLS, or by the handshake within: 400 is what Baileys makes of a certificate that WhatsApp's key has not signed. */
function isUntrusted({ code, detail }: Ending): boolean {
  if (code === untrustedCode) return true;
  return (code === 400 || code === 500) && /certificate|self.signed|unable to verify|altname/i.test(detail);
}

/** Whether WhatsApp itself turned the connection away, rather than the way there. */
function isRefusal(ending: Ending): boolean {
  const { code } = ending;
  if (isUntrusted(ending)) return false;
  return ![stalledCode, storageCode, proxyCode, 408, 428, 515].includes(code) && !unavailableCodes.has(code);
}

/**
 * What counts of the past when a connection ends that was open for so long. One that was let in and is thrown out again
 * at once has made up for nothing: else it would come back every second for ever.
 */
export function counting(history: History, openMs: number | null): History {
  return openMs !== null && openMs >= steadyMs ? freshHistory(true) : history;
}

/** What is remembered of an ending when the next one is judged. */
export function after(history: History, ending: Ending): History {
  const isRound = /QR refs/i.test(ending.detail);
  return {
    ...history,
    failures: history.failures + (isRound ? 0 : 1),
    refusals: history.refusals + (isRefusal(ending) ? 1 : 0),
    hasNewVersion: history.hasNewVersion || ending.code === 405,
    pairingRounds: history.pairingRounds + (isRound ? 1 : 0),
  };
}
