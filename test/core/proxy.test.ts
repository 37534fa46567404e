// A proxy's address: what is understood, what is refused, and that a password is not shown.
import { expect, test } from "bun:test";
import { maskProxy, nameOfProxy, parseProxy, readProxy } from "../../src/core/proxy.ts";

test("an address is read into its parts", () => {
  const login = { user: "ann", password: "p@ss:w%rd" };
  expect(parseProxy("http://proxy.example:3128")).toEqual({
    protocol: "http",
    host: "proxy.example",
    port: 3128,
    login: null,
  });
  expect(parseProxy("socks5://ann:p%40ss:w%25rd@10.0.0.1:9050/")).toEqual({
    protocol: "socks5",
    host: "10.0.0.1",
    port: 9050,
    login,
  });
  expect(parseProxy("SOCKS5H://Proxy.Example")).toMatchObject({
    protocol: "socks5",
    host: "proxy.example",
    port: 1080,
  });
  expect(parseProxy("http://[fd00::1]:8080")).toMatchObject({ host: "fd00::1", port: 8080 });
});

test("a port is the one that was written, even if it is another protocol's usual one", () => {
  const ports = ["http://p.example", "http://p.example:80", "socks5://p.example:80", "socks5://p.example:443"];
  expect(ports.map((text) => parseProxy(text).port)).toEqual([80, 80, 80, 443]);
});

test("what is no proxy is refused with a sentence that says how to write one", () => {
  const wrong = [
    "",
    "proxy.example:3128",
    "https://proxy.example:3128",
    "ftp://proxy.example",
    "file:///etc/passwd",
    "http://",
    "http://proxy.example:99999",
    "http://proxy.example:0",
    "http://proxy.example/path",
    "http://proxy.example/?q=1",
    "socks5://proxy.example#x",
    "http://:secret@proxy.example",
    "http://a:%0d%0aHost:%20x@proxy.example",
    "http://a%3Ab:c@proxy.example",
    "http://a:%zz@proxy.example",
    `socks5://a:${"x".repeat(256)}@proxy.example`,
    `http://${"x".repeat(3_000)}.example`,
    "http://exa mple:80",
  ];
  const accepted = wrong.filter((text) => {
    try {
      parseProxy(text);
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: "invalid", message: expect.stringContaining("socks5://host:port") });
      expect(String(error)).not.toContain("secret");
      return false;
    }
  });
  expect(accepted).toEqual([]);
});

test("a password is masked when it is shown, and the login is left out of sentences", () => {
  const text = "socks5h://ann%20b:secret@[fd00::1]:1080";
  expect(maskProxy(text)).toBe("socks5://ann%20b:***@[fd00::1]:1080");
  expect(maskProxy("http://p.example:3128")).toBe("http://p.example:3128");
  expect(nameOfProxy(parseProxy(text))).toBe("socks5://[fd00::1]:1080");
});

test("it is kept in its normal form, with its port, and a fault repeats nothing of it", () => {
  expect(readProxy("SOCKS5H://ann:p%40ss@Proxy.Example", "/proxy")).toBe("socks5://ann:p%40ss@proxy.example:1080");
  expect(readProxy("http://ann@proxy.example:80/", "/proxy")).toBe("http://ann@proxy.example:80");
  expect(maskProxy("http://ann@proxy.example:80")).toBe("http://ann@proxy.example:80");
  expect(() => readProxy("ftp://ann:secret@proxy.example", "/proxy")).toThrow(
    /^This is no proxy that can be used\. Write it/,
  );
});
