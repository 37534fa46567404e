// Linking: how long what is shown for it can be used, as Baileys and WhatsApp have it, and asking for a code.
import { type Clock, minute, second } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { PairingCode } from "../core/ports.ts";
import type { Changes } from "./changes.ts";
import type { Connection } from "./connection.ts";

const offerMs = 20 * second;

/** The first QR of a connection lives a minute, the others twenty seconds. */
export function qrLifeMs(number: number): number {
  return number === 1 ? minute : 20 * second;
}

/** Six QRs' time: then the connection ends, and its code with it. */
const codeLifeMs = qrLifeMs(1) + 5 * qrLifeMs(2);

/** WhatsApp takes a request for a code only once it has offered its QRs. */
export async function untilOffered(pairing: {
  changes: Changes;
  isOffered(): boolean;
  isOver(): boolean;
}): Promise<void> {
  const deadline = performance.now() + offerMs;
  while (!pairing.isOffered()) {
    const left = deadline - performance.now();
    if (left <= 0 || pairing.isOver()) throw notOffered();
    await pairing.changes.next(left);
  }
}

export async function askForCode({ socket }: Connection, phone: string, clock: Clock): Promise<PairingCode> {
  const code = await socket.requestPairingCode(phone);
  return { code, expiresAt: clock.now() + codeLifeMs };
}

export function notOffered(): WaygateError {
  return new WaygateError("unavailable", "WhatsApp did not offer a pairing in time; try again in a moment.");
}
