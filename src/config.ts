// The settings in force and where each came from: a flag beats the environment, which beats waygate.toml, which beats
// the default. Anything unknown or unfit stops the start.
import { existsSync, readFileSync } from "node:fs";
import type { TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { messageOf } from "./core/errors.ts";
import {
  type Config,
  flagOf,
  keyOf,
  type Setting,
  type SettingName,
  settingNames,
  settings,
  variableOf,
} from "./settings.ts";

export type Origin = "flag" | "environment" | "file" | "default";
export type Effective = { name: SettingName; value: unknown; origin: Origin; from: string; secret: boolean };
export type LoadedConfig = { config: Config; effective: Effective[] };

export type ConfigSources = {
  flags: Record<string, string>;
  env: Record<string, string | undefined>;
};

/** A setting that is unknown or does not fit: one line that names it, where it was set and what is allowed. */
export class ConfigurationError extends Error {}

const fileFlag = "config";
const fileVariable = "WAYGATE_CONFIG";
const usualFile = "waygate.toml";

type Given = { value: unknown; origin: Origin; from: string };

export function loadConfig(sources: ConfigSources): LoadedConfig {
  const layers = [fromFlags(sources.flags), fromEnvironment(sources.env), fromFile(sources)];
  const config: Record<string, unknown> = {};
  const effective: Effective[] = [];
  for (const name of settingNames) {
    const given = layers.map((layer) => layer.get(name)).find((value) => value !== undefined);
    const value = given === undefined ? settings[name].schema.default : read(name, given);
    config[name] = value;
    const { origin, from } = given ?? { origin: "default" as const, from: "default" };
    effective.push({ name, value, origin, from, secret: (settings[name] as Setting).secret === true });
  }
  return { config: config as Config, effective };
}

/** The one line for a setting that turned out to be of no use. */
export function refusal({ effective }: LoadedConfig, setting: SettingName, sentence: string): ConfigurationError {
  const from = effective.find((one) => one.name === setting)?.from ?? "default";
  return new ConfigurationError(`${keyOf(setting)} (set by ${from}): ${sentence}`);
}

function fromFlags(flags: Record<string, string>): Map<SettingName, Given> {
  const known = new Map(settingNames.map((name) => [flagOf(name), name]));
  const layer = new Map<SettingName, Given>();
  for (const [flag, value] of Object.entries(flags)) {
    if (flag === fileFlag) continue;
    const name = known.get(flag);
    if (name === undefined) throw unknown(`--${flag}`, "on the command line", [...known.keys()].map(dashed));
    layer.set(name, { value, origin: "flag", from: `--${flag}` });
  }
  return layer;
}

function fromEnvironment(env: Record<string, string | undefined>): Map<SettingName, Given> {
  const known = new Map(settingNames.map((name) => [variableOf(name), name]));
  const layer = new Map<SettingName, Given>();
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith("WAYGATE_") || variable === fileVariable || text === undefined) continue;
    const base = known.has(variable) ? variable : variable.replace(/_FILE$/, "");
    const name = known.get(base);
    if (name === undefined) throw unknown(variable, "in the environment", [...known.keys()]);
    if (layer.has(name)) throw new ConfigurationError(`${base} and ${base}_FILE are both set: keep one of them.`);
    // An empty variable is how container files say "not set".
    if (text === "") continue;
    const value = base === variable ? text : readSecretFile(variable, text);
    layer.set(name, { value, origin: "environment", from: variable });
  }
  return layer;
}

function fromFile({ flags, env }: ConfigSources): Map<SettingName, Given> {
  const named = flags[fileFlag] ?? env[fileVariable];
  const file = named ?? usualFile;
  const layer = new Map<SettingName, Given>();
  if (named === undefined && !existsSync(usualFile)) return layer;
  const known = new Map(settingNames.map((name) => [keyOf(name), name]));
  for (const [key, value] of Object.entries(readToml(file))) {
    const name = known.get(key);
    if (name === undefined) throw unknown(key, `in ${file}`, [...known.keys()]);
    layer.set(name, { value, origin: "file", from: file });
  }
  return layer;
}

function readToml(file: string): Record<string, unknown> {
  try {
    return Bun.TOML.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  } catch (error) {
    throw new ConfigurationError(`${file} cannot be read: ${messageOf(error)}`);
  }
}

function readSecretFile(variable: string, file: string): string {
  try {
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    throw new ConfigurationError(`${variable} names a file that cannot be read: ${messageOf(error)}`);
  }
}

function read(name: SettingName, given: Given): unknown {
  const setting: Setting = settings[name];
  const value = typeof given.value === "string" ? fromText(given.value, setting.schema) : given.value;
  const parts = Array.isArray(value) ? value : [value];
  const fits =
    Value.Check(setting.schema, value) &&
    parts.every((part) => part === null || setting.check === undefined || setting.check(String(part)));
  if (fits) return value;
  const shown = setting.secret === true ? "its value" : JSON.stringify(given.value);
  throw new ConfigurationError(
    `${keyOf(name)}: ${shown} is not allowed (set by ${given.from}); allowed: ${setting.allowed}.`,
  );
}

/** What is written as text in a flag or a variable, as the type that the schema wants; unchanged when it does not fit. */
function fromText(text: string, schema: TSchema): unknown {
  const trimmed = text.trim();
  if (schema.type === "integer") return /^-?\d{1,15}$/.test(trimmed) ? Number(trimmed) : text;
  if (schema.type === "boolean") {
    if (/^(1|true|yes|on)$/i.test(trimmed)) return true;
    return /^(0|false|no|off)$/i.test(trimmed) ? false : text;
  }
  if (schema.type === "array") return trimmed.split(",").flatMap((part) => (part.trim() === "" ? [] : [part.trim()]));
  return text;
}

function unknown(name: string, where: string, known: readonly string[]): ConfigurationError {
  const [nearest] = known.toSorted((a, b) => distance(name, a) - distance(name, b));
  return new ConfigurationError(
    `${name} (${where}) is not a setting; did you mean ${nearest}? "waygate --help" lists them all.`,
  );
}

const dashed = (flag: string) => `--${flag}`;

/** Edits from one word to the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const swap = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
