// `waygate serve`: start, say where it is, run until told to stop.
import { resolve } from "node:path";
import { systemClock } from "../core/clock.ts";
import { version } from "../core/version.ts";
import { type Gateway, openGateway } from "../gateway.ts";
import { dataDirOf } from "../gateway-places.ts";
import { createLogging } from "../logging.ts";
import type { Config } from "../settings.ts";
import type { Terminal } from "./terminal.ts";

export async function serve(config: Config, terminal: Terminal): Promise<void> {
  const format = config.logFormat === "auto" ? (terminal.logsToTerminal ? "text" : "json") : config.logFormat;
  const { log, tail } = createLogging({ level: config.logLevel, format, write: terminal.log, clock: systemClock });
  const surroundings = { clock: systemClock, log, logTail: tail, process: terminal.process };
  const asked = terminal.stopped();
  await using gateway = await openGateway(config, surroundings);
  terminal.out(banner(config, gateway));
  log.info({ version, url: gateway.url.href }, "waygate is running");
  const end = await Promise.race([asked, gateway.failed]);
  if (end instanceof Error) throw end;
  log.info({ signal: end }, "stopping");
}

function banner(config: Config, { shownUrl, url, setupLink, sandboxPhones, network }: Gateway): string {
  const lines: [string, string][] = [
    ["URL", shownUrl],
    ["Docs", `${shownUrl}/docs`],
    ["Data", resolve(dataDirOf(config))],
  ];
  if (!shownUrl.startsWith(url.origin)) lines.push(["Listens on", url.host]);
  const told = lines.map(([name, value]) => `  ${name.padEnd(11)}${value}`);
  if (sandboxPhones !== null) {
    told.push("", "  SANDBOX: this is not WhatsApp but a network of its own, with these phones on it:", "");
    told.push(...sandboxPhones.map(({ number, name }) => `  +${number.padEnd(16)}${name}`));
  }
  if (network.kind === "other") {
    told.push("", `  NOT WHATSAPP: sessions connect to ${network.url}, whose key is ${network.rootKey}.`);
  }
  if (setupLink !== null) {
    told.push(
      "",
      "  Nobody has an account yet. Open this link to make yours (it works once, for 30 minutes):",
      "",
      `  ${setupLink}`,
    );
  }
  return `\n  Waygate ${version}\n\n${told.join("\n")}\n\n`;
}
