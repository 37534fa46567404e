// Where WhatsApp is: its socket, the key that signs its certificates, the CA of its media hosts.

import { whatsappRootKey } from "../core/session.ts";

export type Network = {
  kind: "whatsapp" | "sandbox" | "other";
  url: string;
  /** In hex. A session belongs to the network with this key and connects to no other. */
  rootKey: string;
  /** PEM, where the system's own do not do. */
  ca: string | null;
  /** Where the network names none itself. */
  mediaHost: string | null;
  /** Of the web client that we say we are; null is what Baileys was made for. */
  version: readonly [number, number, number] | null;
};

export const whatsApp: Network = {
  kind: "whatsapp",
  url: "wss://web.whatsapp.com/ws/chat",
  rootKey: whatsappRootKey,
  ca: null,
  mediaHost: null,
  version: null,
};
