// The chain with which the server shows that its static key is the network's: root, intermediate, leaf.
import { type KeyPair, makeKeyPair, xeddsaSign } from "../crypto/keys.ts";
import { proto } from "./proto.ts";

const rootSerial = 0;
const intermediateSerial = 1;
const leafSerial = 2;
const yearSeconds = 365 * 24 * 3600;

export function makeCertificate(root: KeyPair, serverKey: Buffer, nowSeconds: number): Buffer {
  const intermediateKey = makeKeyPair();
  const validity = { notBefore: nowSeconds - yearSeconds, notAfter: nowSeconds + 10 * yearSeconds };
  const { Details } = proto.CertChain.NoiseCertificate;
  const intermediate = Buffer.from(
    Details.encode({
      serial: intermediateSerial,
      issuerSerial: rootSerial,
      key: intermediateKey.pub,
      ...validity,
    }).finish(),
  );
  const leaf = Buffer.from(
    Details.encode({ serial: leafSerial, issuerSerial: intermediateSerial, key: serverKey, ...validity }).finish(),
  );
  const chain = {
    leaf: { details: leaf, signature: xeddsaSign(intermediateKey, leaf) },
    intermediate: { details: intermediate, signature: xeddsaSign(root, intermediate) },
  };
  return Buffer.from(proto.CertChain.encode(chain).finish());
}
