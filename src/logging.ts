// The log: pino's lines for programs or for people, redacted before they are written; the last of them kept for the API.
import pino from "pino";
import type { Clock } from "./core/clock.ts";
import { type Log, type LogFields, type LogLevel, type LogLine, type LogTail, logLevels } from "./core/log.ts";
import { redact } from "./core/redaction.ts";

export type LoggingOptions = { level: LogLevel; format: "json" | "text"; write(line: string): void; clock: Clock };

const keptLines = 2_000;

export function createLogging({ level, format, write, clock }: LoggingOptions): { log: Log; tail: LogTail } {
  const lines: LogLine[] = [];
  let lastId = 0;
  const destination = { write: format === "json" ? write : (line: string) => write(forPeople(line)) };
  const root = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: "message",
    },
    destination,
  );

  function keep(at: LogLevel, fields: LogFields, message: string): void {
    const { accountId = null, ...rest } = fields;
    const line = { id: ++lastId, time: clock.now(), level: at, message, fields: rest };
    lines.push({ ...line, accountId: typeof accountId === "number" ? accountId : null });
    if (lines.length > keptLines) lines.splice(0, lines.length - keptLines);
  }

  function loggerWith(bound: LogFields): Log {
    const at = (each: LogLevel) => (fields: LogFields, message: string) => {
      if (!root.isLevelEnabled(each)) return;
      const safe = redact({ ...bound, ...fields }, level === "debug") as LogFields;
      root[each](safe, message);
      keep(each, safe, message);
    };
    return {
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      tells: (each) => root.isLevelEnabled(each),
      child: (fields) => loggerWith({ ...bound, ...fields }),
    };
  }

  const tail: LogTail = {
    read({ accountId, level: least, before, limit }) {
      const found: LogLine[] = [];
      for (const line of lines.toReversed()) {
        if (found.length >= limit) break;
        if (before !== null && line.id >= before) continue;
        if (accountId !== null && line.accountId !== accountId) continue;
        if (logLevels.indexOf(line.level) >= logLevels.indexOf(least)) found.push(line);
      }
      return found;
    },
  };
  return { log: loggerWith({}), tail };
}

const colours: Record<string, number> = { debug: 90, info: 36, warn: 33, error: 31 };

function forPeople(line: string): string {
  const { level, time, message, ...fields } = JSON.parse(line);
  const told = Object.entries(fields).map(([name, value]) => `${name}=${toldValue(value)}`);
  const clock = String(time).slice(11, 19);
  return `\x1b[90m${clock}\x1b[0m \x1b[${colours[level] ?? 0}m${String(level).padEnd(5)}\x1b[0m ${message}${told.length > 0 ? ` \x1b[90m${told.join(" ")}\x1b[0m` : ""}\n`;
}

function toldValue(value: unknown): string {
  if (typeof value === "object" && value !== null && "stack" in value) return `\n${value.stack}\n`;
  return typeof value === "string" ? value : JSON.stringify(value);
}
