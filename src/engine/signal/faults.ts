// What may be wrong with a ciphertext, and the words for it that steer Baileys.

export type SignalFault =
  | "used" // its key was used already: a redelivery, or a replay
  | "forged" // its MAC or signature does not hold
  | "no_session"
  | "no_sender_key"
  | "no_pre_key"
  | "future"
  | "malformed"
  | "suspended"; // too much from this peer could not be read; nothing is tried for a while

export class SignalError extends Error {
  override readonly name = "SignalError";
  readonly fault: SignalFault;
  constructor(fault: SignalFault, detail: string) {
    super(detail);
    this.fault = fault;
  }
}

/** Baileys answers this one with a NACK and everything else with a request to send again; it looks at the text alone. */
const usedAlready = "Key used already or never filled";
const texts: Record<SignalFault, string> = {
  used: usedAlready,
  // Not looked at, but wanted all the same: it is asked for again, and comes under a session that is begun anew.
  suspended: "No session record",
  forged: "Bad MAC",
  no_session: "No session record",
  no_sender_key: "No session found to decrypt message",
  no_pre_key: "Invalid PreKey ID",
  future: "Over 2000 messages into the future!",
  malformed: "The ciphertext cannot be read",
};

export function faultForBaileys(fault: SignalFault): Error {
  return new Error(texts[fault]);
}
