// What an address must be before the gateway follows it, as far as can be told without looking a name up. Pure.
import { addressBytes } from "../core/addresses.ts";
import { WaygateError } from "../core/errors.ts";
import { type AddressRules, isListed, isListedName, refusalOf } from "./address-rules.ts";

/** Where http without TLS may lead: anywhere, or only to what the operator has listed. */
export type PlainHttp = "listed" | "anywhere";

export type UrlRules = { rules: AddressRules; plainHttp: PlainHttp };

const maxLength = 2_048;
const maxNameLength = 253;
const loopback = Uint8Array.of(127, 0, 0, 1);

/**
 * As the URL standard reads it, without its fragment and the dot after its host. Throws a sentence for what is refused
 * whatever its name leads to; where that is, is checked when it is connected to.
 */
export function readUrl(text: string, { rules, plainHttp }: UrlRules): URL {
  const url = text.length > maxLength ? null : parse(text);
  if (url === null || url.href.length > maxLength)
    throw refused(`It is not an address of at most ${maxLength} characters, like https://host.example/path.`);
  if (url.protocol !== "https:" && url.protocol !== "http:") throw refused("Only http and https addresses are called.");
  if (url.username !== "" || url.password !== "")
    throw refused("An address cannot have a user or a password in it; send them in a header.");
  url.hash = "";
  url.hostname = hostOf(url.hostname);
  if (url.port === "0") throw refused("Port 0 leads nowhere.");
  refuseHost(url, rules);
  if (url.protocol === "http:" && plainHttp === "listed" && !mayBePlain(url.hostname, rules))
    throw refused("The address must begin with https://, unless the operator allows its host (allow_private_urls).");
  return url;
}

/** Without the brackets that an address has in a URL. */
export function placeOf({ hostname, port, protocol }: URL): { host: string; port: number } {
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) || (protocol === "https:" ? 443 : 80) };
}

function parse(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

function hostOf(hostname: string): string {
  const host = hostname.replace(/\.$/, "");
  const isFit = host.length <= maxNameLength && host.split(".").every((label) => label !== "");
  if (!isFit) throw refused("The address has no host's name that can be looked up.");
  return host;
}

/** What is an address needs no looking up; and `localhost` is loopback, whoever is asked. */
function refuseHost(url: URL, rules: AddressRules): void {
  const { host, port } = placeOf(url);
  const isLocal = /(^|\.)localhost$/.test(host);
  const address = isLocal ? loopback : addressBytes(host);
  const refusal = address === null ? null : refusalOf({ host, port, address }, rules);
  if (refusal !== null) throw refused(refusal);
}

/** A name may lead into a network that is listed. */
function mayBePlain(hostname: string, rules: AddressRules): boolean {
  const address = addressBytes(hostname);
  if (address !== null) return isListed(address, hostname, rules);
  return isListedName(hostname, rules) || rules.networks.length > 0;
}

function refused(sentence: string): WaygateError {
  return new WaygateError("invalid", sentence);
}
