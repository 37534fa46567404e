// Signal keys: what devices upload, and bundles of other devices for those that want to write to them.

import { sha256 } from "../crypto/derive.ts";
import { xeddsaVerify } from "../crypto/keys.ts";
import type { World } from "../network/world.ts";
import { type Address, type Companion, type PublicSignedKey, phoneJid } from "../people/person.ts";
import type { Bundle } from "../signal/session.ts";
import { withType } from "../signal/session.ts";
import { bigEndian, bytesOf, child, childrenNamed, type Node, node, numberOf } from "../wire/node.ts";
import type { Answer } from "./iq.ts";
import type { Link } from "./links.ts";

/** Below this a client is told to upload more. */
const fewKeys = 5;

export function handleEncrypt(world: World, link: Link, request: Node): Answer {
  const { companion } = link;
  if (child(request, "count") !== undefined) return [node("count", { value: String(companion.preKeys.size) })];
  if (child(request, "digest") !== undefined) return [digest(companion)];
  const key = child(request, "key");
  if (request.attrs.type === "get" && key !== undefined) return [bundles(world, childrenNamed(key, "user"))];
  const rotated = child(child(request, "rotate"), "skey");
  if (rotated !== undefined) takeSignedKey(world, link, rotated);
  else if (request.attrs.type === "set") upload(world, link, request);
  else return [];
  world.changed(link.person);
  return [];
}

function upload(world: World, link: Link, request: Node): void {
  const { companion, person } = link;
  const who = phoneJid(person, companion.number);
  const identity = bytesOf(child(request, "identity"));
  if (identity === null || !identity.equals(companion.identity)) {
    world.observer.violation(who, "prekeys", "the uploaded identity is not the one that was linked");
  }
  const signed = child(request, "skey");
  if (signed !== undefined) takeSignedKey(world, link, signed);
  for (const key of childrenNamed(child(request, "list"), "key")) {
    const [id, pub] = [numberOf(child(key, "id")), bytesOf(child(key, "value"))];
    if (id === null || pub?.length !== 32)
      world.observer.violation(who, "prekeys", "a one-time key without id or value");
    else companion.preKeys.set(id, pub);
  }
  companion.isToldOfFewKeys = false;
}

function takeSignedKey(world: World, { companion, person }: Link, signed: Node): void {
  const key = readSignedKey(signed);
  const isGood = key !== null && xeddsaVerify(companion.identity, withType(key.pub), key.signature);
  if (isGood) companion.signedPreKey = key;
  else world.observer.violation(phoneJid(person, companion.number), "prekeys", "the signed pre-key does not verify");
}

export function readSignedKey(signed: Node | undefined): PublicSignedKey | null {
  const [id, pub, signature] = [
    numberOf(child(signed, "id")),
    bytesOf(child(signed, "value")),
    bytesOf(child(signed, "signature")),
  ];
  return id === null || pub?.length !== 32 || signature?.length !== 64 ? null : { id, pub, signature };
}

function digest({ registrationId, identity, signedPreKey, preKeys }: Companion): Node {
  const ids = [...preKeys.keys()].map((id) => node("id", {}, bigEndian(id, 3)));
  return node("digest", {}, [
    node("registration", {}, bigEndian(registrationId, 4)),
    node("type", {}, Buffer.of(5)),
    node("identity", {}, identity),
    ...(signedPreKey === null ? [] : [signedKeyNode(signedPreKey)]),
    node("list", {}, ids),
    node("hash", {}, sha256(identity).subarray(0, 20)),
  ]);
}

/** A device that is not there is left out: one error would make the client throw the whole answer away. */
function bundles(world: World, users: Node[]): Node {
  const found = users.flatMap((user) => {
    const address = world.registry.findDevice(user.attrs.jid);
    const bundle = address === null ? null : bundleOf(world, address);
    return bundle === null ? [] : [bundleNode(user.attrs.jid ?? "", bundle, world.nowSeconds())];
  });
  return node("list", {}, found);
}

/** Takes one of the device's one-time keys, and has it told when few are left. */
export function bundleOf(world: World, address: Address): Bundle | null {
  const { person, device } = address;
  world.changed(person);
  if (device === 0) return person.device.takeBundle();
  const companion = person.companions.get(device);
  if (companion?.signedPreKey == null) return null;
  const [first] = companion.preKeys;
  if (first !== undefined) companion.preKeys.delete(first[0]);
  if (companion.preKeys.size < fewKeys && !companion.isToldOfFewKeys) askForKeys(world, address, companion);
  return {
    identity: companion.identity,
    registrationId: companion.registrationId,
    signedPreKey: companion.signedPreKey,
    preKey: first === undefined ? null : { id: first[0], pub: first[1] },
  };
}

function askForKeys(world: World, address: Address, companion: Companion): void {
  companion.isToldOfFewKeys = true;
  const attrs = { from: "@s.whatsapp.net", type: "encrypt", id: world.makeId(), t: world.nowSeconds() };
  const count = node("count", { value: String(companion.preKeys.size) });
  world.later(0, () => world.links.deliver(address, node("notification", attrs, [count])));
}

function bundleNode(jid: string, bundle: Bundle, t: string): Node {
  const { preKey } = bundle;
  return node("user", { jid, t }, [
    node("registration", {}, bigEndian(bundle.registrationId, 4)),
    node("type", {}, Buffer.of(5)),
    node("identity", {}, bundle.identity),
    signedKeyNode(bundle.signedPreKey),
    ...(preKey === null
      ? []
      : [node("key", {}, [node("id", {}, bigEndian(preKey.id, 3)), node("value", {}, preKey.pub)])]),
  ]);
}

function signedKeyNode({ id, pub, signature }: PublicSignedKey): Node {
  return node("skey", {}, [node("id", {}, bigEndian(id, 3)), node("value", {}, pub), node("signature", {}, signature)]);
}
