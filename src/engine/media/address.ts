// Where a media file is: addresses made from what a message says, of which only WhatsApp's own hosts are ever asked.

/** All of WhatsApp's media hosts are below it. */
const family = ".whatsapp.net";
const maxLength = 4_096;

/** A path on a media host; it comes from whoever sent the message. */
export function isDirectPath(path: string): boolean {
  return /^\/[\x21-\x7e]*$/.test(path) && !path.startsWith("//") && path.length <= maxLength;
}

/** Null when the two do not make an address of that very host. `host` may have a port. */
export function mediaUrl(host: string, directPath: string): URL | null {
  if (!isDirectPath(directPath) || !/^[A-Za-z0-9.[\]:-]+$/.test(host)) return null;
  const url = parse(`https://${host}${directPath}`);
  return url === null || url.username !== "" || url.hostname === "" ? null : url;
}

export type MediaPlace = { url: string | null; directPath: string | null };

/**
 * Where to ask for a file, in order. The sender wrote the address into the message, so it could be anybody's, a machine
 * in our own network among them: it counts only if it is https to one of `hosts` or of WhatsApp's family.
 */
export function placesOf({ url, directPath }: MediaPlace, hosts: readonly string[]): URL[] {
  const told = trusted(url, hosts);
  if (directPath === null || directPath === "") return told === null ? [] : [told];
  const names = new Set(told === null ? hosts : [told.host, ...hosts]);
  return [...names].flatMap((host) => mediaUrl(host, directPath) ?? []);
}

function trusted(text: string | null, hosts: readonly string[]): URL | null {
  const url = text === null || text.length > maxLength ? null : parse(text);
  if (url === null || url.protocol !== "https:" || url.username !== "" || url.password !== "") return null;
  const isFamily = url.hostname.endsWith(family) && url.port === "";
  return isFamily || hosts.some((host) => parse(`https://${host}`)?.host === url.host) ? url : null;
}

function parse(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}
