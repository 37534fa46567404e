// Media both ways: a client in a process of its own uploads and downloads over HTTPS, phones decrypt and check.
import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createNetwork } from "../../src/sandbox/network/network.ts";
import { createFolder } from "../support/folder.ts";
import { startOrderedClient } from "../support/ordered-client.ts";

const mine = "15550001111";
const alices = "15551000001";
const kinds = [
  ["image", "image/jpeg"],
  ["video", "video/mp4"],
  ["audio", "audio/ogg; codecs=opus"],
  ["document", "application/octet-stream"],
  ["sticker", "image/webp"],
] as const;

test("every kind of media goes both ways, byte for byte, and a file that is gone is told so", async () => {
  using folder = createFolder();
  await using network = await createNetwork();
  const alice = network.world.registry.ensure({ phone: alices, name: "Alice" });
  const me = network.world.registry.ensure({ phone: mine, name: "Me" });
  const caFile = join(folder.path, "ca.pem");
  writeFileSync(caFile, network.endpoint.ca);
  await using client = startOrderedClient(caFile);
  const { qr = "" } = await client.tell({ do: "connect", ...network.endpoint });
  await network.world.pairings.scan(me, qr);
  await client.tell({ do: "opened" });
  await network.settled();

  for (const [kind, mimetype] of kinds) {
    const bytes = randomBytes(kind === "video" ? 3_000_000 : 40_000);
    const { id } = await client.tell({
      do: "send",
      to: `${alices}@s.whatsapp.net`,
      kind,
      mimetype,
      bytes: bytes.toString("base64"),
    });
    await network.settled();
    const item = network.world.phones.stateOf(alice).inbox.find((one) => one.id === id);
    expect([item?.kind, item?.media]).toMatchObject([`${kind}Message`, { bytes: bytes.length, mimetype }]);
    if (item?.media == null || !("path" in item.media)) throw new Error("no media arrived");
    expect(Buffer.from(await network.world.media.plainFile(item.media.path).arrayBuffer()).equals(bytes)).toBe(true);
  }

  for (const [kind, mimetype] of kinds) {
    const bytes = randomBytes(50_000);
    const sent = network.sendMedia(alice, { to: mine, kind, mimetype, bytes, caption: "look" });
    const got = await client.tell({ do: "download", id: sent.id });
    expect(Buffer.from(got.bytes ?? "", "base64").equals(bytes)).toBe(true);
  }
  const picture = randomBytes(500);
  const last = network.sendMedia(alice, { to: mine, kind: "image", mimetype: "image/png", bytes: picture });
  await network.settled();
  network.world.faults.add({ name: "media-expired", phone: null, probability: 1, count: 1, delayMs: 0, code: null });
  await expect(client.tell({ do: "download", id: last.id })).rejects.toThrow();
  // Gone it stays, until the phone is asked to put it back.
  await expect(client.tell({ do: "download", id: last.id })).rejects.toThrow();
  const again = await client.tell({ do: "download again", id: last.id });
  expect(Buffer.from(again.bytes ?? "", "base64").equals(picture)).toBe(true);
  expect(network.world.observer.readViolations()).toEqual([]);
});
