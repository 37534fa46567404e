// `waygate session …`.
import { type Command, one, show } from "./accounts.ts";
import type { Arguments } from "./arguments.ts";

export const sessionCommands: Record<string, Command> = {
  async "session list"(args, operate, terminal) {
    const { user } = args.options;
    show(await operate("session.list", user === undefined ? {} : { username: user }), args, terminal);
  },
  async "session start"(args, operate, terminal) {
    const { name, status } = await operate("session.start", namedBy(args));
    terminal.out(`${name} is started (${status}).\n`);
  },
  async "session stop"(args, operate, terminal) {
    const { name } = await operate("session.stop", namedBy(args));
    terminal.out(`${name} is stopped; it stays linked.\n`);
  },
  async "session logout"(args, operate, terminal) {
    const { name } = await operate("session.logout", namedBy(args));
    terminal.out(`${name} is logged out; "waygate pair ${name}" links it anew.\n`);
  },
  async "session remove"(args, operate, terminal) {
    const { name } = await operate("session.remove", namedBy(args));
    terminal.out(`${name} is removed, with everything that was kept of it.\n`);
  },
};

export function namedBy(args: Arguments): { name: string; username?: string } {
  const { user } = args.options;
  return { name: one(args, "NAME"), ...(user === undefined ? {} : { username: user }) };
}
