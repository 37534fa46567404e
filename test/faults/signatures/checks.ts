// The receivers' side of signatures, written from what is public: Standard Webhooks by its specification, and the checks
// that the documents print, run as they are printed.
import crypto from "node:crypto";

/** What a receiver has got. */
export type Got = { headers: Record<string, string>; body: Buffer };

const toleranceSeconds = 5 * 60;

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, "Verifying signatures". */
export function isStandard({ headers, body }: Got, secret: string, nowMs: number): boolean {
  const [id, timestamp, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(
    (name) => headers[name] ?? "",
  );
  if (id === "" || !/^\d+$/.test(timestamp ?? "")) return false;
  if (Math.abs(Math.floor(nowMs / 1_000) - Number(timestamp)) > toleranceSeconds) return false;
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice("whsec_".length), "base64") : Buffer.from(secret);
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const wanted = crypto.createHmac("sha256", key).update(signed).digest();
  return (signatures ?? "").split(" ").some((versioned) => {
    const [version, signature = ""] = versioned.split(",");
    const given = Buffer.from(signature, "base64");
    return version === "v1" && given.length === wanted.length && crypto.timingSafeEqual(given, wanted);
  });
}

const botwave = `
const sig = req.headers['x-botwave-signature'];
const expected = crypto
  .createHmac('sha256', process.env.BOTWAVE_WEBHOOK_SECRET)
  .update(req.rawBody)
  .digest('hex');
if (sig !== expected) return res.status(401).end();
`;
const wapiconnect = `
function verifyWebhook(payload, receivedSig, secret) {
const expected = crypto
.createHmac("sha256", secret)
.update(JSON.stringify(payload))
.digest("hex");
return expected === receivedSig;
}
return verifyWebhook(payload, receivedSig, secret);
`;
const runBotwave = new Function("crypto", "process", "req", "res", botwave);
const runWapiconnect = new Function("crypto", "payload", "receivedSig", "secret", wapiconnect);

/** The botwave document's, as printed. */
export function isBotwave({ headers, body }: Got, secret: string): boolean {
  const refused: number[] = [];
  const res = { status: (code: number) => ({ end: () => void refused.push(code) }) };
  runBotwave(crypto, { env: { BOTWAVE_WEBHOOK_SECRET: secret } }, { headers, rawBody: body }, res);
  return refused.length === 0;
}

/** The wapiconnect document's, as printed, of the payload without what it is compared with. */
export function isWapiconnect({ body }: Got, secret: string): boolean {
  const { signature, ...payload } = parsed(body);
  return runWapiconnect(crypto, payload, signature, secret) === true;
}

/** In words only, in the other documents: the lower-case hex HMAC-SHA256 of the body. */
export function isDigest({ headers, body }: Got, header: string, secret: string): boolean {
  return headers[header] === crypto.createHmac("sha256", secret).update(body).digest("hex");
}

/** A body that somebody has spoilt is no JSON any more, and no receiver takes it. */
function parsed(body: Buffer): Record<string, unknown> {
  try {
    const value = JSON.parse(body.toString());
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
