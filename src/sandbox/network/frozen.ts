// Values as JSON and back: bytes, maps, sets and key pairs among them.
import { type KeyPair, makeKeyPair } from "../crypto/keys.ts";

export function freeze(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (value instanceof Map) return { $map: [...value].map(([key, item]) => [freeze(key), freeze(item)]) };
  if (value instanceof Set) return { $set: [...value].map(freeze) };
  if (Array.isArray(value)) return value.map(freeze);
  if (typeof value !== "object" || value === null) return value;
  if (isKeyPair(value)) return { $pair: value.seed.toString("base64") };
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, freeze(item)]));
}

export function thaw(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(thaw);
  if (typeof value !== "object" || value === null) return value;
  const [[mark, item] = ["", null]] = Object.entries(value);
  if (mark === "$bytes") return Buffer.from(String(item), "base64");
  if (mark === "$pair") return makeKeyPair(Buffer.from(String(item), "base64"));
  if (mark === "$set" && Array.isArray(item)) return new Set(item.map(thaw));
  if (mark === "$map" && Array.isArray(item)) return new Map(item.map(([key, one]) => [thaw(key), thaw(one)]));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, thaw(one)]));
}

function isKeyPair(value: object): value is KeyPair {
  return "seed" in value && "pub" in value;
}
