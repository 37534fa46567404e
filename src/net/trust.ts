// Whom TLS believes: the authorities everybody knows, and one more of the network's own if there is one.

import { isIP, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { connect, createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import { messageOf, WaygateError } from "../core/errors.ts";
import { nameOfPlace } from "../core/proxy.ts";

/** Null: those everybody knows. */
export type Trust = SecureContext | null;

export type SecureOptions = { trust: Trust; to: { host: string; port: number }; timeoutMs: number };

/** All sessions share one network and with it one authority; a context of its own for each costs 0.4 MB and 2 ms. */
let last: { ca: string; context: SecureContext } | null = null;

/** `ca` is PEM, one certificate or several. */
export function trustFor(ca: string | null): Trust {
  if (ca === null) return null;
  if (last?.ca === ca) return last.context;
  try {
    // A list of one's own takes the place of the usual one, so that goes in as well.
    const context = createSecureContext({ ca: [...rootCertificates, ca] });
    last = { ca, context };
    return context;
  } catch (cause) {
    throw new WaygateError("invalid", "The authority's certificate cannot be read; it must be in PEM.", {}, cause);
  }
}

/** TLS over a connection that is open, checked against the name that was asked for. */
export function secure(socket: Socket, { trust, to, timeoutMs }: SecureOptions): Promise<TLSSocket> {
  const secured = connect({
    socket,
    host: to.host,
    // Addresses are no server names; the certificate is checked against `host` then.
    servername: isIP(to.host) === 0 ? to.host : "",
    ALPNProtocols: ["http/1.1"],
    ...(trust === null ? {} : { secureContext: trust }),
  });
  const place = nameOfPlace(to);
  // An error below that nobody hears would end the process.
  socket.on("error", (error) => secured.destroy(error));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(refusal(`${place} did not answer within ${timeoutMs / 1_000} s.`)), timeoutMs);
    const settle = () => {
      clearTimeout(timer);
      secured.off("secureConnect", onSecure).off("close", onClose);
    };
    const onSecure = () => {
      settle();
      secured.off("error", onError);
      resolve(secured);
    };
    const fail = (error: WaygateError) => {
      settle();
      secured.destroy();
      socket.destroy();
      reject(error);
    };
    // Stays where it failed: an error that nobody hears would end the process.
    const onError = (error: Error) => fail(failure(place, error));
    const onClose = () => fail(refusal(`${place} closed the connection before it was safe.`));
    secured.on("secureConnect", onSecure).on("error", onError).on("close", onClose);
  });
}

/** Whether this, or what caused it, is a certificate that does not hold; somebody may answer in another's place. */
export function isUntrusted(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  return (typeof code === "string" && untrustedCodes.test(code)) || isUntrusted(error.cause);
}

/** As OpenSSL's reasons and Node's own check of the name are called. */
const untrustedCodes =
  /^(ERR_TLS_CERT_ALTNAME_\w+|CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(GET_ISSUER_CERT(_LOCALLY)?|VERIFY_LEAF_SIGNATURE)|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|PATH_LENGTH_EXCEEDED|ERROR_IN_CERT_NOT_(AFTER|BEFORE)_FIELD)$/;

function failure(place: string, error: Error): WaygateError {
  if (isUntrusted(error))
    return refusal(`The certificate that ${place} shows is not to be trusted: ${messageOf(error)}`, error);
  return refusal(`No safe connection to ${place}: ${messageOf(error)}`, error);
}

function refusal(sentence: string, cause?: unknown): WaygateError {
  return new WaygateError("unavailable", sentence, {}, cause);
}
