// Everything of a request that is not its body: path, query, method, headers, each with something wrong.
import { misfit, type Schemas } from "../support/json-schema.ts";
import type { HeaderLine } from "../support/wire.ts";
import { type Probe, type Sample, utf8 } from "./probe.ts";
import { oddIds, oddNames, oddQueryValues } from "./values.ts";

/** Every kind of odd place once; called again, others of the same kinds. */
export function placeProbes(sample: Sample, schemas: Schemas): Probe[] {
  return [
    ...pathProbes(sample),
    ...addressProbes(sample),
    ...queryProbes(sample, schemas),
    ...methodProbes(sample),
    ...headerProbes(sample),
    ...strayBodyProbes(sample),
  ];
}

/** An id that cannot be one names nothing. */
function pathProbes({ op, path, random }: Sample): Probe[] {
  const places = op.path.split("/").flatMap((part, place) => (part.startsWith("{") ? [place] : []));
  return places.flatMap((place) => {
    const parts = path.split("/");
    const real = parts[place] ?? "";
    const twisted = [`${real}x`, `x${real}`, real.toUpperCase(), real.slice(0, -1), `${real}%00`, `${real}%20`];
    const chosen = [...random.shuffled(oddIds).slice(0, 8), ...random.shuffled(twisted).slice(0, 2)];
    return chosen
      .filter((odd) => odd !== real)
      .map((odd): Probe => {
        const target = parts.with(place, odd).join("/");
        return { what: `the id ${odd.slice(0, 40)}`, target, expect: [404], isElsewhere: true };
      });
  });
}

/** Whatever the whole address says: nothing of it may break anything. */
function addressProbes({ path, random }: Sample): Probe[] {
  const anything = (what: string, target: string): Probe => ({ what, target, expect: null, isElsewhere: true });
  return random
    .shuffled([
      anything("a slash at the end", `${path}/`),
      anything("two slashes", `/${path}`),
      anything("a way up", `${path}/../..${path}`),
      anything("an encoded way up", `${path}/%2e%2e%2f%2e%2e`),
      anything("%00 at the end", `${path}%00`),
      anything("%ff at the end", `${path}%ff`),
      anything("an encoded slash", path.replace(/(?<=.)\/(?=[^/]*$)/, "%2F")),
      anything("other letter case", path.toUpperCase()),
      anything("a semicolon", `${path};a=b`),
      anything("a backslash", path.replaceAll("/", "\\").replace("\\", "/")),
      anything("bytes above 127", `${path}\xff\xfe`),
      anything("a fragment", `${path}#x`),
      anything("a whole address", `http://other.example${path}`),
      { ...anything("a very long path", `${path}/${"x".repeat(12_000)}`), mayBeBare: true },
      { ...anything("a path beyond all bounds", `${path}/${"x".repeat(60_000)}`), mayBeBare: true },
    ])
    .slice(0, 6);
}

function queryProbes({ op, path, random }: Sample, schemas: Schemas): Probe[] {
  const known = op.parameters.filter((parameter) => parameter.in === "query");
  const probes = known.flatMap((parameter) =>
    random
      .shuffled(oddQueryValues)
      .slice(0, 6)
      .map((value): Probe => {
        const read = readAs(value, parameter.schema.type);
        const isWrong = read === undefined || (read !== null && misfit(read, parameter.schema, schemas) !== null);
        const what = `?${parameter.name}=${value.slice(0, 40)}`;
        return { what, target: `${path}?${parameter.name}=${value}`, expect: isWrong ? [422] : null };
      }),
  );
  const name = encodeURIComponent(random.pick(oddNames.filter((odd) => odd.trim() !== "")));
  const first = known[0]?.name ?? "x";
  // A native route with parameters refuses those it does not know; one without takes no notice.
  const unknown = op.isNative && known.length > 0 ? [422] : null;
  probes.push(
    {
      what: `an unknown parameter ${name.slice(0, 40)}`,
      target: `${path}?${name}=1`,
      expect: unknown,
    },
    { what: "a parameter twice", target: `${path}?${first}=1&${first}=2`, expect: null },
    { what: "a parameter as a list", target: `${path}?${first}[]=1`, expect: unknown },
    { what: "a query of nothing but signs", target: `${path}?&&==&=?&%`, expect: null },
    { what: "a very long query", target: `${path}?x=${"y".repeat(40_000)}`, expect: null, mayBeBare: true },
  );
  return probes;
}

/** Undefined where it cannot be such a value; null where it cannot be decoded, and as text is up to the reader. */
function readAs(raw: string, type: unknown): unknown {
  let text: string;
  try {
    text = decodeURIComponent(raw.replaceAll("+", " "));
  } catch {
    return type === "integer" || type === "boolean" ? undefined : null;
  }
  if (type === "boolean") return /^(true|false)$/.test(text) ? text === "true" : undefined;
  if (type !== "integer") return text;
  return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
}

