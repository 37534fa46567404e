// From a place to the addresses that it may be called at: all of them are looked at, and only these are connected to.
import { lookup } from "node:dns/promises";
import { addressBytes } from "../core/addresses.ts";
import { WaygateError } from "../core/errors.ts";
import { type AddressRules, isListed, refusalOf } from "./address-rules.ts";

/** Every address of a name, IPv4 and IPv6, in the order in which to try them. Rejects if there is none. */
export type Resolve = (name: string) => Promise<readonly string[]>;

export type Vetting = {
  rules: AddressRules;
  /** The system's own without it. */
  resolve?: Resolve | undefined;
  /** Public addresses will not do. */
  onlyListed?: boolean;
};

export const systemResolve: Resolve = async (name) =>
  (await lookup(name, { all: true, order: "verbatim" })).map(({ address }) => address);

/**
 * One address among them that is not allowed refuses them all: nobody honest has such a name. What the name leads to a
 * moment later does not matter, because it is not asked again.
 */
export async function vettedAddresses(
  { host, port }: { host: string; port: number },
  { rules, resolve = systemResolve, onlyListed = false }: Vetting,
): Promise<readonly string[]> {
  const addresses = addressBytes(host) === null ? await lookUp(host, resolve) : [host];
  for (const text of addresses) {
    const address = addressBytes(text);
    const refusal = address === null ? `${host} leads nowhere.` : refusalOf({ host, port, address }, rules);
    if (refusal !== null) throw new WaygateError("invalid", refusal);
    if (onlyListed && address !== null && !isListed(address, host, rules)) throw notPlain(host);
  }
  return addresses;
}

async function lookUp(name: string, resolve: Resolve): Promise<readonly string[]> {
  const found = await resolve(name).catch((cause: unknown) => notFound(name, cause));
  return found.length > 0 ? found : notFound(name);
}

function notFound(name: string, cause?: unknown): never {
  throw new WaygateError("unavailable", `${name} cannot be found: no address of that name is known.`, {}, cause);
}

function notPlain(host: string): WaygateError {
  return new WaygateError(
    "invalid",
    `${host} is called by https only, unless the operator allows it (allow_private_urls).`,
  );
}
