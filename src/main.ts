// Arguments and environment in, exit code out; the only file that touches the process itself.
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import pino from "pino";
import { run } from "./cli/run.ts";
import type { Terminal } from "./cli/terminal.ts";

// What is made here is its owner's alone: the database, the keys, the backups.
process.umask(0o077);

const logLines = pino.destination({ dest: 2, sync: true });

const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
  log: (line) => void logLines.write(line),
  isTerminal: process.stdin.isTTY === true && process.stderr.isTTY === true,
  logsToTerminal: process.stderr.isTTY === true,
  readLine,
  readAll: () => Bun.stdin.text(),
  stopped: () => Promise.race(["SIGTERM", "SIGINT"].map((signal) => once(process, signal).then(() => signal))),
  env: process.env,
  process: {
    pid: process.pid,
    memoryBytes: () => process.memoryUsage.rss(),
    cpuSeconds: () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6,
  },
};

function readLine(prompt: string, isSecret: boolean): Promise<string> {
  process.stderr.write(prompt);
  const output = new Writable({ write: (_chunk, _encoding, callback) => callback() });
  const lines = createInterface({
    input: process.stdin,
    output: isSecret ? output : process.stderr,
    terminal: isSecret,
  });
  return new Promise((answer) => {
    lines.once("line", (line) => {
      lines.close();
      if (isSecret) process.stderr.write("\n");
      answer(line);
    });
  });
}

process.exit(await run(process.argv.slice(2), terminal));