const allMethods = ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "QUERY"];

function methodProbes({ methods, path, random }: Sample): Probe[] {
  const wrong = random.shuffled(allMethods.filter((method) => !methods.includes(method))).slice(0, 3);
  const others = wrong.map(
    (method): Probe => ({
      what: `the method ${method}`,
      method,
      target: path,
      expect: [405],
      isElsewhere: true,
      mayBeBare: method === "QUERY",
    }),
  );
  const anything = { expect: null, isElsewhere: true, mayBeBare: true } as const;
  return [
    ...others,
    { what: "OPTIONS", method: "OPTIONS", ...anything },
    { what: "a method that there is not", method: random.pick(["FOO", "get", "G\xe9T", "X".repeat(300)]), ...anything },
  ];
}

const oddHeaders: readonly HeaderLine[] = [
  ["Accept", "application/xml;q=nonsense, ;;;"],
  ["Accept-Encoding", "gzip;q=0, br;q=-1, *;q=NaN"],
  ["Accept-Language", "x".repeat(3_000)],
  ["Range", "bytes=0-0,5-2,-1"],
  ["If-None-Match", "*"],
  ["If-Modified-Since", "yesterday"],
  ["Expect", "100-continue"],
  ["Expect", "the-unexpected"],
  ["X-HTTP-Method-Override", "DELETE"],
  ["X-Original-URL", "/api/v1/accounts"],
  ["X-Forwarded-For", "not an address, , ,,"],
  ["X-Forwarded-For", "203.0.113.7,".repeat(300)],
  ["X-Forwarded-For", "[::1, ::ffff:1.2.3.4.5, 1e3"],
  ["X-Forwarded-Host", 'evil.example"><script>'],
  ["X-Forwarded-Proto", "gopher"],
  ["X-Request-Id", "../../x"],
  ["X-Request-Id", "x".repeat(3_000)],
  ["Host", "a"],
  ["Host", "nas"],
  ["Host", "[::1"],
  ["Host", "evil.example:99999"],
  ["Origin", "null"],
  ["Origin", "https://evil.example"],
  ["Sec-Fetch-Site", "cross-site"],
  ["Cookie", "waygate=%00; ; =; ;;; waygate"],
  ["Cookie", "x".repeat(3_000)],
  ["User-Agent", ""],
  ["User-Agent", "\xff\xfe\xe9".repeat(500)],
  ["Upgrade", "h2c, websocket"],
  ["Content-Type", "text/plain"],
  ["Content-Language", "\xe9"],
  ["Traceparent", "00-zz-zz-01"],
];

/** No host at all: what follows the host in an address must not come from here. */
const noHosts = ["a b<>?#", "localhost/api/v1/me?", "localhost#", "\xff\xfe", "a@b"];

const oddCredentials: readonly (readonly HeaderLine[])[] = [
  [["X-API-Key", ""]],
  [["X-API-Key", "x".repeat(5_000)]],
  [["X-API-Key", "\xff\xfe".repeat(20)]],
  [["Authorization", ""]],
  [["Authorization", "Bearer"]],
  [["Authorization", "Bearer "]],
  [["Authorization", "Digest username=x"]],
  [["Authorization", "Basic YTpi"]],
  [["Authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x"]],
  [["Authorization", "Bearer eyJ.eyJ.eyJ"]],
  [["Authorization", `Bearer eyJ${"x".repeat(5_000)}.x.x`]],
  [["Cookie", "waygate=eyJhbGciOiJub25lIn0.e30.; waygate=x"]],
];

function headerProbes({ op, path, random }: Sample): Probe[] {
  const extra = random
    .shuffled(oddHeaders)
    .slice(0, 8)
    .map((line): Probe => {
      const what = `${line[0]}: ${line[1].slice(0, 40)}`;
      return { what, target: path, headers: [line], expect: null, isElsewhere: line[0] === "Expect" };
    });
  const host = random.pick(noHosts);
  const refused = { expect: [400], isElsewhere: true, mayBeBare: true } as const;
  extra.push({ what: `Host: ${host}`, target: path, headers: [["Host", host]], ...refused });
  if (op.access === "public") return extra;
  const credentials = random
    .shuffled(oddCredentials)
    .slice(0, 4)
    .map((credential): Probe => {
      const what = credential.map(([name, value]) => `${name}: ${value.slice(0, 40)}`).join();
      return { what, target: path, credential, expect: [401] };
    });
  return [...extra, ...credentials];
}

/** A body where none belongs. */
function strayBodyProbes({ op, path, random }: Sample): Probe[] {
  if (op.body !== null) return [];
  const bodies = ["{", "x".repeat(20_000), '{"a":1}', "\u0000"];
  return [
    { what: "a body where none belongs", target: path, body: utf8(random.pick(bodies)), expect: null },
    { what: "chunks where none belong", target: path, body: utf8(random.pick(bodies)), isChunked: true, expect: null },
  ];
}
