// Network addresses as bytes: parsing, networks, and who stands behind a chain of proxies. Pure.

export type Network = { bytes: Uint8Array; bits: number };

/** The 4 or 16 bytes of an address; an IPv4-mapped IPv6 address is its IPv4 self. Null for anything else. */
export function parseAddress(text: string): Uint8Array | null {
  const bytes = addressBytes(text);
  return bytes === null ? null : withoutMapping(bytes);
}

/** The 4 or 16 bytes of an address as it is written. Null for anything else. */
export function addressBytes(text: string): Uint8Array | null {
  const plain = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  return plain.includes(":") ? parseIpv6(plain.split("%", 1)[0] ?? "") : parseIpv4(plain);
}

/** An IPv4-mapped IPv6 address as its IPv4 self; any other as it is. */
export function withoutMapping(bytes: Uint8Array): Uint8Array {
  return isMapped(bytes) ? bytes.subarray(12) : bytes;
}

/** `10.0.0.0/8`, `fd00::/8` or a single address. */
export function parseNetwork(text: string): Network | null {
  const [address = "", bitsText, ...rest] = text.split("/");
  const bytes = parseAddress(address);
  if (bytes === null || rest.length > 0) return null;
  if (bitsText === undefined) return { bytes, bits: bytes.length * 8 };
  if (!/^\d{1,3}$/.test(bitsText) || Number(bitsText) > bytes.length * 8) return null;
  return { bytes, bits: Number(bitsText) };
}

export function isInNetwork(address: Uint8Array, network: Network): boolean {
  if (address.length !== network.bytes.length) return false;
  const whole = network.bits >> 3;
  for (let i = 0; i < whole; i++) if (address[i] !== network.bytes[i]) return false;
  const rest = network.bits & 7;
  if (rest === 0) return true;
  const mask = 0xff << (8 - rest);
  return ((address[whole] ?? 0) & mask) === ((network.bytes[whole] ?? 0) & mask);
}

export function isInAny(text: string, networks: readonly Network[]): boolean {
  if (networks.length === 0) return false;
  const bytes = parseAddress(text);
  return bytes !== null && networks.some((network) => isInNetwork(bytes, network));
}

export function isLoopback(text: string): boolean {
  const bytes = parseAddress(text);
  if (bytes === null) return false;
  return bytes.length === 4 ? bytes[0] === 127 : bytes.every((byte, index) => byte === (index === 15 ? 1 : 0));
}

/** The right-most address in the chain that no trusted proxy owns; the peer itself unless it is one of them. */
export function clientAddress(peer: string, forwardedFor: string | null, trusted: readonly Network[]): string {
  if (forwardedFor === null || !isInAny(peer, trusted)) return peer;
  const chain = forwardedFor.split(",").map((part) => withoutPort(part.trim()));
  for (const hop of chain.reverse()) {
    if (parseAddress(hop) === null) return peer;
    if (!isInAny(hop, trusted)) return hop;
  }
  return chain.at(-1) ?? peer;
}

/** What limits are counted by: one IPv4 address, or the /64 that a single IPv6 user has to himself. */
export function limitKey(address: string): string {
  const bytes = parseAddress(address);
  if (bytes === null) return address;
  // However it is written: an IPv4 address has a second form.
  if (bytes.length === 4) return bytes.join(".");
  return Buffer.from(bytes.subarray(0, 8)).toString("hex");
}

function withoutPort(hop: string): string {
  if (hop.startsWith("[")) return hop.slice(1, hop.indexOf("]"));
  return hop.split(":").length === 2 ? (hop.split(":", 1)[0] ?? "") : hop;
}

function parseIpv4(text: string): Uint8Array | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return null;
  return Uint8Array.from(parts.map(Number));
}

function parseIpv6(text: string): Uint8Array | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [head, tail] = [groups(halves[0] ?? ""), groups(halves[1] ?? "")];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const words = [...head, ...Array.from({ length: missing }, () => 0), ...tail];
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff]));
}

function groups(text: string): number[] | null {
  if (text === "") return [];
  const words: number[] = [];
  for (const [index, part] of text.split(":").entries()) {
    if (part.includes(".")) {
      const quad = index === text.split(":").length - 1 ? parseIpv4(part) : null;
      if (quad === null) return null;
      words.push(((quad[0] ?? 0) << 8) | (quad[1] ?? 0), ((quad[2] ?? 0) << 8) | (quad[3] ?? 0));
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) words.push(Number.parseInt(part, 16));
    else return null;
  }
  return words;
}

function isMapped(bytes: Uint8Array): boolean {
  const isLong = bytes.length === 16;
  return isLong && bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}
