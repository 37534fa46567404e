// Proxies that a session may go through: which addresses can be one, and how one is shown without its password.
import { invalidField } from "./errors.ts";

/** Each with the port that is meant where none is given. */
const ports: Record<string, string> = { "http:": "80", "https:": "443", "socks5:": "1080", "socks5h:": "1080" };
const hostPattern = /^([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])$/;
const shownPassword = "***";

export const proxyRule =
  "Give a proxy as http://, https://, socks5:// or socks5h:// with a host and, if it needs them, a port, a user and a password, like socks5://user:password@proxy.example:1080.";

/** In its normal form, always with its port. What was given is never repeated in the fault: there may be a password in it. */
export function readProxy(text: string, path: string): string {
  const url = parse(text);
  if (url === null) throw invalidField(path, proxyRule);
  return shown(url, url.password);
}

export function maskProxy(proxy: string): string {
  const url = new URL(proxy);
  return shown(url, url.password === "" ? "" : shownPassword);
}

function parse(text: string): URL | null {
  const url = URL.parse(text);
  if (url === null || !(url.protocol in ports) || !hostPattern.test(url.hostname)) return null;
  const isBare = (url.pathname === "" || url.pathname === "/") && url.search === "" && url.hash === "";
  return isBare && url.port !== "0" ? url : null;
}

function shown({ protocol, username, hostname, port }: URL, password: string): string {
  const user = `${username}${password === "" ? "" : `:${password}`}`;
  return `${protocol}//${user === "" ? "" : `${user}@`}${hostname}:${port === "" ? ports[protocol] : port}`;
}
