// The built executable as a process of its own: started, asked, killed.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { until } from "./until.ts";

export const binaryPath = join(import.meta.dir, "../../dist/waygate");

export type RunningBinary = AsyncDisposable & {
  readonly url: string;
  readonly pid: number;
  output(): string;
  /** As the power cut would: at once, with nothing put in order. */
  kill(): Promise<void>;
  /** As a supervisor would; the exit code. */
  stop(): Promise<number>;
};

export type BinaryOptions = { dataDir: string; cwd: string; env?: Record<string, string>; args?: string[] };

/** Nothing of this machine's own settings gets in. */
const bareEnvironment = { PATH: "/usr/bin:/bin" };

export async function startBinary(options: BinaryOptions): Promise<RunningBinary> {
  const child = spawn([...(options.args ?? []), "--data-dir", options.dataDir, "--port", "0"], options);
  let output = "";
  const reading = [child.stdout, child.stderr].map(async (stream) => {
    for await (const chunk of stream) output += new TextDecoder().decode(chunk);
  });
  const url = await until("the executable to say where it is", () => {
    if (child.exitCode !== null) throw new Error(`the executable ended with ${child.exitCode}:\n${output}`);
    return /"url":"(http[^"]+?)\/"/.exec(output)?.[1];
  });

  async function end(signal: NodeJS.Signals): Promise<number> {
    child.kill(signal);
    const code = await child.exited;
    await Promise.all(reading);
    return code;
  }

  return {
    url,
    pid: child.pid,
    output: () => output,
    async kill() {
      await end("SIGKILL");
    },
    stop: () => end("SIGTERM"),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) await end("SIGKILL");
    },
  };
}

export type Ran = { code: number; out: string; error: string };

/** Runs a command to its end. */
export async function runBinary(
  args: string[],
  options: { cwd: string; env?: Record<string, string>; input?: string },
): Promise<Ran> {
  const child = spawn(args, options);
  child.stdin.write(options.input ?? "");
  child.stdin.end();
  const [out, error, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, out, error };
}

function spawn(args: string[], { cwd, env = {} }: { cwd: string; env?: Record<string, string> }) {
  if (!existsSync(binaryPath)) throw new Error("dist/waygate is missing: run scripts/build first (scripts/test does)");
  return Bun.spawn([binaryPath, ...args], {
    cwd,
    env: { ...bareEnvironment, ...env },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
}
