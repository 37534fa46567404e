// Rules for tests, whose servers are all on loopback: what the gateway itself would never be sent to.
import { type OwnPlaces, readAddressRules } from "../../src/net/address-rules.ts";

export const nowhere: OwnPlaces = { ports: new Set(), addresses: () => [] };
export const anywhere = readAddressRules(["0.0.0.0/0", "::/0"], nowhere);
