// Signatures as the documents have them: Standard Webhooks' own example, and the two digests of the body.
import { expect, test } from "bun:test";
import { bodySignature, isSecret, makeSecret, standardSignature } from "../../src/core/webhook-signature.ts";

const id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const body = '{"test": 2432232314}';
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const signed = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

test("the reference example of Standard Webhooks is signed as it is there", () => {
  expect(standardSignature({ id, timestamp: 1614265330, body }, [secret])).toBe(signed);
});

test("each secret that is still good signs, and each part of what is signed counts", () => {
  const plain = "just words";
  const [first, second] = standardSignature({ id, timestamp: 1614265330, body }, [plain, secret]).split(" ");
  expect(second).toBe(signed);
  expect(first).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
  for (const other of [
    { id: "msg_other", timestamp: 1614265330, body },
    { id, timestamp: 1614265331, body },
    { id, timestamp: 1614265330, body: `${body} ` },
  ])
    expect(standardSignature(other, [secret])).not.toBe(signed);
});

test("the digests of the body are lower-case hex, keyed with the secret's characters", () => {
  const hasher = new Bun.CryptoHasher("sha256", secret);
  expect(bodySignature(body, secret)).toBe(hasher.update(body).digest("hex"));
  expect(bodySignature("ä", "ö")).toMatch(/^[0-9a-f]{64}$/);
});

test("a secret that says it is base64 has to be, and those made here are", () => {
  const made = makeSecret();
  expect(Buffer.from(made.slice("whsec_".length), "base64").length).toBe(32);
  expect(makeSecret()).not.toBe(made);
  for (const good of [made, secret, "x", "not whsec_ at its beginning"]) expect(isSecret(good)).toBe(true);
  for (const bad of ["whsec_", "whsec_abc", "whsec_a-b_", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"])
    expect(isSecret(bad)).toBe(false);
});
