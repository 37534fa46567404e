// A WhatsApp network in this process: its servers, its people and what goes wrong between them, as one thing that can
// be closed. It knows nothing of gateways.
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeKeyPair } from "../crypto/keys.ts";
import { certify, makeAuthority } from "../crypto/x509.ts";
import { createCalls } from "../people/calls.ts";
import { createGroups } from "../people/groups.ts";
import type { Person } from "../people/person.ts";
import { createPhones } from "../people/phones.ts";
import { createRegistry } from "../people/registry.ts";
import { type MediaToSend, sendMedia } from "../people/sending.ts";
import { createConnection } from "../server/connection.ts";
import { createLinks } from "../server/links.ts";
import { admitLogin } from "../server/login.ts";
import { startMediaHost } from "../server/media-host.ts";
import { createPairings } from "../server/pairing.ts";
import { startSocketHost } from "../server/socket-host.ts";
import { makeCertificate } from "../wire/certificate.ts";
import { createNetworkClock } from "./clock.ts";
import { createCounters } from "./counters.ts";
import { createFaults } from "./faults.ts";
import { type Limits, usualLimits } from "./limits.ts";
import { createMediaStore } from "./media-store.ts";
import { createMemory, readMemory, recall } from "./memory.ts";
import { createObserver } from "./observer.ts";
import type { World } from "./world.ts";

export type NetworkOptions = {
  hostname?: string;
  /** 0 takes a free one. */
  port?: number;
  mediaPort?: number;
  /** Where everything is kept over a restart; a folder of its own that goes with it by default. */
  folder?: string;
  /** What else the socket's port answers to, the control API above all. */
  answer?: (request: Request) => Response | Promise<Response>;
};

export type Network = Awaited<ReturnType<typeof createNetwork>>;

const quietMs = 40;
const settleStepMs = 5;

export async function createNetwork(options: NetworkOptions = {}) {
  const { hostname = "127.0.0.1", port = 0, mediaPort = 0 } = options;
  await using opened = new AsyncDisposableStack();
  if (options.folder !== undefined) mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const folder =
    options.folder ??
    opened.adopt(mkdtempSync(join(tmpdir(), "waygate-network-")), (path) =>
      rmSync(path, { recursive: true, force: true }),
    );
  const clock = createNetworkClock();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const nowSeconds = () => Math.floor(clock.now() / 1_000);
  const file = options.folder === undefined ? null : join(folder, "network.json");
  const kept = file === null ? null : readMemory(file);
  const identity = kept?.identity ?? {
    root: makeKeyPair(),
    serverKey: makeKeyPair(),
    authority: makeAuthority("Waygate sandbox", clock.now()),
  };
  const limits: Limits = { ...usualLimits };
  const observer = createObserver(clock.now, limits);
  let isChecking = true;

  const world: World = {
    now: clock.now,
    nowSeconds: () => String(nowSeconds()),
    makeId: () => `3A${randomBytes(9).toString("hex").toUpperCase()}`,
    root: identity.root,
    serverKey: identity.serverKey,
    registry: createRegistry(nowSeconds),
    groups: createGroups(() => world),
    phones: createPhones(() => world),
    links: createLinks(() => world),
    calls: createCalls(() => world),
    pairings: createPairings(() => world),
    observer,
    counters: createCounters(observer, limits),
    limits,
    faults: createFaults((ms) => socket.refuse(ms)),
    media: createMediaStore(join(folder, "media")),
    mediaHost: () => `${hostname}:${media.port}`,
    later(delayMs, work) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        work();
      }, delayMs);
      timers.add(timer);
    },
    isChecking: () => isChecking,
    changed: (person) => memory.changed(person?.phone ?? null),
  };

  const memory = createMemory(file, identity, () => world);
  if (kept !== null) recall(world, kept);
  memory.open();
  opened.defer(() => memory.close());
  const certificate = makeCertificate(world.root, world.serverKey.pub, nowSeconds());
  const names = { dns: ["localhost"], addresses: ["127.0.0.1"] };
  const media = startMediaHost(() => world, hostname, mediaPort, certify(names, clock.now(), identity.authority));
  opened.defer(() => media.stop(true));
  const socket = startSocketHost({
    hostname,
    port,
    world,
    answer:
      options.answer ?? (() => new Response("This is a WhatsApp network: connect a WebSocket.\n", { status: 426 })),
    connect: (wire) =>
      createConnection({
        world,
        wire,
        certificate,
        admit: (arrival, connection) =>
          arrival.payload.devicePairingData == null
            ? admitLogin(world, arrival, connection)
            : world.pairings.open(arrival, connection),
      }),
  });
  opened.defer(() => socket.stop());
  opened.defer(() => {
    for (const timer of timers) clearTimeout(timer);
  });

  const keep = opened.move();
  return {
    world,
    clock,
    /** What a client needs to know to use this network instead of WhatsApp's. */
    endpoint: {
      ws: `ws://${hostname}:${socket.port}/ws/chat`,
      rootKey: world.root.pub.toString("hex"),
      ca: identity.authority.certificate,
      media: world.mediaHost(),
    },
    port: socket.port,
    folder,
    sendMedia: (person: Person, media: MediaToSend) => sendMedia(world, person, media),
    isChecking: () => isChecking,
    setChecking(isOn: boolean): void {
      isChecking = isOn;
      world.observer.record(isOn);
    },
    /** Waits until nothing is under way: no stanza unanswered, no phone about to do something. */
    async settled(withinMs = 10_000): Promise<void> {
      const began = performance.now();
      const deadline = began + withinMs;
      // What was just handed to a client's socket takes a moment to get here.
      const isQuiet = () => Math.min(performance.now() - began, world.observer.quietFor()) >= quietMs;
      while (!isQuiet() || timers.size > 0 || world.links.underWay() > 0) {
        if (performance.now() > deadline)
          throw new Error(
            `the network did not settle within ${withinMs} ms: ${timers.size} timers, ${world.links.underWay()} stanzas under way`,
          );
        await new Promise((resolve) => setTimeout(resolve, settleStepMs));
      }
    },
    /** Everybody is gone, cut off and forgotten; the network itself stays what it is. */
    reset(): void {
      const gone = world.registry.all();
      for (const link of world.links.all()) link.cut();
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      world.faults.clear();
      world.groups.clear();
      world.registry.clear();
      world.phones.clear();
      world.media.clear();
      world.links.clear();
      world.calls.clear();
      world.counters.clear();
      world.observer.clear();
      for (const person of gone) world.changed(person);
      world.changed();
    },
    [Symbol.asyncDispose]: () => keep.disposeAsync(),
  };
}
