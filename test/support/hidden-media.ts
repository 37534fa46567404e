// A sandbox whose media host has a name that exists for one proxy alone: whatever arrives there has come through it.
import type { Network } from "../../src/sandbox/network/network.ts";
import { type ForwardProxy, startForwardProxy } from "./forward-proxy.ts";
import { startTlsFront, type TlsFront } from "./tls-front.ts";

export const hiddenMedia = "media.whatsapp.test";

export type HiddenMedia = AsyncDisposable & {
  readonly proxy: ForwardProxy;
  /** Of its certificate, which nobody else trusts. */
  readonly ca: string;
  /** So many connections have got there. */
  readonly connections: () => number;
  /** For a while it leads nowhere. */
  hide(isHidden: boolean): void;
};

export async function hideMedia({ world, endpoint }: Network, kind: "http" | "socks5"): Promise<HiddenMedia> {
  const to = { port: Number(endpoint.media.split(":")[1]), ca: endpoint.ca };
  const front: TlsFront = await startTlsFront({ names: [hiddenMedia], to });
  const names = { [hiddenMedia]: { port: front.port } };
  const proxy = await startForwardProxy({ kind, login: { user: "a", password: "b" }, names });
  world.mediaHost = () => hiddenMedia;
  return {
    proxy,
    ca: front.ca,
    connections: front.connections,
    hide(isHidden) {
      names[hiddenMedia] = { port: isHidden ? 1 : front.port };
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await front[Symbol.asyncDispose]();
    },
  };
}
