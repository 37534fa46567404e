import { expect, test } from "bun:test";
import {
  clientAddress,
  isInAny,
  isLoopback,
  limitKey,
  type Network,
  parseAddress,
  parseNetwork,
} from "../../src/core/addresses.ts";

const networks = (...texts: string[]): Network[] => texts.flatMap((text) => parseNetwork(text) ?? []);

test.each([
  ["127.0.0.1", "7f000001"],
  ["::1", "00000000000000000000000000000001"],
  ["2001:db8::8a2e:370:7334", "20010db80000000000008a2e03707334"],
  ["[fe80::1%eth0]", "fe800000000000000000000000000001"],
  ["::ffff:10.0.0.1", "0a000001"],
  ["::ffff:a00:1", "0a000001"],
])("%p is read as its bytes", (text, hex) => {
  expect(Buffer.from(parseAddress(text) ?? []).toString("hex")).toBe(hex);
});

test.each([
  "",
  "1.2.3",
  "1.2.3.4.5",
  "256.1.1.1",
  "01.2.3.4",
  "0x7f.1.1.1",
  "2130706433",
  "1::2::3",
  ":::",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "::g",
  "localhost",
  "1.2.3.4:80",
])("%p is no address", (text) => {
  expect(parseAddress(text)).toBeNull();
});

test("networks hold what is in them, to the bit", () => {
  expect(isInAny("10.1.2.3", networks("10.0.0.0/8"))).toBe(true);
  expect(isInAny("11.0.0.0", networks("10.0.0.0/8"))).toBe(false);
  expect(isInAny("192.168.1.127", networks("192.168.1.0/25"))).toBe(true);
  expect(isInAny("192.168.1.128", networks("192.168.1.0/25"))).toBe(false);
  expect(isInAny("::ffff:10.1.2.3", networks("10.0.0.0/8"))).toBe(true);
  expect(isInAny("fd12::1", networks("fc00::/7"))).toBe(true);
  expect(isInAny("8.8.8.8", networks("0.0.0.0/0"))).toBe(true);
  expect(isInAny("::1", networks("0.0.0.0/0"))).toBe(false);
  for (const wrong of ["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "::/129", "x/8", "10.0.0.0/-1"])
    expect(parseNetwork(wrong)).toBeNull();
});

test("the client is the right-most address that no trusted proxy owns", () => {
  const trusted = networks("127.0.0.1", "10.0.0.0/8");
  expect(clientAddress("127.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.5", trusted)).toBe("203.0.113.9");
  expect(clientAddress("203.0.113.50", "6.6.6.6", trusted)).toBe("203.0.113.50");
  expect(clientAddress("127.0.0.1", null, trusted)).toBe("127.0.0.1");
  expect(clientAddress("127.0.0.1", "10.0.0.7, 10.0.0.5", trusted)).toBe("10.0.0.7");
  expect(clientAddress("127.0.0.1", "203.0.113.9:4711", trusted)).toBe("203.0.113.9");
  expect(clientAddress("127.0.0.1", "[2001:db8::1]:4711", trusted)).toBe("2001:db8::1");
  expect(clientAddress("127.0.0.1", "203.0.113.9, garbage", trusted)).toBe("127.0.0.1");
  expect(clientAddress("127.0.0.1", "6.6.6.6", [])).toBe("127.0.0.1");
});

test("one IPv6 user has a whole /64, and counts once", () => {
  expect(limitKey("2001:db8:1:2::1")).toBe(limitKey("2001:db8:1:2:ffff::9"));
  expect(limitKey("2001:db8:1:2::1")).not.toBe(limitKey("2001:db8:1:3::1"));
  for (const same of ["203.0.113.9", "::ffff:203.0.113.9", "[::ffff:cb00:7109]"])
    expect(limitKey(same)).toBe("203.0.113.9");
});

test("loopback is known in every spelling", () => {
  for (const own of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]) expect(isLoopback(own)).toBe(true);
  for (const other of ["128.0.0.1", "::2", "::", "nonsense"]) expect(isLoopback(other)).toBe(false);
});
