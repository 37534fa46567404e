import { expect, test } from "bun:test";
import { addressBytes } from "../../src/core/addresses.ts";
import {
  type AddressKind,
  type AddressRules,
  classify,
  isAllowed,
  type OwnPlaces,
  readAddressRules,
  refusalOf,
} from "../../src/net/address-rules.ts";
import { nowhere } from "../support/addresses.ts";

const kinds: [AddressKind, string][] = [
  ["public", "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.0.1"],
  ["public", "172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 192.169.0.0 198.17.0.0 198.20.0.0 223.255.255.255"],
  ["public", "2606:4700:4700::1111 2a00:1450::1 2001:200::1 2003::1 2000::1 3ffe::1 2620:4f:8000::1"],
  ["unspecified", "0.0.0.0 0.0.0.1 0.255.255.255 ::"],
  ["loopback", "127.0.0.1 127.0.0.0 127.255.255.255 ::1"],
  ["private", "10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255 fec0::1 feff::1"],
  ["cgnat", "100.64.0.0 100.127.255.255"],
  ["link_local", "169.254.0.1 169.254.255.255 fe80::1 febf::1 fe80::1%eth0"],
  ["unique_local", "fc00:: fd00::1 fdff:ffff::1"],
  ["benchmark", "198.18.0.0 198.19.255.255 2001:2::1"],
  ["documentation", "192.0.2.1 198.51.100.1 203.0.113.255 2001:db8::1 3fff::1 3fff:fff::1"],
  ["multicast", "224.0.0.1 239.255.255.255 ff02::1"],
  ["class_e", "240.0.0.1 255.255.255.255"],
  ["metadata", "169.254.169.254 169.254.169.253 169.254.170.2 100.100.100.200 192.0.0.192 168.63.129.16"],
  ["metadata", "fd00:ec2::254 fd00:ec2::23 fd20:ce::254 fd00:c1::a9fe:a9fe"],
  ["mapped", "::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:a9fe:a9fe"],
  ["nat64", "64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1"],
  ["6to4", "2002:7f00:1:: 2002:808:808::1 192.88.99.1"],
  ["teredo", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
  ["embedded", "::127.0.0.1 ::8.8.8.8 ::ffff:0:7f00:1"],
  ["reserved", "192.0.0.1 2001:1::1 2001:10::1 2001:20::1 100::1 4000::1 5f00::1 64:ff9b:2::1 e000::1 f000::1 1::"],
];

test.each(kinds)("what is %s is known by its bytes: %s", (kind, texts) => {
  for (const text of texts.split(" ")) expect(`${text} ${classify(bytes(text))}`).toBe(`${text} ${kind}`);
});

test("without a list, only what is public may be reached", () => {
  for (const [kind, texts] of kinds)
    for (const text of texts.split(" "))
      expect([text, isAllowed(bytes(text), "name.example", rulesOf())]).toEqual([text, kind === "public"]);
});

test("networks on the list may be reached, to the bit", () => {
  const rules = rulesOf("192.168.1.0/24", "fd12::/16", "127.0.0.1");
  for (const text of ["192.168.1.0", "192.168.1.255", "fd12::1", "127.0.0.1", "::ffff:192.168.1.7", "8.8.8.8"])
    expect([text, allows(rules, text)]).toEqual([text, true]);
  for (const text of ["192.168.2.0", "192.168.0.255", "fd13::1", "127.0.0.2", "::1", "::ffff:192.168.2.7"])
    expect([text, allows(rules, text)]).toEqual([text, false]);
});

test("names on the list may lead to private addresses, however they are written; their neighbours may not", () => {
  const rules = rulesOf("NAS.lan", "*.home.arpa");
  for (const name of ["nas.lan", "nas.LAN.", "a.home.arpa", "a.b.home.arpa"])
    expect([name, isAllowed(bytes("192.168.1.7"), name, rules)]).toEqual([name, true]);
  for (const name of ["nas.lan.evil.example", "xnas.lan", "a.nas.lan", "home.arpa", "xhome.arpa", "10.0.0.1"])
    expect([name, isAllowed(bytes("192.168.1.7"), name, rules)]).toEqual([name, false]);
});

test("no list opens metadata, the unspecified and multicast, in any dress", () => {
  const rules = rulesOf("0.0.0.0/0", "::/0", "any.example");
  const dressed = (v4: string, hex: string) => [v4, `::ffff:${v4}`, `::${v4}`, `64:ff9b::${v4}`, `2002:${hex}::`];
  for (const text of [...dressed("169.254.169.254", "a9fe:a9fe"), ...dressed("0.0.0.0", "0:0"), "fd00:ec2::254"])
    expect([text, isAllowed(bytes(text), "any.example", rules)]).toEqual([text, false]);
  for (const text of ["224.0.0.1", "ff02::1"]) expect(allows(rules, text)).toBe(false);
  for (const text of dressed("10.0.0.1", "a00:1")) expect([text, allows(rules, text)]).toEqual([text, true]);
});

test("where NAT64 is on the list, it leads to what may be reached without it, and no further", () => {
  const rules = rulesOf("64:ff9b::/96");
  expect(allows(rules, "64:ff9b::8.8.8.8")).toBe(true);
  for (const text of ["64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254"])
    expect([text, allows(rules, text)]).toEqual([text, false]);
});

test("our own ports are refused at every address of this machine, whatever is on the list", () => {
  const own: OwnPlaces = { ports: new Set([7001]), addresses: () => ["192.168.1.5", "203.0.113.9", "fe80::5%eth0"] };
  const rules = readAddressRules(["0.0.0.0/0", "::/0", "me.lan"], own);
  const said = (text: string, port: number) => refusalOf({ host: "me.lan", port, address: bytes(text) }, rules);
  const mine = ["127.0.0.1", "127.8.9.1", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1"];
  for (const text of [...mine, "192.168.1.5", "::ffff:192.168.1.5", "203.0.113.9", "fe80::5"])
    expect([text, said(text, 7001)]).toEqual([
      text,
      "me.lan at port 7001 is this gateway itself, which it does not call.",
    ]);
  for (const text of ["127.0.0.1", "192.168.1.5"]) expect(said(text, 7002)).toBeNull();
  expect(said("192.168.1.6", 7001)).toBeNull();
});

test("a refusal says of what kind an address is, and never which one a name leads to", () => {
  const say = (host: string, text: string) => refusalOf({ host, port: 443, address: bytes(text) }, rulesOf());
  expect(say("10.1.2.3", "10.1.2.3")).toBe(
    "10.1.2.3 is a private address, which is only called if the operator allows it (allow_private_urls).",
  );
  expect(say("db.example", "10.1.2.3")).toBe(
    "db.example leads to a private address, which is only called if the operator allows it (allow_private_urls).",
  );
  expect(say("meta.example", "169.254.169.254")).toBe(
    "meta.example leads to a cloud's metadata service, which is never called from here.",
  );
  expect(say("good.example", "8.8.8.8")).toBeNull();
});

function bytes(text: string): Uint8Array {
  const found = addressBytes(text);
  if (found === null) throw new Error(`${text} is no address`);
  return found;
}

function rulesOf(...allowed: string[]): AddressRules {
  return readAddressRules(allowed, nowhere);
}

function allows(rules: AddressRules, text: string): boolean {
  return isAllowed(bytes(text), "name.example", rules);
}
