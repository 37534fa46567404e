// Whether the server is WhatsApp. Baileys looks at two signatures in each handshake, 4 ms of JavaScript for each, then
// heeds neither answer, and never asks whose certificate it is: whoever is in between could show WhatsApp's own. Both are
// checked here, on native cryptography.
import { Curve, proto, WA_CERT_DETAILS } from "@whiskeysockets/baileys";
import { verifierFor, withoutType } from "./signal/curve.ts";

const { NoiseCertificate } = proto.CertChain;
const agree = Curve.sharedKey;
/** What begins like this is signed by a phone, at the linking: no certificate's first byte. */
const accountMark = 6;
/** In a handshake, the certificates come right after the agreement on the server's own key. */
let lastAgreedOn: Uint8Array = Buffer.alloc(0);

/** Process-wide in Baileys; all sessions of a gateway are on one network. */
export function trustOnly(rootKey: string): void {
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(rootKey, "hex");
  Curve.sharedKey = (privateKey, publicKey) => {
    lastAgreedOn = publicKey;
    return agree(privateKey, publicKey);
  };
  Curve.verify = (publicKey, message, signature) =>
    isSigned(publicKey, message, signature) &&
    (message[0] === accountMark || isRoot(publicKey) || isFor(lastAgreedOn, message));
}

/** What Baileys says of a server that is not WhatsApp. */
export function isForeign(error: unknown): boolean {
  return error instanceof Error && /^noise (intermediate )?certificate|^certification match/.test(error.message);
}

function isSigned(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = withoutType(publicKey);
  try {
    return key !== null && verifierFor(key)(message, signature);
  } catch {
    // Bytes that are no point of the curve.
    return false;
  }
}

function isRoot(publicKey: Uint8Array): boolean {
  return Buffer.compare(publicKey, WA_CERT_DETAILS.PUBLIC_KEY) === 0;
}

function isFor(key: Uint8Array, certificate: Uint8Array): boolean {
  try {
    return Buffer.compare(NoiseCertificate.Details.decode(certificate).key ?? Buffer.alloc(0), key) === 0;
  } catch {
    return false;
  }
}
