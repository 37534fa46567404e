// Addresses on the wire: a user on a server, and perhaps one of the user's devices.

export type Jid = { user: string; server: string; device: number };

export const phoneServer = "s.whatsapp.net";
export const lidServer = "lid";
export const groupServer = "g.us";
export const newsletterServer = "newsletter";
/** The network itself: a server without a user. */
export const networkJid = `@${phoneServer}`;
export const statusJid = "status@broadcast";

/** Null for what has no `@`. Device 0 is left out of the text form. */
export function readJid(text: string | undefined): Jid | null {
  const at = text?.lastIndexOf("@") ?? -1;
  if (text === undefined || at < 0) return null;
  const [userAndAgent = "", device = "0"] = text.slice(0, at).split(":");
  const [user = ""] = userAndAgent.split("_");
  return { user, server: text.slice(at + 1), device: Number(device) || 0 };
}

export function showJid({ user, server, device }: { user: string; server: string; device?: number }): string {
  return device === undefined || device === 0 ? `${user}@${server}` : `${user}:${device}@${server}`;
}

export function withoutDevice(text: string): string {
  const jid = readJid(text);
  return jid === null ? text : showJid({ ...jid, device: 0 });
}

export const isGroup = (text: string) => text.endsWith(`@${groupServer}`);
export const isStatus = (text: string) => text === statusJid;
export const isLid = (text: string) => text.endsWith(`@${lidServer}`);
export const isNewsletter = (text: string) => text.endsWith(`@${newsletterServer}`);
