// Who may import whom, and what only certain files may touch.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { Glob } from "bun";

const src = join(import.meta.dir, "../src");
const files = [...new Glob("**/*.ts").scanSync(src)].filter((file) => !file.endsWith(".d.ts")).sort();

/** A room, or one of the files at the top. Type-only imports are free. */
const mayImport: Record<string, readonly string[]> = {
  core: [],
  sandbox: [],
  net: ["core"],
  store: ["core"],
  engine: ["core", "net"],
  services: ["core", "net", "store"],
  jobs: ["core", "net", "store", "services"],
  workflows: ["core", "net", "store", "services"],
  http: ["core", "services"],
  dialects: ["core", "services", "http"],
  web: [],
  cli: ["core", "services", "store", "gateway", "settings", "config", "logging", "sandbox"],
  settings: ["core"],
  config: ["core", "settings"],
  logging: ["core"],
  gateway: [
    "core",
    "net",
    "store",
    "engine",
    "services",
    "jobs",
    "workflows",
    "http",
    "dialects",
    "sandbox",
    "web",
    "settings",
    "network",
  ],
  network: ["core", "engine", "settings"],
  main: ["cli"],
};

/** Packages that belong to one room. */
const packageRooms: [RegExp, readonly string[]][] = [
  [/^drizzle-orm/, ["store"]],
  [/^bun:sqlite$/, ["store"]],
  [/^(elysia|@elysiajs\/)/, ["http", "dialects"]],
  [/^@whiskeysockets\//, ["engine", "sandbox"]],
  [/^pino/, ["logging", "main"]],
];

/** The composition root is `gateway.ts` and what it is made of, `gateway-….ts`. */
const roomOf = (file: string) => file.split("/")[0]?.replace(/(-\w+)?\.ts$/, "") ?? "";

type Import = { file: string; target: string; isTypeOnly: boolean };

function importsOf(file: string): Import[] {
  const text = readFileSync(join(src, file), "utf8");
  const found = text.matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+"([^"]+)"/gms);
  return [...found].map(([whole, type, target = ""]) => ({
    file,
    target,
    isTypeOnly: type !== undefined || /^(import|export)\s*\{(\s*type\s[^,}]+,?)+\s*\}\s*from/s.test(whole),
  }));
}

const imports = files.flatMap(importsOf);

test("every room is known here", () => {
  expect([...new Set(files.map(roomOf))].filter((room) => !(room in mayImport))).toEqual([]);
});

test("rooms import only what they may", () => {
  const wrong = imports
    .filter(({ target, isTypeOnly }) => target.startsWith(".") && !isTypeOnly)
    .map(({ file, target }) => ({ file, to: normalize(join(dirname(file), target)) }))
    .filter(({ file, to }) => !to.startsWith("..") && roomOf(to) !== roomOf(file))
    .filter(({ file, to }) => !mayImport[roomOf(file)]?.includes(roomOf(to)));
  expect(wrong).toEqual([]);
});

test("packages are used in their own rooms only", () => {
  const wrong = imports.filter(({ file, target, isTypeOnly }) => {
    const rooms = packageRooms.find(([pattern]) => pattern.test(target))?.[1];
    return rooms !== undefined && !isTypeOnly && !rooms.includes(roomOf(file));
  });
  expect(wrong).toEqual([]);
});

test("only main.ts touches the process, only the clock reads the time, nobody writes to the console", () => {
  const rules: [RegExp, readonly string[]][] = [
    [/\bprocess\.(?!memoryBytes|cpuSeconds|pid\b)[a-z]|from "node:process"|Bun\.env|import\.meta\.env/, ["main.ts"]],
    [/\bDate\.now\(|new Date\(\)/, ["core/clock.ts", "sandbox/network/clock.ts"]],
    [/\bconsole\./, []],
  ];
  const wrong = files.flatMap((file) => {
    const code = readFileSync(join(src, file), "utf8").replace(/\/\/.*|\/\*[\s\S]*?\*\//g, "");
    return rules
      .filter(([pattern, allowed]) => pattern.test(code) && !allowed.includes(file))
      .map(([pattern]) => `${file}: ${pattern}`);
  });
  expect(wrong).toEqual([]);
});

test("every file says in its first line what it is for, and none has grown past its point", () => {
  const wrong = files.filter((file) => {
    const lines = readFileSync(join(src, file), "utf8").split("\n");
    return !/^\/\/ \S.{15,}/.test(lines[0] ?? "") || lines.length > 320;
  });
  expect(wrong).toEqual([]);
});
