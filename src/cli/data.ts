// `waygate backup`, `restore` and `audit verify`.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { commandLine } from "../core/audit.ts";
import { systemClock } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import { silentLog } from "../core/log.ts";
import { openCore } from "../gateway.ts";
import { dataDirOf, masterKeysOf } from "../gateway-places.ts";
import type { Config } from "../settings.ts";
import { restoreDatabase } from "../store/restore.ts";
import { one } from "./accounts.ts";
import type { Arguments } from "./arguments.ts";
import type { Operate } from "./operator.ts";
import type { Terminal } from "./terminal.ts";

export async function backup(args: Arguments, operate: Operate, terminal: Terminal): Promise<void> {
  const copy = await operate("backup", { file: resolve(one(args, "FILE")) });
  terminal.out(`Copied ${Math.ceil(copy.bytes / 1024)} KB to ${copy.file} (sha256 ${copy.sha256.slice(0, 16)}…).\n`);
  terminal.error("The master key is not in it: keep a copy of that too, elsewhere.\n");
}

export async function restore(args: Arguments, config: Config, terminal: Terminal): Promise<void> {
  const file = resolve(one(args, "FILE"));
  if (!existsSync(file)) throw new WaygateError("not_found", `There is no file ${file}.`);
  const dataDir = dataDirOf(config);
  const runner = { pid: terminal.process.pid, doing: "restore" };
  const kept = await restoreDatabase({
    file,
    dataDir,
    masterKeys: masterKeysOf(config),
    runner,
    now: systemClock.now(),
  });
  await noteRestore(config, terminal, file);
  terminal.out(`Restored ${file}.\n`);
  if (kept !== null) terminal.out(`What was there before is kept as ${kept}.\n`);
}

export async function verifyAudit(operate: Operate, terminal: Terminal): Promise<void> {
  const { whole, broken_at } = await operate("audit.verify", {});
  if (!whole) throw new WaygateError("conflict", `The audit was changed at ${broken_at}.`);
  terminal.out("The audit is whole: every entry follows from the one before.\n");
}

/** Brings it up to this program's schema, too. */
async function noteRestore(config: Config, terminal: Terminal, file: string): Promise<void> {
  const surroundings = { clock: systemClock, log: silentLog, logTail: { read: () => [] }, process: terminal.process };
  await using core = await openCore(config, surroundings, "restore");
  const at = systemClock.now();
  const event = {
    action: "backup.restored",
    actor: commandLine,
    accountId: null,
    target: file,
    detail: {},
    at,
  } as const;
  await core.store.write("audit.append", event);
}
