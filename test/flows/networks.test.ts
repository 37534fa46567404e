// Which network a session is on: it is said everywhere, and none connects to another than the one it was linked on.
import { expect, test } from "bun:test";
import { sessionReasons } from "../../src/core/session.ts";
import { startGateway } from "../support/gateway.ts";
import { mine, settingsFor, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

test("linked on one network, a session rests on another, keeps its credentials, and works again on its own", async () => {
  await using flow = await startFlow();
  await using other = await startFlow();
  const shop = await flow.link();
  const kept = await shop.kept();
  await flow.restart(() => {}, settingsFor(other.network, flow.folder, other.way.port));
  expect(await shop.reaches("failed")).toMatchObject({
    reason: { code: "other_network", sentence: sessionReasons.other_network },
    phone: `+${mine}`,
    network: "other",
    // What may be cured by the next start is tried by it.
    wanted: true,
  });
  expect([shop.logins(), other.way.connections.length]).toEqual([1, 0]);
  expect(await shop.told()).toEqual(["session.connected", "session.failed"]);
  // Nor does it when somebody insists.
  await shop.act("start");
  await shop.reaches("failed");
  expect(other.way.connections).toHaveLength(0);
  expect(await shop.kept()).toEqual(kept);
  // A new one is made on the other network all the while.
  const desk = await flow.create("desk");
  await other.control.phones.scan(mine, { qr: await desk.qr() });
  await desk.reaches("connected");

  await flow.restart();
  await shop.letIn(2);
  expect(await desk.reaches("failed")).toMatchObject({ reason: { code: "other_network" } });
  shop.write("still the same");
  await until("it", async () => (await shop.texts()).includes("still the same"));
});

test("logged out where it cannot be reached, it is forgotten all the same", async () => {
  await using flow = await startFlow();
  await using other = await startFlow();
  const shop = await flow.link();
  await flow.restart(() => {}, settingsFor(other.network, flow.folder, other.way.port));
  await shop.reaches("failed");
  expect(await shop.act("logout")).toMatchObject({ status: "logged_out", phone: null });
  expect((await shop.kept()).credentials).toBe(0);
  expect(other.way.connections).toHaveLength(0);
});

test("a network that is not WhatsApp's is called so, in the session and at the start", async () => {
  await using flow = await startFlow();
  const shop = await flow.link();
  expect((await shop.shown()).network).toBe("other");
  const told = (logged: readonly string[]) => logged.join("").includes("this is not WhatsApp");
  expect(told(flow.gateway().logged)).toBe(true);

  await using boxed = await startGateway({ sandbox: true });
  await boxed.call("/api/v1/sessions", { body: { name: "shop" } });
  expect((await boxed.call("/api/v1/sessions/shop")).json.network).toBe("sandbox");
  expect(told(boxed.logged)).toBe(true);

  // Nothing is linked there and nothing is dialled: a session that is only made belongs to WhatsApp.
  await using real = await startGateway({ waUrl: null, waRootKey: null });
  await real.call("/api/v1/sessions", { body: { name: "shop", start: false } });
  expect((await real.call("/api/v1/sessions/shop")).json.network).toBe("whatsapp");
  expect(told(real.logged)).toBe(false);
});
