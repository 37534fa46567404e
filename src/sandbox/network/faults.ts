// Faults by name: what may go wrong on this network, how often, and for whom.

export const faultNames = {
  "drop-tcp": "Cut the connection, with no word.",
  "half-open": "Fall silent: nothing is read and nothing answered, the connection stays.",
  slow: "Answer late, by delay_ms.",
  "stream-503": "End the stream with 503.",
  "stream-515": "End the stream with 515: connect again.",
  replaced: "End the stream: another connection took its place.",
  "logged-out": "End the stream with 401 and forget the device.",
  banned: "Refuse logins with 403; end the stream if there is one.",
  "version-refused": "Refuse logins with 405: the web version is too old.",
  "login-refused":
    "Refuse logins with the failure of `code` (401 by default; 402 is a ban for delay_ms, an hour by default).",
  refused: "Refuse connections altogether, for delay_ms (one second by default).",
  "handshake-silence": "Take the connection and never answer its handshake.",
  "upgrade-error": "Answer the WebSocket's upgrade with the HTTP status of `code` (503 by default).",
  "iq-silence": "Take a request and never answer it.",
  "ping-silence": "Take a ping and never answer it; everything else is.",
  "slow-backlog": "Deliver what was missed one by one, with delay_ms (50 by default) between two.",
  "edge-routing": "Give routing information at a login, to come back with.",
  dirty: "Say at a login that the account and its groups have changed.",
  "qr-refs": "Give as many references for the QR as `code` says (one by default) instead of six.",
  "passkey-required": "Ask for a passkey instead of linking a device.",
  "drop-ack": "Take a message and never acknowledge it.",
  "duplicate-ack": "Acknowledge a message twice.",
  "reorder-ack": "Acknowledge a message after the next one.",
  "drop-receipt": "Swallow a receipt for the client.",
  "duplicate-receipt": "Deliver a receipt twice.",
  "reorder-receipt": "Deliver a receipt after the next one.",
  "ack-error": "Refuse a message in its acknowledgement, with `code` (463 by default).",
  "lost-prekeys": "Forget the one-time keys a client uploaded.",
  unreadable: "Deliver a message with a ciphertext that does not decrypt.",
  "media-expired": "Answer downloads with the HTTP status of `code` (410 by default).",
  "media-corrupt": "Change a byte of a download.",
  "media-silence": "Take a download, send its first half and never the rest.",
} as const;

export type FaultName = keyof typeof faultNames;

export type Fault = {
  name: FaultName;
  /** Of whom; everybody when it is left out. */
  phone: string | null;
  /** Each time with this probability. */
  probability: number;
  /** This many times; without end when it is null. */
  count: number | null;
  delayMs: number;
  code: number | null;
};

export type Faults = ReturnType<typeof createFaults>;

export function createFaults(refuseConnections: (ms: number) => void, random: () => number = Math.random) {
  const active = new Map<number, Fault>();
  let lastId = 0;

  return {
    add(fault: Fault): number {
      lastId += 1;
      // This one happens here and now, once.
      if (fault.name === "refused") refuseConnections(fault.delayMs || 1_000);
      else active.set(lastId, fault);
      return lastId;
    },
    remove: (id: number) => active.delete(id),
    clear: () => active.clear(),
    list: () => [...active].map(([id, fault]) => ({ id, ...fault })),
    /** The fault, if it strikes now; one that is counted is used up by it. */
    strike(name: FaultName, phone: string | null): Fault | null {
      if (active.size === 0) return null;
      for (const [id, fault] of active) {
        if (fault.name !== name || (fault.phone !== null && fault.phone !== phone)) continue;
        if (fault.probability < 1 && random() >= fault.probability) continue;
        if (fault.count !== null && --fault.count <= 0) active.delete(id);
        return fault;
      }
      return null;
    },
  };
}
