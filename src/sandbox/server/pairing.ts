// Linking a device: references for the QR, the phone's certificate for it, the code typed by hand.
import { randomBytes } from "node:crypto";
import { hmac } from "../crypto/derive.ts";
import { xeddsaSign, xeddsaVerify } from "../crypto/keys.ts";
import type { World } from "../network/world.ts";
import { type Companion, lidJid, newCompanion, type Person, phoneJid } from "../people/person.ts";
import { withType } from "../signal/session.ts";
import { readJid } from "../wire/jid.ts";
import { bytesOf, child, type Node, node } from "../wire/node.ts";
import { proto } from "../wire/proto.ts";
import { type CodeOffer, finishWith, readOffer, typeInto } from "./code-pairing.ts";
import type { Arrival, Connection, Role } from "./connection.ts";
import { passkeyRequest, passkeySentence } from "./passkey.ts";
import { refusal, result } from "./replies.ts";

/** A client that has shown its references and waits to be linked. */
type Waiting = {
  connection: Connection;
  refs: string[];
  noiseKey: Buffer;
  companion: NewCompanion;
  /** Whoever is about to be linked, from the phone's yes to the client's signature. */
  linking: { person: Person; keyIndex: number; number: number; details: Buffer } | null;
  offer: CodeOffer | null;
};

type NewCompanion = Pick<Companion, "identity" | "registrationId" | "signedPreKey" | "platform">;
export type Linked = { phone: string; device: number; jid: string };
/** What the phone says when it cannot link. */
export class PairingError extends Error {}

export type Pairings = ReturnType<typeof createPairings>;

const refCount = 6;
const qrHead = "https://wa.me/settings/linked_devices#";

