import { expect, test } from "bun:test";
import { readPersonJid } from "../../src/core/jid.ts";
import { parsePhone } from "../../src/core/phone.ts";

test.each([
  ["+49 151 23456789", "4915123456789"],
  ["+49 (151) 234-567-89", "4915123456789"],
  ["+49 (0) 151/23456789", "4915123456789"],
  ["+49(0)151 23456789", "4915123456789"],
  ["0049 151 23456789", "4915123456789"],
  ["4915123456789", "4915123456789"],
  ["1.555.000.1111", "15550001111"],
  ["(555) 000 1111", "5550001111"],
  ["+1 555‑000‑1111", "15550001111"],
  ["\u202a+1 555 000 1111\u202c", "15550001111"],
  ["+1\u00a0555\u00a0000\u00a01111", "15550001111"],
  ["  +44 [20] 7946 0000  ", "442079460000"],
  ["1234567", "1234567"],
  ["123456789012345", "123456789012345"],
])("%p is read as %s", (text, digits) => {
  expect(parsePhone(text)).toEqual({ digits });
});

test.each([
  ["0151 23456789", /begins with 0/],
  ["011 49 151 23456789", /begins with 0/],
  ["000 49 151 23456789", /country code/],
  ["+0 151 23456789", /country code/],
  ["123456", /7 to 15 digits/],
  ["1234567890123456", /7 to 15 digits/],
  ["", /country code/],
  ["+", /country code/],
  ["++4915123456789", /country code/],
  ["49+15123456789", /country code/],
  ["+49 151 CALL ME", /country code/],
  ["4915123456789@s.whatsapp.net", /country code/],
  ["١٢٣٤٥٦٧٨٩", /country code/],
])("%p is refused with a sentence that helps", (text, sentence) => {
  const read = parsePhone(text);
  expect("fault" in read && read.fault).toMatch(sentence);
});

test("a person is named by number or by any of WhatsApp's addresses for one", () => {
  const read = (text: string) => readPersonJid(text, "/contact");
  expect(read("+49 151 23456789")).toBe("4915123456789@s.whatsapp.net");
  expect(read("4915123456789@c.us")).toBe("4915123456789@s.whatsapp.net");
  expect(read("4915123456789@s.whatsapp.net")).toBe("4915123456789@s.whatsapp.net");
  expect(read("603168028046026@lid")).toBe("603168028046026@lid");
  for (const text of ["120363660183322321@g.us", "1@newsletter", "x@s.whatsapp.net", "@lid", "0151 234567"]) {
    expect(() => read(text)).toThrow();
  }
});
