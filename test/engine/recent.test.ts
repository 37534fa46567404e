// What Baileys keeps for those who could not read it.
import { expect, test } from "bun:test";
import { keepOnlySent } from "../../src/engine/recent.ts";
import { createNetwork } from "../../src/sandbox/network/network.ts";
import { connectBaileys } from "../support/baileys.ts";

test("what was received is not kept, and what was sent is", async () => {
  await using sandbox = await createNetwork();
  const { registry, phones, pairings } = sandbox.world;
  const [owner, writer] = ["15551000001", "15551000002"].map((phone) => registry.ensure({ phone }));
  await using client = connectBaileys(sandbox.endpoint);
  await pairings.scan(owner!, await client.qr());
  await client.opened();
  const socket = client.socket();
  keepOnlySent(socket);
  const kept = (id: string) => socket.messageRetryManager?.getRecentMessage("15551000002@s.whatsapp.net", id);

  const sent = await socket.sendMessage("15551000002@s.whatsapp.net", { text: "out" });
  const { id } = phones.send(writer!, { chat: "15551000001@s.whatsapp.net", message: { conversation: "in" } });
  await client.received((message) => message.key.id === id);

  expect(kept(sent!.key.id!)?.message.extendedTextMessage?.text).toBe("out");
  expect(kept(id)).toBeUndefined();
});
