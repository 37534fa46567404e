// A receiver's own check of a delivery's signatures, written from what the documents say and not from what the gateway does.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Received } from "./http-host.ts";

type Signed = Pick<Received, "headers" | "body">;

export const headerOf = ({ headers }: Pick<Signed, "headers">, name: string) => String(headers[name] ?? "");

/** Standard Webhooks, as its specification words it. */
export function isStandard(request: Signed, secret: string, toleranceMs: number, now: number): boolean {
  const [id, stamp, given] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) =>
    headerOf(request, name),
  );
  if (Math.abs(now - Number(stamp) * 1_000) > toleranceMs) return false;
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : Buffer.from(secret, "utf8");
  const wanted = createHmac("sha256", key).update(`${id}.${stamp}.`).update(request.body).digest();
  return (given ?? "").split(" ").some((one) => {
    const [version, text = ""] = one.split(",");
    const bytes = Buffer.from(text, "base64");
    return version === "v1" && bytes.length === wanted.length && timingSafeEqual(bytes, wanted);
  });
}

/** As the two documents print it. */
export function isPlain(request: Signed, header: string, secret: string): boolean {
  return headerOf(request, header) === createHmac("sha256", secret).update(request.body).digest("hex");
}
