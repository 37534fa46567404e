// The network of the sandbox benchmark, in a process of its own: with checking off, and devices that are linked already.
// Its argument: how many people have one. Prints one line of JSON, and its memory for every line it is sent.
import { randomBytes } from "node:crypto";
import { makeKeyPair } from "../../src/sandbox/crypto/keys.ts";
import { createNetwork } from "../../src/sandbox/network/network.ts";
import { newCompanion } from "../../src/sandbox/people/person.ts";

const sessions = Number(process.argv[2] ?? 50);
const network = await createNetwork();
network.setChecking(false);
const { registry } = network.world;

const devices = Array.from({ length: sessions }, (_, index) => {
  const seed = randomBytes(32);
  const person = registry.ensure({ phone: `1555${String(2_000_000 + index)}` });
  person.companions.set(1, {
    ...newCompanion(),
    number: 1,
    keyIndex: 1,
    noiseKey: makeKeyPair(seed).pub,
    identity: makeKeyPair().pub,
    registrationId: 1,
    signedPreKey: null,
    certificate: Buffer.alloc(0),
    platform: "bench",
    isSynced: true,
  });
  return { phone: person.phone, seed: seed.toString("base64") };
});
const contacts = Array.from(
  { length: 20 },
  (_, index) => registry.ensure({ phone: `1555${String(9_000_000 + index)}` }).phone,
);

process.stdout.write(`${JSON.stringify({ ws: network.endpoint.ws, devices, contacts, pid: process.pid })}\n`);
process.stdin.on("data", () => process.stdout.write(`${process.memoryUsage.rss()}\n`));
process.stdin.on("end", () => process.exit(0));
