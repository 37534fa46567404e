// Malformed bodies: the valid one with something wrong in its values, its text, its bytes, its type or its size.
import { gzipSync } from "node:zlib";
import type { Operation } from "../support/document.ts";
import { misfit, type Schemas } from "../support/json-schema.ts";
import { type Probe, type Sample, utf8 } from "./probe.ts";
import { oddNames, oddValues } from "./values.ts";

type Json = Record<string, unknown>;
type Maker = (sample: Sample, valid: Json) => Probe;

const maxDepth = 32;
const maxItems = 10_000;

/** Every kind of malformed body once; called again, others of the same kinds. */
export function bodyProbes(sample: Sample, schemas: Schemas): Probe[] {
  const { op, body } = sample;
  if (body === null || op.body === null) return [];
  const made = [...valueMakers(op), ...textMakers, ...byteMakers, ...typeMakers].map((make) =>
    make(sample, body() as Json),
  );
  return made.map((probe) => ({ ...probe, expect: probe.expect ?? expectedOf(probe, op, schemas) }));
}

/** What the document and the limits say of such a body; null where it may pass. */
function expectedOf({ body = utf8(""), contentType = "application/json" }: Probe, op: Operation, schemas: Schemas) {
  if (op.body === null) return null;
  if (body.length > op.body.maxBytes) return [413];
  if (body.length === 0) return op.body.isRequired ? [422] : null;
  const isTyped = contentType !== null && /^application\/(json|[\w.-]+\+json)\s*($|;)/i.test(contentType);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    return isTyped ? [400] : [400, 415];
  }
  if (!isTyped) return [415];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [400];
  }
  const isMisfit = misfit(value, op.body.schema, schemas) !== null;
  // What is too deep, or holds half a character, can be blamed on the text as well as on the field.
  if (isExcessive(value, 1)) return isMisfit ? [400, 422] : [400];
  if (!isMisfit) return null;
  return isWhole(value) ? [422] : [400, 422];
}

function isWhole(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([name, item]) => name.isWellFormed() && isWhole(item));
}

function isExcessive(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  const items = Object.values(value);
  return depth > maxDepth || items.length > maxItems || items.some((item) => isExcessive(item, depth + 1));
}

function json(what: string, value: unknown): Probe {
  return text(what, JSON.stringify(value));
}

function text(what: string, body: string): Probe {
  return { what, body: utf8(body), expect: null };
}

/** So many that in a thousand requests each property meets every odd value. */
const oddPerProperty = 6;
const short = (value: unknown) => {
  const shown = JSON.stringify(value);
  return shown.length > 40 ? `${shown.slice(0, 40)}…` : shown;
};

/** JSON.stringify leaves a lone __proto__ out; this puts any name in. */
function withField(valid: Json, name: string, value: unknown): string {
  const rest = JSON.stringify(valid).slice(1);
  return `{${JSON.stringify(name)}:${JSON.stringify(value)}${rest === "}" ? "" : ","}${rest}`;
}

function valueMakers({ body }: Operation): Maker[] {
  const properties = Object.keys((body?.schema.properties ?? {}) as Json);
  const perProperty = properties.flatMap((name): Maker[] => {
    const odd: Maker = ({ op, random }, valid) => {
      const value = random.deal(`${op.id} ${name}`, oddValues);
      return json(`${name} is ${short(value)}`, { ...valid, [name]: value });
    };
    return [
      (_, valid) => json(`${name} missing`, Object.fromEntries(Object.entries(valid).filter(([one]) => one !== name))),
      ...Array.from({ length: oddPerProperty }, () => odd),
      (_, valid) => json(`${name} is null`, { ...valid, [name]: null }),
      (_, valid) => json(`${name} in a list`, { ...valid, [name]: [valid[name] ?? "x"] }),
    ];
  });
  return [
    ...perProperty,
    ({ random }, valid) => {
      const name = random.pick(oddNames);
      return text(`an unknown field ${short(name)}`, withField(valid, name, random.pick(oddValues)));
    },
    (_, valid) => text("a field __proto__", withField(valid, "__proto__", { name: "x" })),
    ({ random }) => {
      const value = random.pick(oddValues);
      return json(`the whole is ${short(value)}`, value);
    },
    (_, valid) => json("the whole in a list", [valid]),
    ({ random }, valid) => {
      const odd = properties.filter(() => random.chance(0.5)).map((name) => [name, random.pick(oddValues)]);
      return json("several odd fields at once", { ...valid, ...Object.fromEntries(odd) });
    },
  ];
}

