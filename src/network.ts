// Which WhatsApp the gateway connects to, from its settings: the real one, the one in the box, or another.
import { readFileSync } from "node:fs";
import { messageOf } from "./core/errors.ts";
import { type Network, whatsApp } from "./engine/network.ts";
import type { SandboxControl } from "./sandbox/control/actions.ts";
import { type Config, SettingFault } from "./settings.ts";

export function networkOf(config: Config, sandbox: SandboxControl | null): Network {
  const version = versionOf(config);
  if (sandbox !== null) {
    const { ws, rootKey, ca } = sandbox.endpoint;
    return { kind: "sandbox", url: ws, rootKey, ca, mediaHost: null, version };
  }
  const { waUrl, waRootKey, waMediaHost } = config;
  if (waUrl !== null && waRootKey === null) {
    throw new SettingFault("waUrl", "another network needs wa_root_key as well, the key that signs its certificates");
  }
  const rootKey = (waRootKey ?? whatsApp.rootKey).toLowerCase();
  return {
    // A mirror of the address is still WhatsApp: what makes it that is the key.
    kind: rootKey === whatsApp.rootKey ? "whatsapp" : "other",
    url: waUrl ?? whatsApp.url,
    rootKey,
    ca: caOf(config),
    mediaHost: waMediaHost,
    version,
  };
}

function caOf({ waCa }: Config): string | null {
  if (waCa === null) return null;
  try {
    return readFileSync(waCa, "utf8");
  } catch (error) {
    throw new SettingFault("waCa", `the file cannot be read: ${messageOf(error)}`);
  }
}

function versionOf({ waVersion }: Config): Network["version"] {
  const [first, second, third] = waVersion?.split(".").map(Number) ?? [];
  return first === undefined || second === undefined || third === undefined ? null : [first, second, third];
}
