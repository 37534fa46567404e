// A linked device comes back: refused or welcomed, then served until it goes.
import { randomBytes } from "node:crypto";
import { makeKeyPair } from "../crypto/keys.ts";
import type { Fault, FaultName } from "../network/faults.ts";
import type { World } from "../network/world.ts";
import { type Companion, lidJid, type Person } from "../people/person.ts";
import { type Node, node } from "../wire/node.ts";
import type { Arrival, Connection, Role } from "./connection.ts";
import { handleIq } from "./iq.ts";
import type { Link } from "./links.ts";
import { handleMessage } from "./messages.ts";
import { handlePresence } from "./presence.ts";
import { handleAck, handleReceipt } from "./receipts.ts";

const routingLength = 12;

/** Null when the client was refused, after it was told why. */
export function admitLogin(
  world: World,
  { payload, clientKey, routing }: Arrival,
  connection: Connection,
): Role | null {
  const phone = String(payload.username ?? "");
  const person = world.registry.find(phone);
  const companion = person?.companions.get(payload.device ?? 0);
  connection.phone = phone;
  connection.name = `${phone}:${payload.device ?? "?"}`;
  const refused = refusalBy(world, phone);
  if (refused !== null) return refuse(connection, refused.code, refused.more);
  if (person === null || companion === undefined) return refuse(connection, 401);
  if (!companion.noiseKey.equals(clientKey)) {
    world.observer.violation(connection.name, "login", "the static key is not the one that was linked");
    return refuse(connection, 401);
  }
  if (routing !== null && companion.routing !== null && !companion.routing.equals(routing)) {
    world.observer.violation(connection.name, "login", "the routing information is not what it was given");
  }
  return welcome(world, person, companion, connection);
}

const banForAWhile = 402;
const refusingFaults: [FaultName, number][] = [
  ["banned", 403],
  ["version-refused", 405],
  ["login-refused", 401],
];

type Refusal = { code: number; more: Record<string, string> };

function refusalBy({ faults }: World, phone: string): Refusal | null {
  for (const [name, usual] of refusingFaults) {
    const fault = faults.strike(name, phone);
    if (fault === null) continue;
    const code = fault.code ?? usual;
    return { code, more: code === banForAWhile ? { code: "101", expire: String(secondsOf(fault)) } : {} };
  }
  return null;
}

const secondsOf = ({ delayMs }: Fault) => Math.ceil((delayMs || 3_600_000) / 1_000);

function refuse(connection: Connection, reason: number, more: Record<string, string> = {}): null {
  connection.end(node("failure", { reason: String(reason), ...more, location: "sandbox" }));
  return null;
}

function welcome(world: World, person: Person, companion: Companion, connection: Connection): Role {
  const link: Link = {
    person,
    companion,
    send: connection.send,
    end: connection.end,
    cut: connection.cut,
    silence: connection.silence,
    isActive: false,
    watched: new Set(),
    isShown: false,
    unacknowledged: new Map(),
  };
  world.links.open(link);
  if (world.faults.strike("lost-prekeys", person.phone) !== null) companion.preKeys.clear();
  connection.send(
    node("success", {
      t: world.nowSeconds(),
      lid: lidJid(person, companion.number),
      display_name: person.name,
      props: "27",
      abprops: "2",
      group_abprops: "2",
      companion_enc_static: makeKeyPair().pub.toString("base64"),
      creation: world.nowSeconds(),
      location: "sandbox",
    }),
  );
  tellAtLogin(world, link);
  return {
    handle: (stanza) => handle(world, link, stanza),
    closed: () => world.links.closed(link),
    unlink: () => world.phones.unlink(person, companion.number),
  };
}

function tellAtLogin(world: World, { person, companion, send }: Link): void {
  const told = (child: Node) => send(node("ib", { from: "@s.whatsapp.net" }, [child]));
  if (world.faults.strike("edge-routing", person.phone) !== null) {
    companion.routing = randomBytes(routingLength);
    world.changed(person);
    told(node("edge_routing", {}, [node("routing_info", {}, companion.routing)]));
  }
  if (world.faults.strike("dirty", person.phone) === null) return;
  for (const type of ["account_sync", "groups"]) told(node("dirty", { type, timestamp: world.nowSeconds() }));
}

function handle(world: World, link: Link, stanza: Node): void {
  switch (stanza.tag) {
    case "iq":
      return handleIq(world, link, stanza);
    case "message":
      return handleMessage(world, { person: link.person, device: link.companion.number }, stanza, link.send);
    case "receipt":
      return handleReceipt(world, link, stanza);
    case "ack":
      return handleAck(world, link, stanza);
    case "presence":
    case "chatstate":
    case "call":
      return handlePresence(world, link, stanza);
    case "ib":
      return;
    default:
      world.observer.unknownRequest(`<${stanza.tag}>`);
  }
}