const textMakers: Maker[] = [
  ({ random }, valid) => {
    const whole = JSON.stringify(valid);
    return text("cut off", whole.slice(0, random.between(1, whole.length - 1)));
  },
  ({ random }, valid) => {
    const whole = JSON.stringify(valid);
    const at = random.below(whole.length);
    return text("a character missing", whole.slice(0, at) + whole.slice(at + 1));
  },
  ({ random }, valid) => {
    const whole = JSON.stringify(valid);
    const at = random.below(whole.length);
    return text(
      "a character too many",
      whole.slice(0, at) + random.pick([...'{}[]",:\\0xé\u0000\n']) + whole.slice(at),
    );
  },
  ({ random }, valid) => {
    const literal = random.pick([
      "NaN",
      "Infinity",
      "-Infinity",
      "undefined",
      "1e400",
      "-1e400",
      "01",
      "0x1F",
      "+1",
      "1.",
    ]);
    const name = random.pick([...Object.keys(valid), "extra"]);
    return text(`${name} is ${literal}`, JSON.stringify({ ...valid, [name]: "§" }).replace('"§"', literal));
  },
  (_, valid) => text("single quotes", JSON.stringify(valid).replaceAll('"', "'")),
  (_, valid) => text("a comma too many", JSON.stringify(valid).replace(/}$/, ",}")),
  (_, valid) => text("a comment", `// hello\n${JSON.stringify(valid)}`),
  (_, valid) => text("twice in a row", JSON.stringify(valid).repeat(2)),
  ({ random }, valid) => {
    const [name = "extra"] = random.shuffled(Object.keys(valid));
    return text(`${name} twice`, withField(valid, name, random.pick(oddValues)));
  },
  () => text("only white space", " \n\t "),
  ({ random }) => text("very deep", random.pick(["[", '{"a":', "[{"]).repeat(random.pick([40, 5_000, 100_000]))),
  (_, valid) => text("a raw line break in a string", JSON.stringify(valid).replace(/":"/, '":"\n')),
  (_, valid) => text("a byte order mark", `\ufeff${JSON.stringify(valid)}`),
  () => ({ what: "an empty body", body: utf8(""), expect: null }),
];

const byteMakers: Maker[] = [
  ({ random }, valid) => {
    const bytes = Buffer.from(JSON.stringify(valid));
    const odd = random.pick([[0xff], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xf5, 0x80, 0x80, 0x80]]);
    const at = random.between(1, bytes.length - 1);
    const body = Buffer.concat([bytes.subarray(0, at), Uint8Array.from(odd), bytes.subarray(at)]);
    return { what: "bytes that are not UTF-8", body, expect: null };
  },
  (_, valid) => ({ what: "UTF-16", body: Buffer.from(`\ufeff${JSON.stringify(valid)}`, "utf16le"), expect: null }),
  ({ random }) => ({ what: "random bytes", body: random.bytes(random.between(1, 300)), expect: null }),
  (_, valid) => ({
    what: "gzip",
    headers: [["Content-Encoding", "gzip"]],
    body: gzipSync(JSON.stringify(valid)),
    expect: [400, 415],
  }),
  ({ op }, valid) => ({
    what: "over the limit",
    body: utf8(JSON.stringify({ ...valid, extra: "x".repeat(limitOf(op)) })),
    expect: [413],
  }),
  ({ op }, valid) => ({
    what: "over the limit, in chunks",
    body: utf8(JSON.stringify(valid).padEnd(limitOf(op) + 1)),
    isChunked: true,
    expect: [413],
  }),
  (_, valid) => ({ what: "in chunks", body: utf8(JSON.stringify(valid)), isChunked: true, expect: null }),
];

const otherTypes = [
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "text/plain",
  "text/json",
  "application/jsonx",
  "application/xml",
  "application/octet-stream",
  "*/*",
  "json",
  ";",
  "",
];
const sameTypes = ["APPLICATION/JSON", "application/json;charset=utf-16", "application/json; charset=latin1; x=y"];

const typeMakers: Maker[] = [
  ...[...otherTypes, ...sameTypes].map(
    (contentType): Maker =>
      (_, valid) => ({ what: `typed "${contentType}"`, contentType, body: utf8(JSON.stringify(valid)), expect: null }),
  ),
  (_, valid) => ({
    what: "a form",
    contentType: "application/x-www-form-urlencoded",
    body: utf8(new URLSearchParams(valid as Record<string, string>).toString()),
    expect: null,
  }),
  (_, valid) => ({
    what: "parts of a form",
    contentType: "multipart/form-data; boundary=x",
    body: utf8(`--x\r\nContent-Disposition: form-data; name="body"\r\n\r\n${JSON.stringify(valid)}\r\n--x--\r\n`),
    expect: null,
  }),
];

const limitOf = ({ body }: Operation) => body?.maxBytes ?? 0;
