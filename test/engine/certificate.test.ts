// A server in between: with a certificate that somebody else has signed, or with WhatsApp's own, which is for another key.
import { expect, test } from "bun:test";
import { makeKeyPair } from "../../src/sandbox/crypto/keys.ts";
import { startEngine, type TestEngineOptions } from "../support/engine.ts";
import { until } from "../support/until.ts";

const servers: [string, TestEngineOptions["network"]][] = [
  ["another key has signed the certificate of", async () => ({ rootKey: makeKeyPair().pub.toString("hex") })],
  [
    "shows a certificate that is somebody else's",
    async ({ world }) => {
      world.serverKey = makeKeyPair();
      return {};
    },
  ],
];

for (const [what, network] of servers) {
  test(`a server that ${what} is shown nothing, and the session says why`, async () => {
    await using rig = await startEngine({ ...(network === undefined ? {} : { network }) });
    const spec = await rig.addSession();
    await rig.engine.run(spec);
    await until("an ending", () => rig.engine.view(spec.id)?.reason != null);
    expect(rig.engine.view(spec.id)).toMatchObject({ reason: "untrusted", qr: null });
    expect(rig.sandbox.world.pairings.waitingFor()).toEqual([]);
  });
}

test("the network's own server is believed, at the linking and afterwards", async () => {
  await using rig = await startEngine();
  const spec = await rig.link(await rig.addSession(), rig.sandbox.world.registry.ensure({ phone: "15551000001" }));
  await rig.restart();
  await rig.engine.run(spec);
  await rig.connected(spec);
});
