// What a phone of the sandbox keeps in app state, held by Baileys to every MAC that WhatsApp's own devices check.
import { expect, test } from "bun:test";
import { decodePatches, newLTHashState, proto } from "@whiskeysockets/baileys";
import { createNetwork } from "../../src/sandbox/network/network.ts";
import { keepChat, saveContact } from "../../src/sandbox/people/keeping.ts";

type Names = Parameters<typeof decodePatches>[0];

test("every patch has the MACs that devices hold it to, also where an entry takes another's place", async () => {
  await using network = await createNetwork();
  const { world } = network;
  const [ada, bob] = ["15553000001", "15553000002"].map((phone) => world.registry.ensure({ phone }));
  for (const archived of [true, false, true]) keepChat(world, ada!, `${bob!.phone}@s.whatsapp.net`, { archived });
  keepChat(world, ada!, `${bob!.phone}@s.whatsapp.net`, { pinned: true, mutedUntil: "always", readUntil: 1_000 });
  saveContact(world, ada!, bob!, "Bob B.");
  const warnings: unknown[] = [];
  const log = { warn: (...said: unknown[]) => warnings.push(said), trace() {}, debug() {}, info() {} } as never;
  const key = async () => ({ keyData: ada!.appStateKey.data });
  const found: string[] = [];
  for (const [name, { patches, version }] of ada!.appState) {
    const read = patches.map((patch) => proto.SyncdPatch.decode(patch));
    const decoded = await decodePatches(name as Names, read, newLTHashState(), key, {}, undefined, log, true);
    expect(decoded.state.version).toBe(version);
    found.push(...Object.values(decoded.mutationMap).map(({ index }) => index[0] ?? ""));
  }
  expect(warnings).toEqual([]);
  expect(found.toSorted()).toEqual(["archive", "contact", "markChatAsRead", "mute", "pin_v1"]);
});
