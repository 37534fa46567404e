// The command line, taken apart: a command, its own arguments, and settings as flags.
import { flagOf, settingNames, settings } from "../settings.ts";

export type Arguments = {
  command: string;
  positionals: string[];
  /** Options of commands, `--role admin`. */
  options: Record<string, string>;
  /** Settings, `--port 7001`; and `config`, the settings' file. */
  flags: Record<string, string>;
};

/** A command line that makes no sense: one line, exit code 2. */
export class UsageError extends Error {}

const settingFlags = new Set([...settingNames.map(flagOf), "config"]);
const switches = new Set([
  ...settingNames.filter((name) => settings[name].schema.type === "boolean").map(flagOf),
  "help",
  "version",
  "json",
  "password-stdin",
  "force",
]);
const options = new Set(["email", "role", "plan", "scopes", "sessions", "days", "name", "user", "code", ...switches]);
const twoWordCommands = new Set(["user", "key", "session", "audit"]);

export function readArguments(argv: readonly string[]): Arguments {
  const words: string[] = [];
  const given: Record<string, string> = {};
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "-h") given.help = "true";
    else if (word === "-v") given.version = "true";
    else if (!word.startsWith("--")) words.push(word);
    else readOption(word.slice(2), rest, given);
  }
  const [first = "serve", second] = words;
  const isTwoWords = twoWordCommands.has(first) && second !== undefined;
  const flags: Record<string, string> = {};
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) (settingFlags.has(name) ? flags : own)[name] = value;
  return {
    command: isTwoWords ? `${first} ${second}` : first,
    positionals: words.slice(isTwoWords ? 2 : 1),
    options: own,
    flags,
  };
}

function readOption(text: string, rest: string[], given: Record<string, string>): void {
  const [name = "", ...values] = text.split("=");
  if (!settingFlags.has(name) && !options.has(name)) {
    throw new UsageError(`--${name} is not an option; "waygate --help" lists them all.`);
  }
  if (values.length > 0) given[name] = values.join("=");
  else if (switches.has(name)) given[name] = "true";
  else {
    const value = rest.shift();
    if (value === undefined || value.startsWith("--")) throw new UsageError(`--${name} needs a value.`);
    given[name] = value;
  }
}
