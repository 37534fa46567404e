// Linking: how long what is shown for it can be used, as Baileys and WhatsApp have it, and asking for a code.
import type { BinaryNode } from "@whiskeysockets/baileys";
import { type Clock, minute, second } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { PairingCode } from "../core/ports.ts";
import type { Changes } from "./changes.ts";
import type { Connection } from "./connection.ts";
import { childrenOf, isNode } from "./signal/stanza.ts";

const offerMs = 20 * second;
const answerMs = 10 * second;

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

/** Once WhatsApp has taken it: a number may be refused, which Baileys does not listen for. */
export async function askForCode({ socket, over }: Connection, phone: string, clock: Clock): Promise<PairingCode> {
  const taken = Promise.withResolvers<void>();
  const hear = (frame: unknown) => {
    if (!isNode(frame) || frame.tag !== "iq") return;
    if (childrenOf(frame).some(({ tag }) => tag === "link_code_companion_reg")) taken.resolve();
    if (frame.attrs.type === "error") taken.reject(refusalIn(frame));
  };
  const fail = () => taken.reject(notOffered());
  const timer = setTimeout(fail, answerMs);
  socket.ws.on("frame", hear);
  over.addEventListener("abort", fail);
  try {
    const [code] = await Promise.all([socket.requestPairingCode(phone), taken.promise]);
    return { code, expiresAt: clock.now() + codeLifeMs };
  } catch (error) {
    throw error instanceof WaygateError ? error : notOffered(error);
  } finally {
    clearTimeout(timer);
    socket.ws.off("frame", hear);
    over.removeEventListener("abort", fail);
  }
}

function refusalIn(frame: BinaryNode): WaygateError {
  const { text = "no reason given", code = "?" } = childrenOf(frame).find(({ tag }) => tag === "error")?.attrs ?? {};
  return new WaygateError("conflict", `WhatsApp gives no code for this number: ${text} (${code}).`);
}

export function notOffered(cause?: unknown): WaygateError {
  return new WaygateError("unavailable", "WhatsApp did not offer a pairing in time; try again in a moment.", {}, cause);
}
