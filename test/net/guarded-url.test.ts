import { expect, test } from "bun:test";
import { readAddressRules } from "../../src/net/address-rules.ts";
import { type PlainHttp, placeOf, readUrl } from "../../src/net/guarded-url.ts";
import { nowhere } from "../support/addresses.ts";

const own = { ports: new Set([7001]), addresses: () => [] };

test.each([
  ["https://example.com", "https://example.com/"],
  ["HTTPS://Example.COM:443/a b?q=ä#part", "https://example.com/a%20b?q=%C3%A4"],
  ["https://example.com./x", "https://example.com/x"],
  ["https://münchen.example/", "https://xn--mnchen-3ya.example/"],
  ["https:\\\\example.com\\x", "https://example.com/x"],
  ["https://8.8.8.8:8443/", "https://8.8.8.8:8443/"],
  ["https://[2606:4700::1]:8443/", "https://[2606:4700::1]:8443/"],
  ["http://example.com/", "http://example.com/"],
])("%p is followed as %p", (text, href) => {
  expect(read(text).href).toBe(href);
});

const refused: [string, RegExp, string[]][] = [
  [
    "what is no address",
    /not an address/,
    ["", "example.com", "//example.com", "https://", "https://a b/", "https://[::1"],
  ],
  ["what the standard cannot read", /not an address/, ["https://256.1.1.1/", "https://1.2.3.4.5/", "https://xn--/"]],
  ["what is too long", /not an address of at most 2048/, [`https://a.example/${"x".repeat(2_048)}`]],
  ["what grows too long", /not an address of at most 2048/, [`https://a.example/${"ä".repeat(800)}`]],
  [
    "another scheme",
    /Only http and https/,
    ["ftp://a.example/", "file:///etc/passwd", "gopher://a/", "data:,x", "ws://a/"],
  ],
  [
    "another scheme still",
    /Only http and https/,
    ["s3://bucket/x", "blob:https://a.example/x", "javascript:1", "unix:/x"],
  ],
  [
    "a user or a password",
    /user or a password/,
    ["https://u@a.example/", "https://u:p@a.example/", "https://:p@a.example/"],
  ],
  ["port 0", /Port 0/, ["https://a.example:0/"]],
  [
    "an empty label",
    /no host's name/,
    ["https://a..example/", "https://.example/", "https://a.example../", "https://./"],
  ],
  ["a name that is too long", /no host's name/, [`https://${"abcdefgh.".repeat(30)}example/`]],
  [
    "loopback",
    /loopback/,
    ["https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f.1/", "https://[::1]/"],
  ],
  [
    "loopback in letters",
    /loopback/,
    ["https://localhost/", "https://LOCALHOST./", "https://a.localhost/", "https://ⓛocalhost/"],
  ],
  [
    "loopback in other letters",
    /loopback/,
    ["https://０ｘ７ｆ.1/", "https://①②⑦.0.0.1/", "https://127。0。0。1/", "https://%31%32%37.1/"],
  ],
  ["private addresses", /private address/, ["https://10.0.0.1/", "https://0300.0250.1/", "https://[fd00::1]/"]],
  ["the unspecified", /unspecified/, ["https://0/", "https://0x/", "https://[::]/"]],
  ["metadata", /metadata/, ["https://169.254.169.254/", "https://2852039166/", "https://[fd00:ec2::254]/"]],
  ["IPv4 in IPv6", /IPv4/, ["https://[::ffff:127.0.0.1]/", "https://[::ffff:8.8.8.8]/", "https://[::127.0.0.1]/"]],
  ["tunnels", /NAT64|6to4|Teredo/, ["https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://[2001::1]/"]],
];

test.each(refused)("%s is refused: %p", (_, sentence, texts) => {
  for (const text of texts) expect([text, refusal(text)]).toEqual([text, expect.stringMatching(sentence)]);
});

test("what the operator lists may be private, and our own port may not", () => {
  const list = ["127.0.0.0/8", "nas.lan"];
  expect(read("https://127.0.0.1:7002/", { list }).href).toBe("https://127.0.0.1:7002/");
  expect(read("https://localhost/", { list }).href).toBe("https://localhost/");
  expect(read("https://localhost/", { list: ["localhost"] }).href).toBe("https://localhost/");
  for (const text of ["https://127.0.0.1:7001/", "http://localhost:7001/", "https://2130706433:7001/"])
    expect([text, refusal(text, { list })]).toEqual([text, expect.stringContaining("this gateway itself")]);
  expect(refusal("https://[::1]/", { list })).toContain("loopback");
});

test("plain http leads only to what is listed, where it is not for everybody", () => {
  const plainHttp = "listed";
  const list = ["nas.lan", "*.home.arpa", "192.168.1.0/24", "198.51.100.0/24"];
  for (const text of ["http://nas.lan/", "http://a.home.arpa:8080/", "http://192.168.1.9/", "http://198.51.100.1/"])
    expect(read(text, { list, plainHttp }).href).toBe(text);
  // Where it leads is seen when it is connected to.
  expect(read("http://any.example/", { list, plainHttp }).href).toBe("http://any.example/");
  expect(read("https://any.example/", { list: ["nas.lan"], plainHttp }).href).toBe("https://any.example/");
  for (const text of ["http://any.example/", "http://8.8.8.8/"])
    expect(refusal(text, { list: ["nas.lan"], plainHttp })).toContain("must begin with https://");
  expect(refusal("http://8.8.8.8/", { list, plainHttp })).toContain("must begin with https://");
});

test("a place is a host without brackets and a port", () => {
  const places = ["https://a.example/", "http://a.example/", "https://[2606::1]:8/"].map((text) =>
    placeOf(new URL(text)),
  );
  expect(places).toEqual([
    { host: "a.example", port: 443 },
    { host: "a.example", port: 80 },
    { host: "2606::1", port: 8 },
  ]);
});

type Given = { list?: string[]; plainHttp?: PlainHttp };

function read(text: string, { list = [], plainHttp = "anywhere" }: Given = {}): URL {
  return readUrl(text, { rules: readAddressRules(list, list.length === 0 ? nowhere : own), plainHttp });
}

function refusal(text: string, given: Given = {}): string {
  try {
    return `followed as ${read(text, given).href}`;
  } catch (error) {
    expect(error).toMatchObject({ name: "WaygateError", code: "invalid" });
    return (error as Error).message;
  }
}
