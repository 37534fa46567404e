// Arguments and environment in, exit code out; the only file that touches the process itself.
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import pino from "pino";
import { run } from "./cli/run.ts";
import type { Terminal } from "./cli/terminal.ts";

// What is made here is its owner's alone: the database, the keys, the backups.
process.umask(0o077);

// Written at once and whole: what process.stdout has not yet passed to a slow reader is lost when the process ends.
const output = pino.destination({ dest: 1, sync: true });
const errors = pino.destination({ dest: 2, sync: true });
// A reader that has gone (`waygate --help | head -1`) is no reason to fail.
for (const stream of [output, errors]) stream.on("error", () => {});

const terminal: Terminal = {
  out: (text) => void output.write(text),
  error: (text) => void errors.write(text),
  log: (line) => void errors.write(line),
  isTerminal: process.stdin.isTTY === true && process.stderr.isTTY === true,
  logsToTerminal: process.stderr.isTTY === true,
  drawsToTerminal: process.stdout.isTTY === true,
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
  errors.write(prompt);
  const output = new Writable({ write: (_chunk, _encoding, callback) => callback() });
  const lines = createInterface({
    input: process.stdin,
    output: isSecret ? output : process.stderr,
    terminal: isSecret,
  });
  return new Promise((answer) => {
    lines.once("line", (line) => {
      lines.close();
      if (isSecret) errors.write("\n");
      answer(line);
    });
  });
}

process.exit(await run(process.argv.slice(2), terminal));
