// Ways to write an address in a URL that the URL standard reads as one and the same, by chance.
import type { Random } from "../support/random.ts";

/** Digits that are read as 0 to 9: plain, full-width, circled, superscript, bold, double-struck, monospace. */
const digits = [
  "0123456789",
  "０１２３４５６７８９",
  "⓪①②③④⑤⑥⑦⑧⑨",
  "⁰¹²³⁴⁵⁶⁷⁸⁹",
  "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
  "𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟𝟠𝟡",
  "𝟶𝟷𝟸𝟹𝟺𝟻𝟼𝟽𝟾𝟿",
].map((set) => [...set]);
const dots = [".", "。", "．", "｡"];
const signs = ["x", "X", "ｘ", "Ｘ", "𝐱", "ⓧ"];
/** What the standard takes out before it reads. */
const nothings = ["\t", "\n", "\r", "\u00ad", "\u200b", "\u2060"];

/** A dotted address, in one to four numbers of any base. */
export function spellIpv4(bytes: readonly number[], random: Random): string {
  const count = random.between(1, 4);
  const tail = bytes.slice(count - 1).reduce((sum, byte) => sum * 256 + byte, 0);
  const numbers = [...bytes.slice(0, count - 1), tail];
  const spelt = numbers.map((number) => spellNumber(number, random));
  const joined = spelt.reduce((text, part) => text + random.pick(dots) + part);
  return maskSome(joined + (random.chance(0.2) ? random.pick(dots) : ""), random);
}

/** Eight groups, or fewer, the last two perhaps as a dotted address. */
export function spellIpv6(bytes: readonly number[], random: Random): string {
  const isDotted = random.chance(0.4);
  const groups = Array.from({ length: isDotted ? 6 : 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  const written = groups.map((group) => {
    const long = random.chance(0.3) ? group.padStart(4, "0") : group;
    return random.chance(0.3) ? long.toUpperCase() : long;
  });
  if (isDotted) written.push(bytes.slice(12).join("."));
  const text = written.join(":");
  // Only what stands for itself is left out: one run of whole groups of nothing.
  const zeros = /(?:^|:)0+(?::0+)+(?=:|$)/.exec(text)?.[0];
  return `[${zeros === undefined || random.chance(0.3) ? text : text.replace(zeros, "::").replace(":::", "::")}]`;
}

/** Dresses that an IPv4 address wears among those of IPv6. */
export function dress(bytes: readonly number[], random: Random): number[] {
  const zeros = (count: number) => Array.from({ length: count }, () => 0);
  const some = (count: number) => [...random.bytes(count)];
  return random.pick([
    () => [...zeros(10), 0xff, 0xff, ...bytes],
    () => [...zeros(8), 0xff, 0xff, 0, 0, ...bytes],
    () => [...zeros(12), ...bytes],
    () => [0, 0x64, 0xff, 0x9b, ...zeros(8), ...bytes],
    () => [0, 0x64, 0xff, 0x9b, 0, 1, ...some(6), ...bytes],
    () => [0x20, 0x02, ...bytes, ...some(10)],
    () => [0x20, 0x01, 0, 0, ...some(8), ...bytes.map((byte) => byte ^ 0xff)],
  ])();
}

function spellNumber(number: number, random: Random): string {
  const zeros = "0".repeat(random.chance(0.3) ? random.below(6) : 0);
  const plain = random.pick([
    () => String(number),
    () => (number === 0 ? `0${zeros}` : `0${zeros}${number.toString(8)}`),
    () => `0${random.pick(signs)}${zeros}${random.chance(0.5) ? hex(number) : hex(number).toUpperCase()}`,
  ])();
  const set = random.chance(0.5) ? digits[0] : random.pick(digits);
  return plain.replace(/[0-9]/g, (digit) => set?.[Number(digit)] ?? digit);
}

const hex = (number: number) => number.toString(16);

/** Some of its characters as %xx, and some nothing in between. */
function maskSome(text: string, random: Random): string {
  const share = random.chance(0.3) ? 0.3 : 0;
  const percent = (byte: number) => `%${byte.toString(16).padStart(2, "0")}`;
  return [...text]
    .map((character) =>
      random.chance(share) ? [...new TextEncoder().encode(character)].map(percent).join("") : character,
    )
    .map((character) => (random.chance(share / 4) ? character + random.pick(nothings) : character))
    .join("");
}
