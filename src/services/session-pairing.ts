// Linking a session to a phone: by the QR that it shows, or by a code that is typed on the phone.
import { second } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { Engine, LiveSession, PairingCode, QrShown } from "../core/ports.ts";
import { type Session, sessionReasons, statusWords } from "../core/session.ts";
import type { Store } from "../store/store.ts";

export type Waiting = {
  ms: number;
  /** Aborted once nobody waits any more. */
  until?: AbortSignal;
  /** True where it makes no sense to wait any longer once WhatsApp is found out of reach. */
  endsOutOfReach?: boolean;
};

export type SessionPairing = ReturnType<typeof createSessionPairing>;
type Needs = { store: Store; engine: Engine | null };

/** How long a session may take from its start until it can be linked. */
const untilPairingMs = 20 * second;

export function createSessionPairing({ store, engine }: Needs) {
  const viewOf = ({ id }: Session): LiveSession | null => engine?.view(id) ?? null;

  /** Looks again with every change of the session, until there is something or the time is over. */
  async function waitFor<T>(
    session: Session,
    { ms, until, endsOutOfReach = false }: Waiting,
    look: (live: LiveSession) => T | null,
  ) {
    const deadline = performance.now() + ms;
    for (;;) {
      const live = viewOf(session);
      if (session.identity !== null) throw notPairing(session, live);
      if (live === null || !mayYetPair(live)) throw notPairing(await now(session), live);
      const found = look(live);
      if (found !== null) return found;
      const rest = deadline - performance.now();
      const isOver = rest <= 0 || until?.aborted === true || (endsOutOfReach && live.reason === "unreachable");
      if (isOver) throw notPairing(await now(session), live);
      await nextChange(session, rest, until);
    }
  }

  async function nextChange({ id }: Session, ms: number, until: AbortSignal | undefined): Promise<void> {
    const changed = engine?.nextChange(id, ms) ?? Promise.resolve();
    if (until === undefined) return changed;
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    const leave = () => resolve();
    until.addEventListener("abort", leave, { once: true });
    await Promise.race([changed, gone]);
    until.removeEventListener("abort", leave);
  }

  async function now(session: Session): Promise<Session> {
    return (await store.sessions.find(session.id)) ?? session;
  }

  return {
    /** The QR it shows now, or within the time given. */
    waitForQr: (session: Session, waiting: Waiting): Promise<QrShown> => waitFor(session, waiting, (live) => live.qr),
    async pairingCode(session: Session, phone: string, until?: AbortSignal): Promise<PairingCode> {
      const waiting = { ms: untilPairingMs, ...(until === undefined ? {} : { until }) };
      await waitFor(session, waiting, ({ status }) => (status === "pairing" ? true : null));
      if (engine === null) throw notPairing(session, null);
      const { code, expiresAt } = await engine.pairingCode(session.id, phone);
      return { code: shownCode(code), expiresAt };
    },
    /** Settles with the session's next change, or after that time. */
    nextChange: (session: Session, ms: number): Promise<void> => nextChange(session, ms, undefined),
  };

  function mayYetPair({ status }: LiveSession): boolean {
    return status === "starting" || status === "pairing" || status === "connecting" || status === "disconnected";
  }
}

/** As phones show it. */
export function shownCode(code: string): string {
  return /^\w{8}$/.test(code) ? `${code.slice(0, 4)}-${code.slice(4)}` : code;
}

function notPairing(session: Session, live: LiveSession | null): WaygateError {
  if (session.identity !== null) {
    return new WaygateError("conflict", "This session is linked to a phone already; log it out to link it anew.");
  }
  const reason = live?.reason ?? session.reason;
  const hint = live === null ? "Start it, then ask again." : "Ask again in a few seconds.";
  const stands = statusWords(live?.status ?? session.status);
  const why = reason === null ? hint : sessionReasons[reason];
  return new WaygateError("conflict", `There is nothing to scan: this session is ${stands}. ${why}`);
}
