// A WhatsApp network in this process, which outlives the gateway's deaths, and the gateway's sessions on it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SandboxControl } from "../../../src/sandbox/control/actions.ts";
import { createControl } from "../../../src/sandbox/control/actions.ts";
import { createNetwork, type Network } from "../../../src/sandbox/network/network.ts";
import { createFolder } from "../../support/folder.ts";
import { until } from "../../support/until.ts";
import type { Random } from "../support/random.ts";
import { asAdmin, must, openRig, type Rig, request } from "../support/rig.ts";

export type World = AsyncDisposable & { network: Network; control: SandboxControl; rig: Rig };

export async function openWorld(settings: Record<string, string> = {}): Promise<World> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(createFolder());
  const network = opened.use(await createNetwork());
  const ca = join(folder.path, "ca.pem");
  writeFileSync(ca, network.endpoint.ca);
  const rig = opened.use(
    await openRig({
      WAYGATE_WA_URL: network.endpoint.ws,
      WAYGATE_WA_ROOT_KEY: network.endpoint.rootKey,
      WAYGATE_WA_CA: ca,
      ...settings,
    }),
  );
  const keep = opened.move();
  return { network, control: createControl(network), rig, [Symbol.asyncDispose]: () => keep.disposeAsync() };
}

export type SessionSettings = { pacing?: "off"; retention_days?: number };
export type SessionShown = { id: string; name: string; status: string; reason: { code: string } | null };

export function sessionUrl({ rig }: World, name: string, rest = ""): string {
  return `${rig.origin()}/api/v1/sessions/${name}${rest}`;
}

export async function createSession(world: World, name: string, settings: SessionSettings = {}): Promise<void> {
  await must(`${world.rig.origin()}/api/v1/sessions`, { body: { name, ...settings }, headers: asAdmin });
}

export async function statusOf(world: World, name: string): Promise<SessionShown> {
  return must<SessionShown>(sessionUrl(world, name), { headers: asAdmin });
}

/** The QR shown now; null while there is none. */
export async function qrOf(world: World, name: string): Promise<string | null> {
  const reply = await request(sessionUrl(world, name, "/qr?format=raw&wait=5"), { headers: asAdmin });
  return reply.status === 200 ? reply.text : null;
}

export async function link(
  world: World,
  { name, phone, ...settings }: { name: string; phone: string } & SessionSettings,
): Promise<void> {
  await createSession(world, name, settings);
  const qr = await until(`a QR of ${name}`, () => qrOf(world, name), 10_000);
  await world.control.phones.scan(phone, { qr });
  await untilConnected(world, [name]);
}

export async function untilConnected(world: World, names: readonly string[], withinMs = 30_000): Promise<void> {
  for (const name of names) {
    await until(`${name} to be connected`, async () => (await statusOf(world, name)).status === "connected", withinMs);
  }
}

/** The gateway is killed in the midst of what is written, and starts again; whoever writes is told that it is over. */
export async function untilKilled({ rig }: World, { write, moment }: Life): Promise<void> {
  let isOver = false;
  const writing = write(() => isOver);
  await moment();
  await rig.gateway().kill();
  isOver = true;
  await Promise.all(writing);
  await rig.start();
}

export type Life = {
  /** Each until it is over. */
  write(isOver: () => boolean): Promise<void>[];
  /** Settles when it is to be killed. */
  moment(): Promise<unknown>;
};

/** When so many kills fall within so many messages: at random, early ones first. */
export function momentsIn(messages: number, kills: number, random: Random): number[] {
  return Array.from({ length: kills }, () => random.below(messages)).sort((a, b) => a - b);
}
