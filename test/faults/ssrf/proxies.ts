// Sessions' proxies in a whole gateway: anybody with an account may name one, and it is the gateway that calls it.
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { until } from "../../support/until.ts";
import type { Faults } from "../support/suite.ts";
import type { Canaries } from "./canaries.ts";

const forms = [
  "http://127.0.0.1:PORT",
  "http://2130706433:PORT",
  "http://127。0。0。1:PORT",
  "http://user:password@0x7f.1:PORT",
  "http://localhost:PORT",
  "http://[::ffff:127.0.0.1]:PORT",
  "http://0.0.0.0:PORT",
  "socks5://localhost:PORT",
  "socks5h://[::1]:PORT",
  "socks5://0177.1:PORT",
  "socks5://[64:ff9b::7f00:1]:PORT",
  "http://169.254.169.254",
  "socks5://10.0.0.1",
];

/** Answers with how many were tried. */
export async function tryProxies(canaries: Canaries, faults: Faults): Promise<number> {
  await using gateway = await startGateway();
  const proxies = forms.map((form) => form.replace("PORT", String(canaries.port)));
  const names = proxies.map((_, index) => `session-${index}`);
  for (const [index, proxy] of proxies.entries()) await make(gateway, { name: names[index], proxy });
  for (const [index, name] of names.entries()) {
    const detail = await endOf(gateway, name);
    const isRefused = /only called if the operator allows it|never called from here/.test(detail);
    faults.check(isRefused, `a proxy, ${proxies[index]}: ${detail}`);
    const saysWhy = async () => (await gateway.call(`/api/v1/sessions/${name}`)).json.reason?.code === "proxy_refused";
    await until(`${name} to say why`, saysWhy).catch((error: Error) => faults.add(`a proxy, ${error.message}`));
  }
  return proxies.length;
}

/** Where it is allowed a proxy is called, and our own port is not. */
export async function checkProxies(canaries: Canaries, faults: Faults): Promise<void> {
  await using gateway = await startGateway({ allowPrivateUrls: ["127.0.0.1"] });
  const before = canaries.hits();
  await make(gateway, { name: "allowed", proxy: `http://127.0.0.1:${canaries.port}` });
  await make(gateway, { name: "own", proxy: `http://127.0.0.1:${new URL(gateway.url).port}` });
  await endOf(gateway, "allowed");
  faults.check(canaries.hits() > before, "a proxy that is allowed was not called");
  const detail = await endOf(gateway, "own");
  faults.check(detail.includes("this gateway itself"), `our own port as a proxy: ${detail}`);
}

async function make(gateway: TestGateway, body: object): Promise<void> {
  const { status, text } = await gateway.call("/api/v1/sessions", { body });
  if (status !== 201) throw new Error(`a session was not made: ${text}`);
}

/** What the log says of the end of its first connection. */
function endOf({ logged }: TestGateway, name: string): Promise<string> {
  return until(
    `the end of ${name}'s first connection`,
    () =>
      logged
        .map((line): { message?: string; session?: string; detail?: string } => JSON.parse(line))
        .find(({ message, session }) => message === "a connection ended" && session === name)?.detail,
  );
}
