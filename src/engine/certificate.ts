// Whose certificate it is that a server shows. Baileys never asks: whoever is in between could show WhatsApp's own, which
// everybody gets who connects there once.
import "./signatures.ts";
import { Curve, proto, WA_CERT_DETAILS } from "@whiskeysockets/baileys";

const { NoiseCertificate } = proto.CertChain;
const { sharedKey: agree, verify: isSigned } = Curve;
const nothing = Buffer.alloc(0);
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

function isRoot(signer: Uint8Array): boolean {
  return Buffer.compare(signer, WA_CERT_DETAILS.PUBLIC_KEY) === 0;
}

function isFor(key: Uint8Array, certificate: Uint8Array): boolean {
  try {
    return Buffer.compare(NoiseCertificate.Details.decode(certificate).key ?? nothing, key) === 0;
  } catch {
    return false;
  }
}
