// What is kept in app state reaches a session: at first when the phone has shared its key, later as it changes; in stanzas
// and in files, which are fetched over the session's own way out or not at all.
import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import type { SessionSpec } from "../../src/core/ports.ts";
import { createControl } from "../../src/sandbox/control/actions.ts";
import { startEngine, type TestEngine } from "../support/engine.ts";
import { type HiddenMedia, hiddenMedia, hideMedia } from "../support/hidden-media.ts";
import { until } from "../support/until.ts";

const mine = "15550001111";

/** As often as the app state was asked for, all of it. */
function firstSyncs({ sandbox }: TestEngine): number {
  const stanzas = sandbox.world.observer.readFrames(10_000, null).map(({ stanza }) => stanza);
  return stanzas.filter((one) => one.includes("w:sync:app:state") && one.match(/<collection/g)?.length === 5).length;
}

/** Which collections a session has anything of. */
const collectionsOf = (rig: TestEngine, { id }: SessionSpec) =>
  rig
    .read<{ name: string }>(
      `SELECT name FROM signal_keys WHERE kind = 'app-state-sync-version' AND session_id = ${id} ORDER BY name`,
    )
    .map(({ name }) => name);

function nameOf(rig: TestEngine, { id }: SessionSpec): string | undefined {
  const [row] = rig.read<{ identity: string }>(`SELECT identity FROM sessions WHERE id = ${id}`);
  return JSON.parse(row?.identity ?? "{}").displayName;
}

async function linkedTwice(rig: TestEngine, proxy?: string) {
  const me = rig.sandbox.world.registry.ensure({ phone: mine, name: "Ada" });
  const first = await rig.link(await rig.addSession(), me);
  await rig.sandbox.settled();
  await rig.engine.ask(first.id, "profile.set_name", { name: "Grace" });
  await rig.sandbox.settled();
  return { me, first, second: await rig.link(await rig.addSession(proxy === undefined ? {} : { proxy }), me) };
}

test("it is asked for once the phone has shared its key, and never again by itself", async () => {
  await using rig = await startEngine();
  const me = rig.sandbox.world.registry.ensure({ phone: mine, name: "Ada" });
  const spec = await rig.link(await rig.addSession(), me);
  await until("the first sync", () => firstSyncs(rig) === 1);
  await rig.sandbox.settled();
  await rig.restart();
  await rig.engine.run(spec);
  await rig.connected(spec);
  await rig.sandbox.settled();
  expect(firstSyncs(rig)).toBe(1);
  expect(rig.sandbox.world.observer.readViolations()).toEqual([]);
});

test("what one device changes the others hear of, and those linked later as well", async () => {
  await using rig = await startEngine();
  const { first, second } = await linkedTwice(rig);
  await until("the second one's state", () => collectionsOf(rig, second).length > 0);
  expect(collectionsOf(rig, second)).toEqual(["critical_block"]);
  await rig.engine.ask(second.id, "profile.set_name", { name: "Hedy" });
  await until("the first one to hear of it", () => nameOf(rig, first) === "Hedy");
});

test("when it cannot be fetched it is tried again after a while, and after a new start", async () => {
  await using rig = await startHidden("http");
  const failures = () => rig.logged.filter(({ message }) => message.startsWith("the app state could not")).length;
  rig.hidden.hide(true);
  const { second } = await linkedTwice(rig, rig.hidden.proxy.url);
  await until("a failure", () => failures() === 1);
  rig.clock.advance(5_000);
  await until("another", () => failures() === 2);
  await rig.restart();
  await rig.engine.run(second);
  await until("one more", () => failures() === 3);
  expect(collectionsOf(rig, second)).toEqual([]);
  rig.hidden.hide(false);
  rig.clock.advance(5_000);
  await until("the snapshot", () => collectionsOf(rig, second).length > 0);
});

test.each(["http", "socks5"] as const)(
  "snapshots and mutations in files come through the %s proxy alone, with an authority given at run time",
  async (kind) => {
    await using rig = await startHidden(kind);
    const { first, second } = await linkedTwice(rig, rig.hidden.proxy.url);
    await until("the snapshot", () => collectionsOf(rig, second).length > 0);
    await until("what is in it", () => nameOf(rig, second) === "Grace");
    await rig.engine.ask(first.id, "profile.set_name", { name: "Hedy" });
    await until("a patch", () => nameOf(rig, second) === "Hedy");
    const asked = rig.hidden.proxy.asked.filter((place) => place === `${hiddenMedia}:443`).length;
    expect(asked).toBeGreaterThan(0);
    expect(rig.hidden.connections()).toBe(asked);
    expect(readdirSync(rig.folder)).toEqual([]);
    expect(rig.sandbox.world.observer.readViolations()).toEqual([]);
  },
);

/** All app state is in files, on a media host that only a proxy finds. */
async function startHidden(kind: "http" | "socks5") {
  const opened = new AsyncDisposableStack();
  let hidden: HiddenMedia | undefined;
  const network = async (sandbox: TestEngine["sandbox"]) => {
    hidden = opened.use(await hideMedia(sandbox, kind));
    return { ca: hidden.ca };
  };
  const rig = opened.use(await startEngine({ network }));
  const control = createControl(rig.sandbox);
  control.phones.add({ number: mine, name: "Ada" });
  control.putAppStateInFiles(mine);
  return Object.assign(rig, { hidden: hidden!, [Symbol.asyncDispose]: () => opened.disposeAsync() });
}
