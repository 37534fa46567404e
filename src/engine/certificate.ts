// Whether the server is WhatsApp. Baileys looks at two signatures in each handshake, 4 ms of JavaScript for each, waits for
// an exception where libsignal answers false (7.0.0-rc14, Utils/crypto.js), and never asks whose certificate it is:
// whoever is in between could show WhatsApp's own. All of it is checked here, on native cryptography.
import { Curve, proto, WA_CERT_DETAILS } from "@whiskeysockets/baileys";
import { verifierFor, withoutType } from "./signal/curve.ts";

const { NoiseCertificate } = proto.CertChain;
const agree = Curve.sharedKey;
/** In a handshake the certificates are looked at right after the agreement on the server's own key, in one go. */
let agreedOn: Uint8Array | null = null;

/** Process-wide in Baileys; all sessions of a gateway are on one network. */
export function trustOnly(rootKey: string): void {
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(rootKey, "hex");
  Curve.sharedKey = (own, theirs) => {
    if (agreedOn === null) queueMicrotask(forget);
    agreedOn = theirs;
    return agree(own, theirs);
  };
  Curve.verify = (signer, message, signature) =>
    isSigned(signer, message, signature) && (agreedOn === null || isRoot(signer) || isFor(agreedOn, message));
}

function forget(): void {
  agreedOn = null;
}

function isSigned(signer: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = withoutType(signer);
  return key !== null && verifierFor(key)(message, signature);
}

function isRoot(signer: Uint8Array): boolean {
  return Buffer.compare(signer, WA_CERT_DETAILS.PUBLIC_KEY) === 0;
}

function isFor(key: Uint8Array, certificate: Uint8Array): boolean {
  const { key: certified } = NoiseCertificate.Details.decode(certificate);
  return certified != null && Buffer.compare(certified, key) === 0;
}
