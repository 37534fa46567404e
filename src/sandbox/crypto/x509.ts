// A certificate authority of the network's own and a certificate for its media host: just enough DER for TLS clients.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";

export type Certified = { certificate: string; privateKey: string };
export type Authority = Certified & { name: string };

const dayMs = 24 * 3600 * 1_000;
const ecdsaWithSha256 = "1.2.840.10045.4.3.2";
const commonName = "2.5.4.3";

/** Good for ten years from the day before `now`. */
export function makeAuthority(name: string, now: number): Authority {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const extensions = [
    extension("2.5.29.19", true, sequence(boolean(true))),
    extension("2.5.29.15", true, bitString(Buffer.of(0x06), 1)),
    extension("2.5.29.14", false, octets(keyIdOf(publicKey))),
  ];
  return {
    name,
    certificate: issue({ name, publicKey, extensions, now }, name, privateKey),
    privateKey: pemOf(privateKey),
  };
}

export function certify(names: { dns: string[]; addresses: string[] }, now: number, authority: Authority): Certified {
  const issuerKey = createPrivateKey(authority.privateKey);
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const alternatives = [
    ...names.dns.map((name) => tagged(0x82, Buffer.from(name))),
    ...names.addresses.map((address) => tagged(0x87, Buffer.from(address.split(".").map(Number)))),
  ];
  const extensions = [
    extension("2.5.29.19", true, sequence()),
    extension("2.5.29.15", true, bitString(Buffer.of(0x80), 7)),
    extension("2.5.29.37", false, sequence(objectId("1.3.6.1.5.5.7.3.1"))),
    extension("2.5.29.17", false, sequence(...alternatives)),
    extension("2.5.29.35", false, sequence(tagged(0x80, keyIdOf(createPublicKey(issuerKey))))),
  ];
  const name = names.dns[0] ?? names.addresses[0] ?? "";
  const certificate = issue({ name, publicKey, extensions, now }, authority.name, issuerKey);
  return { certificate, privateKey: pemOf(privateKey) };
}

type Subject = { name: string; publicKey: KeyObject; extensions: Buffer[]; now: number };

function issue({ name, publicKey, extensions, now }: Subject, issuerName: string, issuerKey: KeyObject): string {
  const body = sequence(
    tagged(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(0x40), randomBytes(15)])),
    sequence(objectId(ecdsaWithSha256)),
    distinguishedName(issuerName),
    sequence(time(now - dayMs), time(now + 3650 * dayMs)),
    distinguishedName(name),
    publicKey.export({ format: "der", type: "spki" }),
    tagged(0xa3, sequence(...extensions)),
  );
  const signature = sign("sha256", body, issuerKey);
  const der = sequence(body, sequence(objectId(ecdsaWithSha256)), bitString(signature, 0));
  return pem("CERTIFICATE", der);
}

function keyIdOf(publicKey: KeyObject): Buffer {
  return createHash("sha1")
    .update(publicKey.export({ format: "der", type: "spki" }))
    .digest();
}

function pemOf(key: KeyObject): string {
  return key.export({ format: "pem", type: "pkcs8" }).toString();
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 128) return Buffer.concat([Buffer.of(tag, length), content]);
  const size = length < 256 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length & 0xff);
  return Buffer.concat([Buffer.of(tag), size, content]);
}

const sequence = (...parts: Buffer[]) => tagged(0x30, Buffer.concat(parts));
const octets = (content: Buffer) => tagged(0x04, content);
const integer = (content: Buffer) => tagged(0x02, content);
const boolean = (value: boolean) => tagged(0x01, Buffer.of(value ? 0xff : 0));
const bitString = (content: Buffer, unused: number) => tagged(0x03, Buffer.concat([Buffer.of(unused), content]));

function extension(id: string, isCritical: boolean, value: Buffer): Buffer {
  return sequence(objectId(id), ...(isCritical ? [boolean(true)] : []), octets(value));
}

function distinguishedName(name: string): Buffer {
  return sequence(tagged(0x31, sequence(objectId(commonName), tagged(0x0c, Buffer.from(name)))));
}

/** UTCTime, good until 2049. */
function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]/g, "");
  return tagged(0x17, Buffer.from(`${text.slice(2, 14)}Z`));
}

function objectId(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const septets = [part & 0x7f];
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128))
      septets.unshift((left & 0x7f) | 0x80);
    bytes.push(...septets);
  }
  return tagged(0x06, Buffer.from(bytes));
}
