import { expect, test } from "bun:test";
import { maskProxy, readProxy } from "../../src/core/proxy.ts";

test.each([
  ["http://proxy.example", "http://proxy.example:80", "http://proxy.example:80"],
  ["https://proxy.example/", "https://proxy.example:443", "https://proxy.example:443"],
  ["socks5://10.0.0.1", "socks5://10.0.0.1:1080", "socks5://10.0.0.1:1080"],
  ["SOCKS5H://[2001:db8::1]:9050", "socks5h://[2001:db8::1]:9050", "socks5h://[2001:db8::1]:9050"],
  ["http://ada:p%40ss@proxy.example:3128", "http://ada:p%40ss@proxy.example:3128", "http://ada:***@proxy.example:3128"],
  ["socks5://:only@h:1", "socks5://:only@h:1", "socks5://:***@h:1"],
  ["socks5://ada@h:1", "socks5://ada@h:1", "socks5://ada@h:1"],
])("%p is a proxy, and is shown without its password", (text, normal, shown) => {
  expect(readProxy(text, "/proxy")).toBe(normal);
  expect(maskProxy(normal)).toBe(shown);
});

test.each([
  "",
  "proxy.example:1080",
  "ftp://proxy.example",
  "javascript:alert(1)",
  "socks5:proxy.example",
  "socks5://",
  "http://h:0",
  "http://h:99999",
  "http://h/path",
  "http://h?x=1",
  "http://h#x",
  "socks5://a b:1",
  "socks5://ü.example:1",
  "http://ada:secret@",
])("%p is none, and the fault does not repeat it", (text) => {
  expect(() => readProxy(text, "/proxy")).toThrow(/^Give a proxy as/);
});
