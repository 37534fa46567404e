import { expect, test } from "bun:test";
import { createNetwork } from "../../src/sandbox/network/network.ts";
import { connectBaileys } from "../support/baileys.ts";
import { createFolder } from "../support/folder.ts";

const mine = "15550001111";
const alices = "15551000001";

test("a network remembers its people, sessions and messages over a restart, and clients come back to it", async () => {
  using folder = createFolder();
  const first = await createNetwork({ folder: folder.path });
  const { port } = first;
  const { rootKey, ca } = first.endpoint;
  const alice = first.world.registry.ensure({ phone: alices, name: "Alice" });
  const me = first.world.registry.ensure({ phone: mine, name: "Me" });
  first.world.groups.create({ subject: "G", creator: alice, members: [me] });
  await using client = connectBaileys(first.endpoint);
  await first.world.pairings.scan(me, await client.qr());
  await client.opened();
  await client.socket().sendMessage(`${alices}@s.whatsapp.net`, { text: "before" });
  await first.settled();
  await first[Symbol.asyncDispose]();
  expect(await client.closeCode()).toBe(428);

  await using network = await createNetwork({ folder: folder.path, port });
  expect([network.endpoint.rootKey, network.endpoint.ca]).toEqual([rootKey, ca]);
  expect(network.world.groups.all().map((group) => group.facts.subject.text)).toEqual(["G"]);
  const again = network.world.registry.find(alices);
  if (again === null) throw new Error("Alice is gone");
  network.world.phones.send(again, {
    chat: `${mine}@s.whatsapp.net`,
    message: { conversation: "while you were away" },
  });
  client.reconnect();
  await client.received((message) => message.message?.conversation === "while you were away");
  await client.socket().sendMessage(`${alices}@s.whatsapp.net`, { text: "after" });
  await network.settled();
  expect(network.world.phones.stateOf(again).inbox.map((item) => item.text)).toEqual([
    "before",
    "while you were away",
    "after",
  ]);
  expect(network.world.observer.readViolations()).toEqual([]);
});
