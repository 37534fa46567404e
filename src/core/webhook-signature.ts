// How a delivery is signed: as Standard Webhooks has it, and as the documents do that this gateway answers to. Pure.
import { createHmac, randomBytes } from "node:crypto";

const head = "whsec_";
const madeBytes = 32;

export function makeSecret(): string {
  return head + randomBytes(madeBytes).toString("base64");
}

/** One that says it is base64 has to be, or both sides would sign with different keys. */
export function isSecret(secret: string): boolean {
  if (!secret.startsWith(head)) return true;
  return /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(secret.slice(head.length));
}

/** `v1,…` for each secret that is still good. The time is in whole seconds. */
export function standardSignature(
  { id, timestamp, body }: { id: string; timestamp: number; body: string },
  secrets: readonly string[],
): string {
  const signed = `${id}.${timestamp}.${body}`;
  return secrets.map((secret) => `v1,${createHmac("sha256", keyOf(secret)).update(signed).digest("base64")}`).join(" ");
}

/** Of the body alone, keyed with the secret's characters as they are shown. */
export function bodySignature(body: string, secret: string): string {
  return createHmac("sha256", secret).update(body).digest("hex");
}

function keyOf(secret: string): Uint8Array {
  return secret.startsWith(head) ? Buffer.from(secret.slice(head.length), "base64") : Buffer.from(secret);
}
