import { expect, test } from "bun:test";
import { makeKey } from "../../src/core/key.ts";
import { redact } from "../../src/core/redaction.ts";

test("secrets are masked by their name and by their looks, numbers are shortened", () => {
  const key = makeKey();
  const safe = redact(
    {
      password: "a horse runs by night",
      headers: { authorization: `Bearer ${key}`, cookie: "waygate=eyJh" },
      note: `the key ${key} was sent to +491511234567`,
      jid: "491511234567@s.whatsapp.net",
      bytes: Buffer.from("secret"),
      list: [{ api_key: "x" }],
      count: 3,
    },
    false,
  );
  expect(safe).toEqual({
    password: "[masked]",
    headers: { authorization: "[masked]", cookie: "[masked]" },
    note: "the key [masked] was sent to +491…67",
    jid: "4915…67@s.whatsapp.net",
    bytes: "6 bytes",
    list: [{ api_key: "[masked]" }],
    count: 3,
  });
});

test("errors keep what helps, without the secrets in their sentences", () => {
  const key = makeKey();
  const cause = new Error(`no row for ${key}`);
  const safe = JSON.stringify(redact({ error: new Error("it failed", { cause }) }, false));
  expect(safe).toContain("it failed");
  expect(safe).toContain("no row for [masked]");
  expect(safe).not.toContain(key);
});
