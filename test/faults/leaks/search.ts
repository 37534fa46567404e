// Looking for secrets in bytes: as they are, and in every coat they could have been put into on the way.

export type Planted = { name: string; secret: Uint8Array };
export type Place = { name: string; bytes: Buffer };

/** What is looked for, by what it would be called if it were found. */
export function coatsOf(secret: Uint8Array): Map<string, Buffer> {
  const plain = Buffer.from(secret);
  const coats = new Map<string, Buffer>([
    ["in clear", plain],
    ["as hex", Buffer.from(plain.toString("hex"))],
    ["as HEX", Buffer.from(plain.toString("hex").toUpperCase())],
    ["as a list of bytes", Buffer.from([...plain].join(","))],
  ]);
  for (const shift of [0, 1, 2]) {
    const text = withinBase64(plain, shift);
    coats.set(`as base64, shifted by ${shift}`, Buffer.from(text));
    coats.set(`as base64url, shifted by ${shift}`, Buffer.from(text.replaceAll("+", "-").replaceAll("/", "_")));
  }
  const text = plain.toString("utf8");
  if (!Buffer.from(text).equals(plain)) return coats;
  coats.set("as UTF-16", Buffer.from(text, "utf16le"));
  const inUrl = encodeURIComponent(text);
  if (inUrl !== text) coats.set("in a URL", Buffer.from(inUrl));
  const inJson = JSON.stringify(text).slice(1, -1);
  if (inJson !== text) coats.set("in JSON", Buffer.from(inJson));
  return coats;
}

/** The characters that are sure to be there wherever it stands in what was encoded. */
function withinBase64(bytes: Buffer, shift: number): string {
  const whole = Buffer.concat([Buffer.alloc(shift), bytes, Buffer.alloc(2)]).toString("base64");
  return whole.slice(Math.ceil((8 * shift) / 6), Math.floor((8 * (shift + bytes.length)) / 6));
}

export type Find = { planted: Planted; place: Place; coat: string };

export function search(places: readonly Place[], secrets: readonly Planted[]): Find[] {
  return secrets.flatMap((planted) => {
    const coats = [...coatsOf(planted.secret)];
    return places.flatMap((place) =>
      coats.filter(([, coat]) => place.bytes.includes(coat)).map(([coat]) => ({ planted, place, coat })),
    );
  });
}

/** Some of what stands before it, so that one knows where it was found. */
export function surroundings({ place, planted, coat }: Find): string {
  const at = place.bytes.indexOf(coatsOf(planted.secret).get(coat) ?? planted.secret);
  return JSON.stringify(place.bytes.subarray(Math.max(0, at - 60), at).toString("latin1"));
}
