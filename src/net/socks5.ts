// A tunnel through a SOCKS5 proxy: RFC 1928, with user and password as in RFC 1929. Names are looked up by the proxy.
import { isIP } from "node:net";
import { parseAddress } from "../core/addresses.ts";
import { WaygateError } from "../core/errors.ts";
import { nameOfPlace, nameOfProxy, type ProxyAddress } from "../core/proxy.ts";
import type { Exchange } from "./exchange.ts";

type Place = { host: string; port: number };

const version = 5;
const methods = { none: 0x00, password: 0x02, unacceptable: 0xff } as const;
const kinds = { ipv4: 1, name: 3, ipv6: 4 } as const;
const refusals: Record<number, string> = {
  1: "it failed",
  2: "its rules do not allow it",
  3: "that network cannot be reached",
  4: "that host cannot be reached",
  5: "the connection was refused there",
  6: "it took too long",
  7: "it cannot open connections for others",
  8: "it does not know this kind of address",
};

export async function askSocksProxy(exchange: Exchange, proxy: ProxyAddress, to: Place): Promise<void> {
  const name = `The proxy ${nameOfProxy(proxy)}`;
  await greet(exchange, proxy, name);
  exchange.say(Buffer.concat([Buffer.of(version, 1, 0), addressBytes(to), Buffer.of(to.port >> 8, to.port & 0xff)]));
  const [answered, code = 0, , kind = 0] = await exchange.read(4);
  if (answered !== version) throw refusal(`${name} does not answer as a SOCKS5 proxy does.`);
  if (code !== 0) {
    const why = refusals[code] ?? `it answered ${code}`;
    throw refusal(`${name} does not connect to ${nameOfPlace(to)}: ${why}.`);
  }
  await skipAddress(exchange, kind, name);
}

async function greet(exchange: Exchange, { login }: ProxyAddress, name: string): Promise<void> {
  const offered = login === null ? [methods.none] : [methods.none, methods.password];
  exchange.say(Buffer.of(version, offered.length, ...offered));
  const [answered, method] = await exchange.read(2);
  if (answered !== version) throw refusal(`${name} does not answer as a SOCKS5 proxy does.`);
  if (method === methods.none) return;
  if (method === methods.password && login !== null) return logIn(exchange, login, name);
  throw refusal(
    login === null ? `${name} asks for a user and a password.` : `${name} does not take a user and a password.`,
  );
}

async function logIn(
  exchange: Exchange,
  { user, password }: { user: string; password: string },
  name: string,
): Promise<void> {
  exchange.say(Buffer.concat([Buffer.of(1), counted(user), counted(password)]));
  const [, status] = await exchange.read(2);
  if (status !== 0) throw refusal(`${name} does not accept the user and password it was given.`);
}

function addressBytes({ host }: Place): Buffer {
  const bytes = isIP(host) === 0 ? null : parseAddress(host);
  if (bytes === null) return Buffer.concat([Buffer.of(kinds.name), counted(host)]);
  return Buffer.concat([Buffer.of(bytes.length === 4 ? kinds.ipv4 : kinds.ipv6), bytes]);
}

/** Where the proxy's own end of the tunnel is; nobody needs it. */
async function skipAddress(exchange: Exchange, kind: number, name: string): Promise<void> {
  const portBytes = 2;
  if (kind === kinds.ipv4) await exchange.read(4 + portBytes);
  else if (kind === kinds.ipv6) await exchange.read(16 + portBytes);
  else if (kind === kinds.name) await exchange.read(((await exchange.read(1))[0] ?? 0) + portBytes);
  else throw refusal(`${name} does not answer as a SOCKS5 proxy does.`);
}

function counted(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

function refusal(sentence: string): WaygateError {
  return new WaygateError("unavailable", sentence);
}
