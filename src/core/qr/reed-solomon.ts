// Reed–Solomon error correction over GF(256), as QR codes use it (ISO/IEC 18004, annex A).

const fieldPolynomial = 0x11d;

/** Powers of 2 and their logarithms; the powers twice over, so that a sum of two logarithms needs no remainder. */
const powers = new Uint8Array(510);
const logarithms = new Uint8Array(256);
for (let exponent = 0, value = 1; exponent < 255; exponent++) {
  powers[exponent] = value;
  powers[exponent + 255] = value;
  logarithms[value] = exponent;
  value = value << 1 > 255 ? (value << 1) ^ fieldPolynomial : value << 1;
}

export function multiply(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : at(powers, at(logarithms, a) + at(logarithms, b));
}

/** The remainder of the data by the generator polynomial: what is appended to it. */
export function correctionOf(data: Uint8Array, generator: Uint8Array): Uint8Array {
  const rest = new Uint8Array(generator.length);
  for (const byte of data) {
    const factor = byte ^ at(rest, 0);
    rest.copyWithin(0, 1);
    rest[rest.length - 1] = 0;
    for (let place = 0; place < rest.length; place++) {
      rest[place] = at(rest, place) ^ multiply(at(generator, place), factor);
    }
  }
  return rest;
}

/** (x − 2⁰)(x − 2¹)…, highest power first, without the leading 1. */
export function generatorOf(degree: number): Uint8Array {
  const product = new Uint8Array(degree);
  product[degree - 1] = 1;
  for (let root = 0; root < degree; root++) {
    for (let place = 0; place < degree; place++) {
      const shifted = place + 1 < degree ? at(product, place + 1) : 0;
      product[place] = multiply(at(product, place), at(powers, root)) ^ shifted;
    }
  }
  return product;
}

function at(bytes: Uint8Array, place: number): number {
  return bytes[place] ?? 0;
}
