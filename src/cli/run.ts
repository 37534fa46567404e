// From arguments to an exit code: 0 done, 1 failed, 2 a command or a setting makes no sense.

import { ConfigurationError, type Effective, type LoadedConfig, loadConfig, refusal } from "../config.ts";
import { messageOf, WaygateError } from "../core/errors.ts";
import { version } from "../core/version.ts";
import { type Config, keyOf, SettingFault } from "../settings.ts";
import { accountCommands, type Command } from "./accounts.ts";
import { type Arguments, readArguments, UsageError } from "./arguments.ts";
import { backup, restore, verifyAudit } from "./data.ts";
import { helpText } from "./help.ts";
import { createOperate } from "./operator.ts";
import { pair } from "./pair.ts";
import { serve } from "./serve.ts";
import { sessionCommands } from "./sessions.ts";
import { tableText } from "./table.ts";
import type { Terminal } from "./terminal.ts";

export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await obey(readArguments(argv), terminal);
    return 0;
  } catch (error) {
    const isUsage = error instanceof UsageError || error instanceof ConfigurationError;
    const isExpected = isUsage || error instanceof WaygateError;
    const told = isExpected
      ? messageOf(error)
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
    terminal.error(`waygate: ${told}\n`);
    return isUsage ? 2 : 1;
  }
}

/** What is done through the operator's table. */
const operatorCommands: Record<string, Command> = { ...accountCommands, ...sessionCommands, pair };

async function obey(args: Arguments, terminal: Terminal): Promise<void> {
  const { command, options, flags } = args;
  if (options.help !== undefined || command === "help") return terminal.out(helpText());
  if (options.version !== undefined || command === "version") return terminal.out(`${version}\n`);
  const operatorCommand = operatorCommands[command];
  if (operatorCommand === undefined && !plainCommands.has(command)) {
    throw new UsageError(`"${command}" is not a command; "waygate --help" lists them all.`);
  }
  const loaded = loadConfig({ flags, env: terminal.env });
  if (operatorCommand !== undefined) {
    return operatorCommand(args, createOperate(loaded.config, terminal), terminal);
  }
  try {
    return await obeyPlain(args, loaded, terminal);
  } catch (error) {
    throw error instanceof SettingFault ? refusal(loaded, error.setting, error.message) : error;
  }
}

const plainCommands = new Set(["serve", "backup", "restore", "audit verify", "config", "healthcheck", "sandbox"]);

async function obeyPlain(args: Arguments, loaded: LoadedConfig, terminal: Terminal): Promise<void> {
  const { config, effective } = loaded;
  const operate = createOperate(config, terminal);
  switch (args.command) {
    case "backup":
      return backup(args, operate, terminal);
    case "restore":
      return restore(args, config, terminal);
    case "audit verify":
      return verifyAudit(operate, terminal);
    case "config":
      return terminal.out(configText(effective, args.options.json !== undefined));
    case "healthcheck":
      return checkHealth(config, terminal);
    case "sandbox": {
      const { runSandbox } = await import("./sandbox.ts");
      return runSandbox(loaded, terminal);
    }
    default:
      refuseExtra(args);
      return serve(config, terminal);
  }
}

function refuseExtra({ positionals }: Arguments): void {
  if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" is one word too many.`);
}

function configText(effective: readonly Effective[], asJson: boolean): string {
  const rows = effective.map(({ name, value, from, secret }) => ({
    setting: keyOf(name),
    value: secret && value !== null ? "(secret)" : value,
    set_by: from,
  }));
  return asJson ? `${JSON.stringify(rows, null, 2)}\n` : tableText(rows);
}

async function checkHealth(config: Config, terminal: Terminal): Promise<void> {
  const host = /^(0\.0\.0\.0|::|\[::\])$/.test(config.host) ? "127.0.0.1" : config.host;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${config.port}/healthz`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(healthTimeoutMs) });
    if (!response.ok) throw new Error(`it answers ${response.status}`);
  } catch (cause) {
    throw new WaygateError("unavailable", `${url}: ${messageOf(cause)}`, {}, cause);
  }
  terminal.out("ok\n");
}

const healthTimeoutMs = 5_000;
