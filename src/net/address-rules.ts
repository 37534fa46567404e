// Which addresses the gateway may be sent to: what kind each is, by its bytes, and what the operator allows besides. Pure.
import { addressBytes, isInNetwork, type Network, parseNetwork, withoutMapping } from "../core/addresses.ts";

export type AddressRules = {
  /** That may be private and plain http: `nas.lan`, or `*.lan` for all names below it. */
  readonly names: readonly string[];
  readonly networks: readonly Network[];
  readonly own: OwnPlaces;
};

/** Where the gateway itself listens: nobody sends it to itself, whatever else is allowed. */
export type OwnPlaces = {
  readonly ports: ReadonlySet<number>;
  /** Of this machine; loopback is known without it. */
  addresses(): readonly string[];
};

export type Target = {
  /** As it was asked for: a name, or the address itself. */
  host: string;
  port: number;
  address: Uint8Array;
};

/** After IANA's registries of special-purpose addresses; the first network that fits says what an address is. */
const networksOf = {
  metadata: [
    "169.254.169.0/24",
    "169.254.170.0/24",
    "169.254.0.23",
    "169.254.42.42",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fd00:ec2::/32",
    "fd00:42::42",
    "fd00:a9fe:a9fe::/48",
    "fd00:c1::a9fe:a9fe",
    "fd20:ce::254",
  ],
  unspecified: ["0.0.0.0/8", "::"],
  loopback: ["127.0.0.0/8", "::1"],
  private: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fec0::/10"],
  cgnat: ["100.64.0.0/10"],
  link_local: ["169.254.0.0/16", "fe80::/10"],
  unique_local: ["fc00::/7"],
  benchmark: ["198.18.0.0/15", "2001:2::/48"],
  documentation: ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"],
  multicast: ["224.0.0.0/4", "ff00::/8"],
  class_e: ["240.0.0.0/4"],
  nat64: ["64:ff9b::/96", "64:ff9b:1::/48"],
  "6to4": ["2002::/16", "192.88.99.0/24"],
  teredo: ["2001::/32"],
  // IPv4-translated and, deprecated long since, IPv4-compatible.
  embedded: ["::ffff:0:0:0/96", "::/96"],
  reserved: ["192.0.0.0/24", "2001::/23"],
  public: ["0.0.0.0/0", "2000::/3"],
} as const;

export type AddressKind = keyof typeof networksOf | "mapped";

const table = (Object.keys(networksOf) as (keyof typeof networksOf)[]).map((kind) => ({
  kind,
  networks: networksOf[kind].flatMap((text) => parseNetwork(text) ?? []),
}));

const called: Record<AddressKind, string> = {
  metadata: "a cloud's metadata service",
  unspecified: "an unspecified address",
  loopback: "a loopback address",
  private: "a private address",
  cgnat: "a carrier's private address",
  link_local: "a link-local address",
  unique_local: "a private address",
  benchmark: "an address for benchmarks",
  documentation: "an address for documentation",
  multicast: "a multicast address",
  class_e: "a reserved address",
  mapped: "an IPv4-mapped address",
  nat64: "a NAT64 address",
  "6to4": "a 6to4 address",
  teredo: "a Teredo address",
  embedded: "an IPv6 address with an IPv4 address in it",
  reserved: "a reserved address",
  public: "a public address",
};

/** No list opens these: nobody who answers there was meant to be asked by others. */
const closed: ReadonlySet<AddressKind> = new Set(["metadata", "unspecified", "multicast"]);

/** What the operator allows besides the public: names, names below a name, addresses and networks. */
export function readAddressRules(allowed: readonly string[], own: OwnPlaces): AddressRules {
  const networks = allowed.flatMap((text) => parseNetwork(text) ?? []);
  const names = allowed.filter((text) => parseNetwork(text) === null).map(normalName);
  return { names, networks, own };
}

export function classify(address: Uint8Array): AddressKind {
  if (withoutMapping(address) !== address) return "mapped";
  const fits = (network: Network) => isInNetwork(address, network);
  return table.find(({ networks }) => networks.some(fits))?.kind ?? "reserved";
}

/** Whether it, or the name it was found under, is on the operator's list. */
export function isListed(address: Uint8Array, host: string, rules: AddressRules): boolean {
  const plain = withoutMapping(address);
  return isListedName(host, rules) || rules.networks.some((network) => isInNetwork(plain, network));
}

export function isListedName(host: string, { names }: AddressRules): boolean {
  const name = normalName(host);
  return names.some((listed) => (listed.startsWith("*.") ? name.endsWith(listed.slice(1)) : name === listed));
}

/** Ports aside. What leads on to an IPv4 address must be listed itself, and that address be allowed as well. */
export function isAllowed(address: Uint8Array, host: string, rules: AddressRules): boolean {
  const kind = classify(address);
  if (closed.has(kind)) return false;
  const inner = innerOf(address, kind);
  if (inner === null) return kind === "public" || isListed(address, host, rules);
  return isListed(address, host, rules) && isAllowed(inner, host, rules);
}

/** A sentence for whoever asked, or null if it may be reached. It never says where a name leads: that is no one's to learn. */
export function refusalOf({ host, port, address }: Target, rules: AddressRules): string | null {
  if (isOwn(address, port, rules.own)) return `${host} at port ${port} is this gateway itself, which it does not call.`;
  if (isAllowed(address, host, rules)) return null;
  const kind = classify(address);
  const what = `${host} ${addressBytes(host) === null ? "leads to" : "is"} ${called[kind]}`;
  if (closed.has(kind)) return `${what}, which is never called from here.`;
  return `${what}, which is only called if the operator allows it (allow_private_urls).`;
}

function isOwn(address: Uint8Array, port: number, own: OwnPlaces): boolean {
  if (!own.ports.has(port)) return false;
  const kind = classify(address);
  // Linux takes an unspecified address for loopback.
  if (kind === "loopback" || kind === "unspecified") return true;
  const inner = innerOf(address, kind);
  if (inner !== null && isOwn(inner, port, own)) return true;
  return own.addresses().some((text) => isSame(address, addressBytes(text)));
}

/** The IPv4 address that packets to this one may end at. */
function innerOf(address: Uint8Array, kind: AddressKind): Uint8Array | null {
  if (address.length === 4) return null;
  switch (kind) {
    case "mapped":
    case "embedded":
    case "nat64":
      return address.subarray(12);
    case "6to4":
      return address.subarray(2, 6);
    case "teredo":
      return address.subarray(12).map((byte) => byte ^ 0xff);
    default:
      return null;
  }
}

function isSame(one: Uint8Array, other: Uint8Array | null): boolean {
  return other !== null && one.length === other.length && one.every((byte, index) => byte === other[index]);
}

function normalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
