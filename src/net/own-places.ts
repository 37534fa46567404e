// Where this very process can be reached from here: the ports it listens on, at whatever address this machine has.
import { networkInterfaces } from "node:os";
import type { OwnPlaces } from "./address-rules.ts";

export type GrowingOwnPlaces = OwnPlaces & { add(port: number): void };

export function createOwnPlaces(): GrowingOwnPlaces {
  const ports = new Set<number>();
  return {
    ports,
    add: (port) => void ports.add(port),
    // Asked for anew: networks come and go, and it is only needed for what would call one of the ports.
    addresses: () => Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)),
  };
}
