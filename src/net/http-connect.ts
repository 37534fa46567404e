// A tunnel through an HTTP proxy: CONNECT, as in RFC 9110, section 9.3.6.
import { WaygateError } from "../core/errors.ts";
import { nameOfPlace, nameOfProxy, type ProxyAddress } from "../core/proxy.ts";
import type { Exchange } from "./exchange.ts";

export async function askHttpProxy(
  exchange: Exchange,
  proxy: ProxyAddress,
  to: { host: string; port: number },
): Promise<void> {
  const place = nameOfPlace(to);
  exchange.say([`CONNECT ${place} HTTP/1.1`, `Host: ${place}`, ...credentials(proxy), "", ""].join("\r\n"));
  const head = (await exchange.readThrough("\r\n\r\n")).toString("latin1");
  const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |\r\n)/.exec(head)?.[1] ?? Number.NaN);
  if (status >= 200 && status < 300) return;
  throw new WaygateError("unavailable", `The proxy ${nameOfProxy(proxy)} ${complaint(status, proxy, place)}`);
}

function credentials({ login }: ProxyAddress): string[] {
  if (login === null) return [];
  return [`Proxy-Authorization: Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}`];
}

function complaint(status: number, { login }: ProxyAddress, place: string): string {
  if (Number.isNaN(status)) return "does not answer as an HTTP proxy does.";
  if (status !== 407) return `refuses to connect to ${place}: it answered ${status}.`;
  return login === null ? "asks for a user and a password." : "does not accept the user and password it was given.";
}
