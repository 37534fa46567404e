// A gateway whose every word is kept, standard output apart from the log, and all that it leaves on disk.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { binaryPath, runBinary } from "../../support/binary.ts";
import { until } from "../../support/until.ts";
import type { Place } from "./search.ts";

export type Spoken = AsyncDisposable & {
  readonly url: string;
  readonly dataDir: string;
  out(): string;
  log(): string;
  /** A command beside it, or alone once it has stopped; what it said is kept. */
  command(words: string[], options?: { input?: string; isSecret?: boolean }): Promise<{ out: string; code: number }>;
  said(): string;
  stop(): Promise<void>;
};

export type SpokenOptions = { folder: string; name: string; env: Record<string, string> };

export async function startSpoken({ folder, name, env }: SpokenOptions): Promise<Spoken> {
  const dataDir = join(folder, name);
  const settings = { WAYGATE_LOG_LEVEL: "debug", WAYGATE_LOG_FORMAT: "json", WAYGATE_DATA_DIR: dataDir, ...env };
  const child = Bun.spawn([binaryPath, "--port", "0"], {
    cwd: folder,
    env: { PATH: "/usr/bin:/bin", ...settings },
    stdout: "pipe",
    stderr: "pipe",
  });
  const heard = { out: "", log: "", said: "" };
  const listen = async (stream: ReadableStream<Uint8Array>, to: "out" | "log") => {
    for await (const chunk of stream) heard[to] += new TextDecoder().decode(chunk);
  };
  const listening = Promise.all([listen(child.stdout, "out"), listen(child.stderr, "log")]);
  const url = await until(`${name} to say where it is`, () => {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${heard.log}`);
    return /"url":"(http[^"]+?)\/"/.exec(heard.log)?.[1];
  });
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await child.exited;
    await listening;
  };
  return {
    url,
    dataDir,
    out: () => heard.out,
    log: () => heard.log,
    said: () => heard.said,
    async command(words, { input = "", isSecret = false } = {}) {
      const ran = await runBinary(words, { cwd: folder, env: settings, input });
      // Shown once on purpose: what this prints is the caller's to keep.
      heard.said += `${isSecret ? "" : ran.out}\n${ran.error}\n`;
      return ran;
    },
    stop: () => end("SIGTERM"),
    [Symbol.asyncDispose]: () => end("SIGKILL"),
  };
}

/** Every file it left, but for the master key, whose place that is. */
export function filesOf(name: string, folder: string): Place[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "master.key")
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return { name: `${name}: ${file.slice(folder.length + 1)}`, bytes: readFileSync(file) };
    });
}
