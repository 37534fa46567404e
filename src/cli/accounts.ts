// `waygate user …` and `waygate key …`.
import type { Role } from "../core/account.ts";
import type { Scope } from "../core/key.ts";
import { type Arguments, UsageError } from "./arguments.ts";
import type { Operate } from "./operator.ts";
import { tableText } from "./table.ts";
import type { Terminal } from "./terminal.ts";

export type Command = (args: Arguments, operate: Operate, terminal: Terminal) => Promise<void>;

export const accountCommands: Record<string, Command> = {
  async "user add"(args, operate, terminal) {
    const username = one(args, "NAME");
    const { role, plan, email } = args.options;
    const password = await askPassword(args, terminal, username);
    const account = await operate("user.add", {
      username,
      password,
      ...(role === undefined ? {} : { role: role as Role }),
      ...(plan === undefined ? {} : { plan }),
      ...(email === undefined ? {} : { email }),
    });
    terminal.out(`Made the account ${account.username} (${account.role}, plan ${account.plan}).\n`);
  },
  async "user list"(args, operate, terminal) {
    show(await operate("user.list", {}), args, terminal);
  },
  async "user passwd"(args, operate, terminal) {
    const username = one(args, "NAME");
    const password = await askPassword(args, terminal, username);
    await operate("user.passwd", { username, password });
    terminal.out(`${username} has a new password; every login of the account has ended.\n`);
  },
  async "user disable"(args, operate, terminal) {
    const account = await operate("user.disable", { username: one(args, "NAME") });
    terminal.out(`${account.username} is switched off: its keys and logins no longer work.\n`);
  },
  async "user enable"(args, operate, terminal) {
    const account = await operate("user.enable", { username: one(args, "NAME") });
    terminal.out(`${account.username} is switched on.\n`);
  },
  async "key create"(args, operate, terminal) {
    const username = one(args, "NAME");
    const { name = "from the command line", scopes, sessions, days } = args.options;
    const made = await operate("key.create", {
      username,
      name,
      ...(scopes === undefined ? {} : { scopes: scopes.split(",") as Scope[] }),
      ...(sessions === undefined ? {} : { sessions: sessions.split(",") }),
      ...(days === undefined ? {} : { days: wholeNumber(days, "days") }),
    });
    if (args.options.json !== undefined) return terminal.out(`${JSON.stringify(made, null, 2)}\n`);
    // The key alone on standard output, so that it can be caught in a variable.
    terminal.error(`A key for ${username} (${made.scopes.join(", ")}). It is shown this once:\n`);
    terminal.out(`${made.key}\n`);
  },
  async "key list"(args, operate, terminal) {
    const [username] = args.positionals;
    show(await operate("key.list", username === undefined ? {} : { username }), args, terminal);
  },
  async "key revoke"(args, operate, terminal) {
    const key = await operate("key.revoke", { id: one(args, "ID") });
    terminal.out(`Revoked ${key.prefix}… (${key.name}).\n`);
  },
};

export function show(rows: readonly Record<string, unknown>[], args: Arguments, terminal: Terminal): void {
  terminal.out(args.options.json === undefined ? tableText(rows) : `${JSON.stringify(rows, null, 2)}\n`);
}

export function one({ command, positionals }: Arguments, what: string): string {
  const [first, ...others] = positionals;
  if (first === undefined || others.length > 0) throw new UsageError(`Usage: waygate ${command} ${what}`);
  return first;
}

function wholeNumber(text: string, option: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new UsageError(`--${option} needs a whole number.`);
  return Number(text);
}

async function askPassword(args: Arguments, terminal: Terminal, username: string): Promise<string> {
  if (args.options["password-stdin"] !== undefined) return (await terminal.readAll()).replace(/\r?\n$/, "");
  if (!terminal.isTerminal)
    throw new UsageError("There is no terminal to ask for a password; give it with --password-stdin.");
  const password = await terminal.readLine(`Password for ${username}: `, true);
  const again = await terminal.readLine("Once more: ", true);
  if (password !== again) throw new UsageError("The two passwords are not the same.");
  return password;
}
