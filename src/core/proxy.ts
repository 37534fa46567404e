// Proxies that a session may go through: from the text that its owner wrote to the parts that are dialled, and back to
// what may be shown of it.
import { invalidField, messageOf, WaygateError } from "./errors.ts";

export type ProxyAddress = {
  protocol: "http" | "socks5";
  /** A name or an address; IPv6 without its brackets. */
  host: string;
  port: number;
  login: { user: string; password: string } | null;
};

const usualPorts = { http: 80, socks5: 1080 } as const;
const maxLength = 2_048;
/** RFC 1929 counts both in one byte. */
const maxLoginBytes = 255;
/** How one is written. */
const proxyRule =
  "Write it as http://host:port, socks5://host:port or socks5h://host:port, with user:password@ if it asks.";

/** Throws a sentence if it cannot be one. `socks5` and `socks5h` are the same here: the proxy looks all names up. */
export function parseProxy(text: string): ProxyAddress {
  const [, scheme = "", rest = ""] = /^([a-z0-9+.-]+):\/\/(.*)$/is.exec(text) ?? [];
  const protocol = protocolOf(scheme.toLowerCase());
  if (protocol === null || text.length > maxLength) throw refused("This is no proxy that can be used.");
  const url = parseParts(rest);
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "" || /[/?#]./.test(rest))
    throw refused("A proxy's address has nothing after its port.");
  const port = portOf(rest) ?? usualPorts[protocol];
  if (port === 0) throw refused("Port 0 leads nowhere.");
  return { protocol, host: url.hostname.replace(/^\[|\]$/g, ""), port, login: loginOf(url) };
}

/** For sentences and logs: without the login. */
export function nameOfProxy({ protocol, host, port }: ProxyAddress): string {
  return `${protocol}://${nameOfPlace({ host, port })}`;
}

/** In its normal form, always with its port; a fault names the field and repeats nothing: there may be a password in it. */
export function readProxy(text: string, path: string): string {
  try {
    return written(parseProxy(text), (password) => encodeURIComponent(password));
  } catch (error) {
    throw invalidField(path, messageOf(error));
  }
}

/** As its owner is shown it again. */
export function maskProxy(text: string): string {
  return written(parseProxy(text), () => "***");
}

function written(address: ProxyAddress, shownAs: (password: string) => string): string {
  const { login } = address;
  if (login === null) return nameOfProxy(address);
  const password = login.password === "" ? "" : `:${shownAs(login.password)}`;
  return nameOfProxy(address).replace("://", `://${encodeURIComponent(login.user)}${password}@`);
}

export function nameOfPlace({ host, port }: { host: string; port: number }): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function protocolOf(scheme: string): ProxyAddress["protocol"] | null {
  if (scheme === "http") return "http";
  return scheme === "socks5" || scheme === "socks5h" ? "socks5" : null;
}

/** As http, whatever it is: the URL standard reads hosts strictly only for the schemes it knows. */
function parseParts(rest: string): URL {
  try {
    return new URL(`http://${rest}`);
  } catch (cause) {
    throw refused("The proxy's host or port cannot be read.", cause);
  }
}

/** Null if there is none. Read under two schemes, because each hides its own usual port. */
function portOf(rest: string): number | null {
  const port = new URL(`http://${rest}`).port || new URL(`https://${rest}`).port;
  return port === "" ? null : Number(port);
}

function loginOf(url: URL): ProxyAddress["login"] {
  if (url.username === "" && url.password === "") return null;
  const [user, password] = [decoded(url.username), decoded(url.password)];
  const isFit = [user, password].every((part) => Buffer.byteLength(part) <= maxLoginBytes);
  if (user === "" || !isFit) throw refused("The proxy's user or password is missing or longer than 255 bytes.");
  // Basic authentication ends the user's name at its first colon.
  if (user.includes(":")) throw refused("The user of a proxy cannot have a colon in its name.");
  return { user, password };
}

function decoded(part: string): string {
  try {
    const plain = decodeURIComponent(part);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    if (!/[\u0000-\u001f\u007f]/.test(plain)) return plain;
  } catch {
    // Told below, like a character that does not belong there.
  }
  throw refused("The proxy's user or password cannot be read; write special characters as %xx.");
}

function refused(sentence: string, cause?: unknown): WaygateError {
  return new WaygateError("invalid", `${sentence} ${proxyRule}`, {}, cause);
}
