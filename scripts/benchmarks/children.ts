// The processes and the folder of one benchmark: started, asked, stopped, and gone when the benchmark is, however it ends.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Folder = Disposable & { readonly path: string };

export type Server = AsyncDisposable & {
  readonly origin: string;
  readonly pid: number;
  /** From just before it was started to its first 200 on /healthz. */
  readonly firstAnswerMs: number;
};

export type ServerStart = { command: (port: number) => string[]; cwd: string; env?: Record<string, string> };

const startsWithinMs = 20_000;
const stopsWithinMs = 15_000;
const pollMs = 1;

const running = new Set<{ kill(signal: NodeJS.Signals): void }>();
const folders = new Set<string>();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});

/** Within another one, it goes with that even if its own process is killed. */
export function createFolder(within = tmpdir()): Folder {
  const path = mkdtempSync(join(within, "waygate-bench-"));
  folders.add(path);
  return {
    path,
    [Symbol.dispose]() {
      rmSync(path, { recursive: true, force: true });
      folders.delete(path);
    },
  };
}

export async function startServer({ command, cwd, env = {} }: ServerStart): Promise<Server> {
  const port = freePort();
  const said = join(cwd, `${port}.log`);
  const startedAt = performance.now();
  const child = Bun.spawn(command(port), {
    cwd,
    env: { ...bareEnvironment, ...env },
    stdin: "ignore",
    stdout: "ignore",
    stderr: Bun.file(said),
  });
  running.add(child);
  const origin = `http://127.0.0.1:${port}`;
  const deadline = startedAt + startsWithinMs;
  while (!(await answers(`${origin}/healthz`))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill("SIGKILL");
      throw new Error(`a server did not start:\n${existsSync(said) ? readFileSync(said, "utf8") : ""}`);
    }
    await Bun.sleep(pollMs);
  }
  const firstAnswerMs = performance.now() - startedAt;

  return {
    origin,
    pid: child.pid,
    firstAnswerMs,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), stopsWithinMs);
      await child.exited;
      clearTimeout(timer);
      running.delete(child);
    },
  };
}

/** Runs a program of this folder, or a command, to its end; what it printed. */
export async function runToEnd(command: string[], withinMs: number): Promise<string> {
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  running.add(child);
  const timer = setTimeout(() => child.kill("SIGKILL"), withinMs);
  const [out, error, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  clearTimeout(timer);
  running.delete(child);
  if (code !== 0) throw new Error(`${command[0]} ended with ${code ?? child.signalCode}:\n${error}`);
  return out;
}

/** The command for a TypeScript file beside this one, with its options as JSON. */
export function programCommand(file: string, options: unknown): string[] {
  return [process.execPath, join(import.meta.dir, file), JSON.stringify(options)];
}

/** Nothing of this machine's own settings gets in. */
const bareEnvironment = { PATH: "/usr/bin:/bin", NODE_ENV: "production" };

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).status === 200;
  } catch {
    return false;
  }
}
