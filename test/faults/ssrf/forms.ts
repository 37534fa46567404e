// Every form of address that has led a server somewhere it should not have gone, by sort.

export type Form = {
  sort: string;
  url: string;
  /** Where everything is allowed it gets as far as a canary: what is refused is refused for where it leads. */
  leads: boolean;
};

const loopbackHosts = [
  ["dotted", "127.0.0.1"],
  ["short", "127.1"],
  ["shorter by one", "127.0.1"],
  ["decimal", "2130706433"],
  ["hexadecimal", "0x7f000001"],
  ["hexadecimal in capitals", "0X7F000001"],
  ["hexadecimal in parts", "0x7f.0x0.0x0.0x1"],
  ["hexadecimal, short", "0x7f.1"],
  ["octal", "017700000001"],
  ["octal in parts", "0177.0.0.01"],
  ["octal with zeros before", "0000177.0.0.1"],
  ["all bases at once", "0177.0x0.0.0x1"],
  ["with a dot after it", "127.0.0.1."],
  ["short with a dot after it", "127.1."],
  ["decimal with a dot after it", "2130706433."],
  ["full-width", "１２７．０．０．１"],
  ["full-width hexadecimal", "０ｘ７ｆ．１"],
  ["with ideographic dots", "127。0。0。1"],
  ["with half-width dots", "127｡0｡0｡1"],
  ["circled", "①②⑦.⓪.⓪.①"],
  ["superscript", "¹²⁷.⁰.⁰.¹"],
  ["bold", "𝟏𝟐𝟕.𝟎.𝟎.𝟏"],
  ["percent-encoded", "%31%32%37.0.0.1"],
  ["percent-encoded dots", "127%2e0%2e0%2e1"],
  ["percent-encoded full-width", "%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1"],
  ["with a soft hyphen", "127.0.\u00ad0.1"],
  ["with a joiner", "127.0.0\u2060.1"],
  ["with a tab", "127.\t0.0.1"],
  ["with a new line", "127.0.0\r\n.1"],
  ["a name", "localhost"],
  ["a name in capitals", "LocalHost"],
  ["a name with a dot after it", "localhost."],
  ["a circled name", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ"],
  ["a full-width name", "ｌｏｃａｌｈｏｓｔ"],
  ["a percent-encoded name", "%6c%6f%63alhost"],
  ["mapped", "[::ffff:127.0.0.1]"],
  ["mapped in hexadecimal", "[::ffff:7f00:1]"],
  ["mapped in full", "[0000:0000:0000:0000:0000:FFFF:7F00:0001]"],
] as const;

const loopbackHostsOfIpv6 = [
  ["IPv6", "[::1]"],
  ["IPv6 in full", "[0:0:0:0:0:0:0:1]"],
  ["IPv6 with all zeros", "[0000:0000:0000:0000:0000:0000:0000:0001]"],
  ["IPv6 with a dotted end", "[::0.0.0.1]"],
] as const;

/** Where nobody of ours listens, but somebody else's machines may. */
const otherHosts = [
  ["unspecified", "0 0.0.0.0 0x0 00 0.1.2.3 [::] [0::0] [::ffff:0.0.0.0] ０"],
  ["loopback beside the usual", "127.0.0.2 127.255.255.254 127.2 a.localhost 0x7f.2"],
  ["private", "10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 0xa.1 3232235521 012.1 ①⓪.⓪.⓪.①"],
  ["link-local", "169.254.0.1 169.254.1.1 [fe80::1] [FE80:0::1] [febf::1]"],
  ["a carrier's", "100.64.0.1 100.127.255.255"],
  ["benchmark", "198.18.0.1 198.19.255.255 [2001:2::1]"],
  ["documentation", "192.0.2.1 198.51.100.1 203.0.113.1 [2001:db8::1] [3fff::1]"],
  ["multicast", "224.0.0.1 239.255.255.250 [ff02::1]"],
  ["class E", "240.0.0.1 255.255.255.255 0xffffffff"],
  ["protocol assignments", "192.0.0.1 192.0.0.8 192.88.99.1 [100::1] [5f00::1]"],
  ["unique local", "[fc00::1] [fd00::1] [fdff:ffff::1] [fec0::1]"],
  ["IPv4 in IPv6", "[::127.0.0.1] [::7f00:1] [::10.0.0.1] [::ffff:0:127.0.0.1] [::ffff:10.0.0.1] [::ffff:8.8.8.8]"],
  ["NAT64", "[64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b::169.254.169.254] [64:ff9b:1::7f00:1] [64:ff9b::8.8.8.8]"],
  ["6to4", "[2002:7f00:1::] [2002:a00:1::1] [2002:a9fe:a9fe::] [2002:808:808::]"],
  ["Teredo", "[2001:0:4136:e378:8000:63bf:80ff:fffe] [2001::1]"],
  ["metadata", "169.254.169.254 169.254.169.254. 2852039166 0xa9fea9fe 025177524776 0251.0376.0251.0376 169.254.43518"],
  ["metadata in other letters", "①⑥⑨.②⑤④.①⑥⑨.②⑤④ 169。254。169。254 %31%36%39.254.169.254 [::ffff:169.254.169.254]"],
  ["others' metadata", "169.254.170.2 100.100.100.200 192.0.0.192 168.63.129.16 [fd00:ec2::254] [fd20:ce::254]"],
] as const;

const otherSchemes = [
  "file:///etc/passwd",
  "file://localhost/etc/passwd",
  "FILE:/etc/passwd",
  "gopher://127.0.0.1:PORT/_GET",
  "dict://127.0.0.1:PORT/x",
  "ftp://127.0.0.1:PORT/",
  "tftp://127.0.0.1:PORT/x",
  "ldap://127.0.0.1:PORT/",
  "ws://127.0.0.1:PORT/",
  "wss://127.0.0.1:PORT/",
  "data:text/plain,hello",
  "data://127.0.0.1:PORT/,x",
  "blob:http://127.0.0.1:PORT/x",
  "s3://bucket/key",
  "javascript:fetch('http://127.0.0.1:PORT')",
  "jar:http://127.0.0.1:PORT!/x",
  "view-source:http://127.0.0.1:PORT/",
  "unix:/var/run/docker.sock",
  "http+unix://%2Fvar%2Frun%2Fdocker.sock/x",
  "about:blank",
  "mailto:a@127.0.0.1",
  "netdoc:///etc/passwd",
] as const;

const shapes = [
  ["backslashes", "http:\\\\127.0.0.1:PORT\\x", true],
  ["one slash", "http:/127.0.0.1:PORT/", true],
  ["no slash", "http:127.0.0.1:PORT/", true],
  ["many slashes", "http://////127.0.0.1:PORT/", true],
  ["blanks around it", "  http://127.0.0.1:PORT/ \n", true],
  ["capitals", "HTTP://127.0.0.1:PORT/", true],
  ["a tab in the scheme", "ht\ttp://127.0.0.1:PORT/", true],
  ["an empty user", "http://@127.0.0.1:PORT/", true],
  ["zeros before the port", "http://127.0.0.1:00PORT/", true],
  ["a fragment", "http://127.0.0.1:PORT#@good.test/", true],
  ["a question", "http://127.0.0.1:PORT?@good.test/", true],
  ["a backslash before another host", "http://127.0.0.1:PORT\\@good.test/", true],
  ["a user", "http://good.test@127.0.0.1:PORT/", false],
  ["a user and a password", "http://good.test:80@127.0.0.1:PORT/", false],
  ["a user with a slash in it", "http://good.test%2f@127.0.0.1:PORT/", false],
  ["two users", "http://a@b@127.0.0.1:PORT/", false],
  ["blanks and users", "http://1.1.1.1 &@127.0.0.1:PORT# @3.3.3.3/", false],
  ["a zone", "http://[::1%25lo]:PORT/", false],
  ["a zone of a link", "http://[fe80::1%25eth0]:PORT/", false],
  ["nothing encoded after it", "http://127.0.0.1%00.good.test:PORT/", false],
  ["a slash encoded after it", "http://127.0.0.1%2f.good.test:PORT/", false],
  ["a new line encoded after it", "http://127.0.0.1%0d%0a:PORT/", false],
  ["a port too large", "http://127.0.0.1:6553PORT/", false],
  ["port 0", "http://127.0.0.1:0/", false],
  ["a number too large", "http://127.0.0.256:PORT/", false],
  ["a number around the corner", "http://4294967297:PORT/", false],
  ["five numbers", "http://127.0.0.0.1:PORT/", false],
  ["two dots after it", "http://127.0.0.1..:PORT/", false],
  ["no host", "http://:PORT/", false],
  ["nothing but a host", "127.0.0.1:PORT", false],
  ["no scheme", "//127.0.0.1:PORT/", false],
  ["an address without brackets", "http://::1:PORT/", false],
  ["too long", `http://127.0.0.1:PORT/${"x".repeat(2_100)}`, false],
] as const;

export function allForms({ port, hasIpv6 }: { port: number; hasIpv6: boolean }): Form[] {
  const at = (url: string) => url.replaceAll("PORT", String(port));
  const loopback = hasIpv6 ? [...loopbackHosts, ...loopbackHostsOfIpv6] : loopbackHosts;
  return [
    ...loopback.map(([sort, host]) => ({ sort, url: at(`http://${host}:PORT/`), leads: true })),
    ...loopback.map(([sort, host]) => ({ sort, url: at(`https://${host}:PORT/a?b=c`), leads: true })),
    ...otherHosts.flatMap(([sort, hosts]) =>
      hosts.split(" ").map((host) => ({ sort, url: at(`http://${host}:PORT/`), leads: false })),
    ),
    ...otherSchemes.map((url) => ({ sort: "another scheme", url: at(url), leads: false })),
    ...shapes.map(([sort, url, leads]) => ({ sort, url: at(url), leads })),
  ];
}

/** What a name may be answered with, whoever is asked: always with a canary, or a machine inside, among them. */
export const answers: readonly [sort: string, addresses: string[]][] = [
  ["loopback", ["127.0.0.1"]],
  ["loopback of IPv6", ["::1"]],
  ["both loopbacks", ["::1", "127.0.0.1"]],
  ["a public address first", ["8.8.8.8", "127.0.0.1"]],
  ["a public address last", ["127.0.0.1", "8.8.8.8"]],
  ["one inside among many", [...Array.from({ length: 40 }, (_, index) => `8.8.8.${index}`), "127.0.0.1"]],
  ["a public address of IPv6 first", ["2606:4700::1", "::1"]],
  ["mapped", ["::ffff:127.0.0.1"]],
  ["mapped in hexadecimal", ["::ffff:7f00:1"]],
  ["NAT64", ["64:ff9b::7f00:1"]],
  ["6to4", ["2002:7f00:1::"]],
  ["the unspecified", ["0.0.0.0"]],
  ["the unspecified of IPv6", ["::"]],
  ["private", ["10.0.0.1"]],
  ["unique local", ["fd00::1"]],
  ["link-local with its zone", ["fe80::1%lo"]],
  ["metadata", ["169.254.169.254"]],
  ["no address", ["localhost"]],
  ["a number", ["2130706433"]],
];
