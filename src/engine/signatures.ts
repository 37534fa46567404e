// Baileys checks WhatsApp's certificate and the phone's signature with a function that says yes to everything: it waits for
// an exception where libsignal answers false (7.0.0-rc14, Utils/crypto.js). Imported before any connection, this puts a
// check in its place that can say no.
import { Curve } from "@whiskeysockets/baileys";
import { verifierFor, withoutType } from "./signal/curve.ts";

Curve.verify = (pub, message, signature) => {
  const key = withoutType(pub);
  return key !== null && verifierFor(key)(message, signature);
};
