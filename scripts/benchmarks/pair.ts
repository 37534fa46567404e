// The two programs that are measured side by side, both executables: the gateway as built, and the bare yardstick; and
// one set of data for both, fifty API keys of one account.
import { copyFileSync, cpSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { makeKey } from "../../src/core/key.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import { createFolder, programCommand, runToEnd, type Server, startServer } from "./children.ts";
import type { Load, LoadOptions } from "./load.ts";

export type Pair = Disposable & {
  readonly gatewayBytes: number;
  readonly bareBytes: number;
  /** On a copy of the common data. */
  startGateway(): Promise<Server>;
  /** On a folder with nothing in it. */
  startNewGateway(): Promise<Server>;
  startBare(): Promise<Server>;
  /** Puts the list of keys to a server: as many as it answers, for as long as said. */
  ask(server: Server, load: Pick<LoadOptions, "leadInMs" | "countedMs" | "atMost">): Promise<Load>;
  refuseDifference(gateway: Server, bare: Server): Promise<void>;
};

export const connections = 32;
const keys = 50;
const path = `/api/v1/keys?limit=${keys}`;
export const built = join(import.meta.dir, "../../dist/waygate");
const buildsWithinMs = 120_000;
const graceMs = 20_000;

export async function makePair(): Promise<Pair> {
  const folder = createFolder();
  const at = (name: string) => join(folder.path, name);
  // A copy: somebody may build anew while it is measured.
  copyFileSync(built, at("gateway"));
  await compile("bare.ts", at("bare"));
  const key = makeKey();
  const gatewayOn = (dataDir: string, env = {}) => {
    const command = (port: number) => [at("gateway"), "--data-dir", dataDir, "--port", String(port)];
    return startServer({ command, cwd: folder.path, env });
  };
  {
    await using gateway = await gatewayOn(at("seed"), { WAYGATE_ADMIN_API_KEY: key });
    for (let made = 1; made < keys; made++) await createKey(gateway, key, `key ${made}`);
  }
  cpSync(at("seed"), at("data"), { recursive: true });
  copyFileSync(databaseFile(at("seed")), at("bare.db"));
  let folders = 0;

  return {
    gatewayBytes: statSync(at("gateway")).size,
    bareBytes: statSync(at("bare")).size,
    startGateway: () => gatewayOn(at("data")),
    startNewGateway() {
      folders += 1;
      mkdirSync(at(`new-${folders}`));
      return gatewayOn(at(`new-${folders}`));
    },
    startBare: () => startServer({ command: (port) => [at("bare"), at("bare.db"), String(port)], cwd: folder.path }),
    async ask({ origin }, load) {
      const port = Number(new URL(origin).port);
      const options: LoadOptions = { ...load, port, path, headers: { "X-API-Key": key }, connections };
      const command = programCommand("load.ts", options);
      return JSON.parse(await runToEnd(command, load.leadInMs + load.countedMs + graceMs));
    },
    async refuseDifference(gateway, bare) {
      const [ours, theirs] = await Promise.all([gateway, bare].map((server) => readList(server, key)));
      if (ours?.length === keys && isDeepStrictEqual(ours, theirs)) return;
      throw new Error("the two servers do not give the same answer");
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

/** A program of this folder, with the flags of scripts/build. */
export async function compile(file: string, outfile: string): Promise<void> {
  const flags = ["--compile", "--bytecode", "--format=esm", "--sourcemap", "--no-compile-autoload-bunfig"];
  const production = ["--define", 'process.env.NODE_ENV="production"'];
  const source = join(import.meta.dir, file);
  await runToEnd([process.execPath, "build", ...flags, ...production, source, "--outfile", outfile], buildsWithinMs);
}

async function createKey({ origin }: Server, key: string, name: string): Promise<void> {
  const response = await fetch(`${origin}/api/v1/keys`, {
    method: "POST",
    headers: { "X-API-Key": key, "Content-Type": "application/json" },
    body: JSON.stringify({ name }),
  });
  if (response.status !== 201) throw new Error(`a key could not be made: ${response.status}`);
}

/** Without what differs by design: the gateway's ids are not the rows' own, and it counts the uses of a key. */
async function readList({ origin }: Server, key: string): Promise<unknown[]> {
  const response = await fetch(origin + path, { headers: { "X-API-Key": key } });
  const { data } = (await response.json()) as { data: Record<string, unknown>[] };
  return data.map((row) => ({ ...row, id: null, uses: null, last_used_at: null }));
}