export function createPairings(world: () => World) {
  const waiting = new Set<Waiting>();
  const settled = new Map<Waiting, { resolve(linked: Linked): void; reject(error: Error): void }>();

  function open({ payload, clientKey }: Arrival, connection: Connection): Role | null {
    const companion = readRegistration(payload, world(), connection);
    if (companion === null) return null;
    const fewer = world().faults.strike("qr-refs", null);
    const length = fewer === null ? refCount : (fewer.code ?? 1);
    const refs = Array.from({ length }, () => `2@${randomBytes(60).toString("base64")}`);
    const entry: Waiting = { connection, refs, noiseKey: clientKey, companion, linking: null, offer: null };
    waiting.add(entry);
    const pairDevice = node(
      "pair-device",
      {},
      refs.map((ref) => node("ref", {}, Buffer.from(ref))),
    );
    connection.send(
      node("iq", { from: "@s.whatsapp.net", type: "set", id: world().makeId(), xmlns: "md" }, [pairDevice]),
    );
    return {
      handle: (stanza) => handle(entry, stanza),
      closed: () => close(entry),
      unlink: () => connection.end(null),
    };
  }

  function close(entry: Waiting): void {
    waiting.delete(entry);
    settled.get(entry)?.reject(new PairingError("The client went away before it was linked."));
    settled.delete(entry);
  }

  function handle(entry: Waiting, stanza: Node): void {
    if (stanza.tag !== "iq") return;
    const sign = child(stanza, "pair-device-sign");
    if (sign !== undefined) return finish(entry, sign);
    const code = child(stanza, "link_code_companion_reg");
    if (code?.attrs.stage === "companion_hello") return hello(entry, stanza, code);
    if (code?.attrs.stage === "companion_finish") return finishCode(entry, stanza, code);
    if (stanza.attrs.type !== "result") entry.connection.send(result(stanza));
  }

  /** The phone has said yes: its certificate for the new device goes out. */
  function link(entry: Waiting, person: Person, advSecret: Buffer): Promise<Linked> {
    if (entry.linking !== null) throw new PairingError("This client is being linked already.");
    const number = person.nextDevice++;
    const keyIndex = number;
    const now = Number(world().nowSeconds());
    const details = Buffer.from(
      proto.ADVDeviceIdentity.encode({
        rawId: person.rawId,
        timestamp: now,
        keyIndex,
        accountType: 0,
        deviceType: 0,
      }).finish(),
    );
    const identity = person.keys.identity;
    const accountSignature = xeddsaSign(identity, Buffer.concat([Buffer.of(6, 0), details, entry.companion.identity]));
    const signed = proto.ADVSignedDeviceIdentity.encode({
      details,
      accountSignatureKey: identity.pub,
      accountSignature,
    }).finish();
    const container = proto.ADVSignedDeviceIdentityHMAC.encode({
      details: signed,
      hmac: hmac(advSecret, signed),
    }).finish();
    entry.linking = { person, keyIndex, number, details };
    const success = node("pair-success", {}, [
      node("device-identity", {}, Buffer.from(container)),
      node("platform", { name: "android" }),
      node("device", { jid: phoneJid(person, number), lid: lidJid(person, number) }),
    ]);
    const attrs = { from: "@s.whatsapp.net", type: "set", id: world().makeId(), xmlns: "md", t: world().nowSeconds() };
    entry.connection.send(node("iq", attrs, [success]));
    return new Promise((resolve, reject) => settled.set(entry, { resolve, reject }));
  }

  /** The client has signed too: it is linked, and has to come again as itself. */
  function finish(entry: Waiting, sign: Node): void {
    const { observer } = world();
    const identityNode = child(sign, "device-identity");
    const certificate = bytesOf(identityNode);
    if (entry.linking === null || certificate === null) return;
    const { person, number, keyIndex, details } = entry.linking;
    const shown = proto.ADVSignedDeviceIdentity.decode(certificate);
    const [deviceSignature, accountSignature] = [shown.deviceSignature ?? null, shown.accountSignature ?? null];
    const own = entry.companion.identity;
    const told = Buffer.concat([Buffer.of(6, 1), details, own, person.keys.identity.pub]);
    const isSigned = deviceSignature !== null && xeddsaVerify(own, told, Buffer.from(deviceSignature));
    if (!isSigned)
      observer.violation(entry.connection.name, "pair-device-sign", "the device signature does not verify");
    if (identityNode?.attrs["key-index"] !== String(keyIndex)) {
      observer.violation(entry.connection.name, "pair-device-sign", `key-index is not ${keyIndex}`);
    }
    const whole = { details, accountSignatureKey: person.keys.identity.pub, accountSignature, deviceSignature };
    person.companions.set(number, {
      ...newCompanion(),
      ...entry.companion,
      number,
      keyIndex,
      noiseKey: entry.noiseKey,
      certificate: Buffer.from(proto.ADVSignedDeviceIdentity.encode(whole).finish()),
    });
    world().changed(person);
    world().phones.announceDevice(person, number, "add");
    const asked = settled.get(entry);
    settled.delete(entry);
    waiting.delete(entry);
    entry.connection.end(node("stream:error", { code: "515" }));
    asked?.resolve({ phone: person.phone, device: number, jid: phoneJid(person, number) });
  }

  /** A client offers to be linked by a code: it is known by the number it names. */
  function hello(entry: Waiting, stanza: Node, code: Node): void {
    const server = bytesOf(child(code, "companion_server_auth_key_pub"));
    entry.offer = readOffer(code);
    if (entry.offer === null || server === null || !server.equals(entry.noiseKey)) {
      world().observer.violation(
        entry.connection.name,
        "companion_hello",
        "the wrapped key or the server key is wrong",
      );
      return entry.connection.send(refusal(stanza, 400, "bad-request"));
    }
    const ref = node("link_code_pairing_ref", {}, Buffer.from(entry.offer.ref));
    entry.connection.send(result(stanza, [node("link_code_companion_reg", { stage: "companion_hello" }, [ref])]));
  }

  /** True when the client was told that there is a passkey to show first. It goes on waiting. */
  function asksForPasskey({ connection }: Waiting, { phone }: Person): boolean {
    if (world().faults.strike("passkey-required", phone) === null) return false;
    connection.send(passkeyRequest(world()));
    return true;
  }

  async function typeCode(person: Person, typed: string): Promise<Linked> {
    const entry = [...waiting].findLast((one) => readJid(one.offer?.jid)?.user === person.phone);
    if (entry?.offer == null) throw new PairingError(`No client waits for a code of ${person.phone}.`);
    const told = await typeInto(entry.offer, typed, person.keys.identity.pub);
    const asked = new Promise<Linked>((resolve, reject) => settled.set(entry, { resolve, reject }));
    const attrs = {
      from: "@s.whatsapp.net",
      type: "link_code_companion_reg",
      id: world().makeId(),
      t: world().nowSeconds(),
    };
    entry.connection.send(node("notification", attrs, [told]));
    return asked;
  }

  function finishCode(entry: Waiting, stanza: Node, code: Node): void {
    const asked = settled.get(entry);
    const person = world().registry.findByJid(entry.offer?.jid);
    const secret = entry.offer === null || person === null ? null : finishWith(entry.offer, code, person.keys.identity);
    if (person === null || secret === null) {
      settled.delete(entry);
      entry.connection.send(refusal(stanza, 400, "bad-request"));
      return asked?.reject(new PairingError("The code is not right."));
    }
    entry.connection.send(result(stanza));
    if (asksForPasskey(entry, person)) {
      settled.delete(entry);
      return asked?.reject(new PairingError(passkeySentence));
    }
    link(entry, person, secret).then(asked?.resolve, asked?.reject);
  }

  return {
    open,
    typeCode,
    /** What the phone's camera sees. */
    scan(person: Person, qr: string): Promise<Linked> {
      const text = qr.startsWith(qrHead) ? qr.slice(qrHead.length) : qr;
      const [ref = "", noiseKey, identity, secret = ""] = text.split(",");
      const entry = [...waiting].find((one) => one.refs.includes(ref));
      if (entry === undefined) throw new PairingError("This QR is not (or no longer) one of this network.");
      if (entry.noiseKey.toString("base64") !== noiseKey || entry.companion.identity.toString("base64") !== identity) {
        throw new PairingError("The keys in the QR are not those of the client that shows it.");
      }
      if (asksForPasskey(entry, person)) throw new PairingError(passkeySentence);
      return link(entry, person, Buffer.from(secret, "base64"));
    },
    waitingFor: () => [...waiting].map((one) => ({ refs: one.refs, code_for: readJid(one.offer?.jid)?.user ?? null })),
  };
}

function readRegistration(
  payload: proto.ClientPayload,
  { observer }: World,
  connection: Connection,
): NewCompanion | null {
  const data = payload.devicePairingData;
  const identity = Buffer.from(data?.eIdent ?? []);
  const pub = Buffer.from(data?.eSkeyVal ?? []);
  const signature = Buffer.from(data?.eSkeySig ?? []);
  const registrationId = Buffer.from(data?.eRegid ?? []);
  const keyId = Buffer.from(data?.eSkeyId ?? []);
  if (identity.length !== 32 || pub.length !== 32 || registrationId.length !== 4 || keyId.length !== 3) {
    observer.violation(connection.name, "registration", "the pairing data lacks a key");
    connection.end(node("failure", { reason: "400" }));
    return null;
  }
  if (!xeddsaVerify(identity, withType(pub), signature)) {
    observer.violation(connection.name, "registration", "the signed pre-key's signature does not verify");
  }
  const properties = data?.deviceProps == null ? null : proto.DeviceProps.decode(data.deviceProps);
  return {
    identity,
    registrationId: registrationId.readUInt32BE(0),
    signedPreKey: { id: keyId.readUIntBE(0, 3), pub, signature },
    platform: properties?.os ?? "",
  };
}
