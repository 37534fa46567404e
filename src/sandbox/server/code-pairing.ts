// Linking by a code: the client wraps a key with it, the phone's owner types it, and both derive the same secret.
import { randomBytes } from "node:crypto";
import { ctr, gcmOpen, hkdf } from "../crypto/derive.ts";
import { agree, type KeyPair, makeKeyPair } from "../crypto/keys.ts";
import { bytesOf, child, type Node, node, textOf } from "../wire/node.ts";

/** What a client has offered, and what has been typed for it since. */
export type CodeOffer = {
  jid: string;
  wrapped: Buffer;
  ref: string;
  typed: { primary: KeyPair; companionKey: Buffer } | null;
};

const wrapRounds = 131_072;
const wrappedLength = 80;

/** Null when the offer lacks its wrapped key. */
export function readOffer(code: Node): CodeOffer | null {
  const wrapped = bytesOf(child(code, "link_code_pairing_wrapped_companion_ephemeral_pub"));
  if (wrapped?.length !== wrappedLength) return null;
  return { jid: code.attrs.jid ?? "", wrapped, ref: randomBytes(32).toString("base64"), typed: null };
}

/** The phone's half, wrapped with the code that was typed: what goes to the client. */
export async function typeInto(offer: CodeOffer, code: string, identity: Buffer): Promise<Node> {
  const typed = code.replace(/[\s-]/g, "").toUpperCase();
  const { wrapped } = offer;
  const companionKey = ctr(
    await wrapKey(typed, wrapped.subarray(0, 32)),
    wrapped.subarray(32, 48),
    wrapped.subarray(48),
  );
  const primary = makeKeyPair();
  offer.typed = { primary, companionKey };
  const [salt, iv] = [randomBytes(32), randomBytes(16)];
  const own = ctr(await wrapKey(typed, salt), iv, primary.pub);
  return node("link_code_companion_reg", { stage: "primary_hello" }, [
    node("link_code_pairing_wrapped_primary_ephemeral_pub", {}, Buffer.concat([salt, iv, own])),
    node("primary_identity_pub", {}, identity),
    node("link_code_pairing_ref", {}, Buffer.from(offer.ref)),
  ]);
}

/** The secret that both sides share now; null when the code was not the right one. */
export function finishWith(offer: CodeOffer, finish: Node, account: KeyPair): Buffer | null {
  const bundle = bytesOf(child(finish, "link_code_pairing_wrapped_key_bundle"));
  const identity = bytesOf(child(finish, "companion_identity_public"));
  const isRef = textOf(child(finish, "link_code_pairing_ref")) === offer.ref;
  if (offer.typed === null || bundle === null || identity === null || !isRef) return null;
  const shared = agree(offer.typed.primary, offer.typed.companionKey);
  const common = agree(account, identity);
  const random = shared === null ? null : openBundle(bundle, shared, { identity, account: account.pub });
  if (shared === null || common === null || random === null) return null;
  return hkdf(Buffer.concat([shared, common, random]), null, "adv_secret", 32);
}

/** The random part of the bundle, if it names the right two identities. */
function openBundle(
  bundle: Buffer,
  shared: Buffer,
  { identity, account }: { identity: Buffer; account: Buffer },
): Buffer | null {
  const key = hkdf(shared, bundle.subarray(0, 32), "link_code_pairing_key_bundle_encryption_key", 32);
  const plain = gcmOpen(key, bundle.subarray(32, 44), bundle.subarray(44), Buffer.alloc(0));
  if (plain?.length !== 96) return null;
  const isOurs = plain.subarray(0, 32).equals(identity) && plain.subarray(32, 64).equals(account);
  return isOurs ? plain.subarray(64) : null;
}

async function wrapKey(code: string, salt: Uint8Array): Promise<Buffer> {
  const material = await crypto.subtle.importKey("raw", Buffer.from(code), "PBKDF2", false, ["deriveBits"]);
  const method = { name: "PBKDF2", hash: "SHA-256", salt: Buffer.from(salt), iterations: wrapRounds };
  return Buffer.from(await crypto.subtle.deriveBits(method, material, 256));
}
