import { expect, test } from "bun:test";
import { passwordWeakness } from "../../src/core/passwords.ts";

test.each([
  "short",
  "elevenchars",
  "password1234",
  "Passw0rd!2024",
  "aaaaaaaaaaaaaaa",
  "abababababab",
  "123456789012",
  "qwertyuiop12",
  "abcdefghijklm",
  "adaadaadaada",
  "ada-lovelace-1",
  "administrator1",
  "WhatsApp2026!",
  "iloveyou12345",
  "1q2w3e4r5t6y",
])("%p is refused with a sentence", (password) => {
  expect(passwordWeakness(password, "ada-lovelace")).toMatch(/^The password .*\.$/);
});

test.each([
  "a horse runs by night",
  "correct-battery-lamp-9",
  "Xk7#pLq92!vBn",
  "пароль из четырёх слов",
  "我喜欢在海边慢慢地散步看书",
  "admin of the seven lakes",
])("%p is good enough", (password) => {
  expect(passwordWeakness(password, "ada-lovelace")).toBeNull();
});
