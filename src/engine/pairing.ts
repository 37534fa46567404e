// How long what is shown for linking can be used, as Baileys and WhatsApp have it.
import { minute, second } from "../core/clock.ts";

/** The first QR of a connection lives a minute, the others twenty seconds. */
export function qrLifeMs(number: number): number {
  return number === 1 ? minute : 20 * second;
}

/** Six QRs' time: then the connection ends, and its code with it. */
export const codeLifeMs = qrLifeMs(1) + 5 * qrLifeMs(2);
