// Where a session's media are just now: WhatsApp's hosts and the token for uploads, asked for and kept while they hold.
import { type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren, S_WHATSAPP_NET } from "@whiskeysockets/baileys";
import { second } from "../../core/clock.ts";
import { WaygateError } from "../../core/errors.ts";
import type { Network } from "../network.ts";
import type { MediaConnection } from "./upload.ts";

export type MediaHosts = {
  /** For uploads. Throws a sentence when WhatsApp does not tell. */
  connection(isFresh?: boolean): Promise<MediaConnection>;
  /** For downloads: those that WhatsApp names, or else those it is known to have. */
  names(): Promise<string[]>;
};

export type MediaHostsNeeds = {
  query(node: BinaryNode): Promise<unknown>;
  network: Pick<Network, "kind" | "mediaHost">;
  /** Of the connection that is asked: a question that is under way when it ends is never answered. */
  signal: AbortSignal;
};

const usualHost = "mmg.whatsapp.net";
const usualTtlSeconds = 300;

/** Baileys' own `refreshMediaConn` keeps a failure for good: after one, that socket never gets its hosts. */
export function createMediaHosts({ query, network, signal }: MediaHostsNeeds): MediaHosts {
  let held: { connection: MediaConnection; until: number } | null = null;
  let asking: Promise<MediaConnection> | null = null;

  async function ask(): Promise<MediaConnection> {
    const question = {
      tag: "iq",
      attrs: { type: "set", xmlns: "w:m", to: S_WHATSAPP_NET },
      content: [{ tag: "media_conn", attrs: {} }],
    };
    const answer = (await unlessOver(query(question), signal)) as BinaryNode | undefined;
    const told = getBinaryNodeChild(answer, "media_conn");
    if (told === undefined) throw new WaygateError("unavailable", "WhatsApp did not say where its media hosts are.");
    const hosts = getBinaryNodeChildren(told, "host").map(({ attrs }) => ({
      hostname: attrs.hostname ?? "",
      maxContentLengthBytes: Number(attrs.maxContentLengthBytes ?? 0) || undefined,
    }));
    const connection = { auth: told.attrs.auth ?? "", hosts };
    const ttlSeconds = Number(told.attrs.ttl) || usualTtlSeconds;
    held = { connection, until: performance.now() + ttlSeconds * second };
    return connection;
  }

  async function connection(isFresh = false): Promise<MediaConnection> {
    if (!isFresh && held !== null && held.until > performance.now()) return held.connection;
    asking ??= ask().finally(() => {
      asking = null;
    });
    return asking;
  }

  return {
    connection,
    async names() {
      const known = await connection().catch((error) => {
        if (signal.aborted) throw error;
        return held?.connection;
      });
      const told = (known?.hosts ?? []).map(({ hostname }) => hostname);
      if (told.length > 0) return told;
      if (network.mediaHost !== null) return [network.mediaHost];
      return network.kind === "whatsapp" ? [usualHost] : [];
    },
  };
}

function unlessOver<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new WaygateError("unavailable", "The connection to WhatsApp is over."));
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}
