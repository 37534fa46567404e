// `waygate --help`.
import { version } from "../core/version.ts";
import { flagOf, settingNames, settings, variableOf } from "../settings.ts";

const commands: [string, string][] = [
  ["serve", "Run the gateway (what happens without a command)."],
  ["user add NAME", "Make an account. [--role admin|user] [--plan NAME] [--email ADDRESS] [--password-stdin]"],
  ["user list", "Show every account. [--json]"],
  ["user passwd NAME", "Give an account a new password; its logins end. [--password-stdin]"],
  ["user disable NAME", "Switch an account off; its keys and logins stop at once."],
  ["user enable NAME", "Switch it on again."],
  ["key create NAME", "Make an API key for an account and show it once."],
  ["", "[--name TEXT] [--scopes read,send,manage] [--sessions A,B] [--days N] [--json]"],
  ["key list [NAME]", "Show the keys of one account, or of all. [--json]"],
  ["key revoke ID", "Revoke a key; it stops working with the next request."],
  ["pair NAME", "Link a WhatsApp number: shows its QR here, waits until it is connected."],
  ["", "Makes the session if there is none. [--code PHONE] gives a code instead. [--user NAME]"],
  ["session list", "Show every session. [--user NAME] [--json]"],
  ["session start NAME", "Start a session; also: stop, logout, remove. [--user NAME]"],
  ["backup FILE", "Copy the database to a new file, checked and synced, while the gateway runs."],
  ["restore FILE", "Put such a copy in the database's place; what was there is kept. Stop the gateway first."],
  ["audit verify", "Check that no entry of the audit was changed."],
  ["sandbox", "Run the sandbox's network alone, for any client; prints one line of JSON."],
  ["config", "Show every setting in force and where it came from. [--json]"],
  ["healthcheck", "Ask the gateway on this machine whether it is alive: exit code 0 or 1."],
  ["version", "Show the version."],
];

export function helpText(): string {
  const wide = Math.max(...commands.map(([command]) => command.length)) + 2;
  const flagWide = Math.max(...settingNames.map((name) => flagOf(name).length)) + 2;
  const flags = settingNames.map((name) => {
    const { schema, about, secret } = settings[name] as { schema: { default?: unknown }; about: string; secret?: true };
    const usual = schema.default;
    const isTold =
      usual !== null && usual !== false && !(Array.isArray(usual) && usual.length === 0) && secret !== true;
    return `  --${flagOf(name).padEnd(flagWide)}${about}${isTold ? ` (${String(usual)})` : ""}`;
  });
  return `Waygate ${version}, a self-hosted WhatsApp gateway

Usage: waygate [command] [settings]

Commands:
${commands.map(([command, what]) => `  ${command.padEnd(wide)}${what}`).join("\n")}

Settings, each also as a variable (--port is ${variableOf("port")}; with _FILE at its end
a variable names a file to read the value from) and as a line of waygate.toml (port = 7001):
  --${"config".padEnd(flagWide)}Another file of settings than ./waygate.toml.
${flags.join("\n")}

Commands about users, keys, sessions and backups speak to the gateway that runs on the same data
directory, so that they hold at once; when none runs, they work on the data itself.

Exit codes: 0 done, 1 failed, 2 a command or a setting makes no sense.
`;
}
