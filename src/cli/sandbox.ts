// `waygate sandbox`: the network as a server of its own, for any program built on Baileys or whatsmeow.
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { LoadedConfig } from "../config.ts";
import { startNetworkWithPeople } from "../sandbox/start.ts";
import type { Terminal } from "./terminal.ts";

/** Prints one line of JSON, then runs until it is told to stop. Kept only where a data directory is named. */
export async function runSandbox({ config, effective }: LoadedConfig, terminal: Terminal): Promise<void> {
  const isNamed = (name: string) => effective.find((one) => one.name === name)?.origin !== "default";
  const folder = isNamed("dataDir") ? resolve(config.dataDir, "sandbox", "network") : undefined;
  const asked = terminal.stopped();
  await using running = await startNetworkWithPeople({
    hostname: config.host,
    port: isNamed("port") ? config.port : 0,
    ...(folder === undefined ? {} : { folder }),
  });
  const { network } = running;
  mkdirSync(network.folder, { recursive: true });
  const ca = join(network.folder, "ca.pem");
  writeFileSync(ca, network.endpoint.ca);
  const control = `http://${config.host}:${network.port}/control`;
  const { ws, rootKey, media } = network.endpoint;
  terminal.out(`${JSON.stringify({ ws, control, rootKey, ca, media })}\n`);
  await asked;
}
