// Who is on stage where messages go both ways: sessions of the gateway, people with phones, and a group of some of both.
import type { Faults } from "../support/suite.ts";
import { link, statusOf, type World } from "./world.ts";

export type Cast = {
  sessions: { name: string; phone: string }[];
  contacts: string[];
  group: string;
  /** The contacts that are in it. */
  members: string[];
};

const mostMembers = 5;

export async function castOf(world: World, { sessions: many = 2, contacts: people = 5 } = {}): Promise<Cast> {
  const { phones } = world.control;
  const names = ["shop", "desk", "club", "home"].slice(0, many);
  const sessions = names.map((name, place) => ({ name, phone: `1555000${place + 1}111` }));
  const contacts = Array.from({ length: people }, (_, place) => `15551${String(place + 10).padStart(6, "0")}`);
  for (const number of [...sessions.map(({ phone }) => phone), ...contacts]) phones.add({ number });
  for (const session of sessions) await link(world, { ...session, pacing: "off" });
  const members = contacts.slice(0, mostMembers);
  const all = [...members.slice(1), ...sessions.map(({ phone }) => phone)];
  const group = world.control.createGroup({ subject: "Everybody", creator: members[0], members: all });
  await world.network.settled();
  return { sessions, contacts, group: group.id, members };
}

/** How many would have to be linked anew. */
export async function checkSessions(world: World, { sessions }: Cast, faults: Faults): Promise<number> {
  let rescans = 0;
  for (const { name, phone } of sessions) {
    const { status } = await statusOf(world, name);
    const { devices } = world.control.phones.get(phone);
    if (!faults.check(status === "connected" && devices.length === 1, `${name} is ${status}`)) rescans += 1;
    for (const { queued } of devices) faults.check(queued === 0, `the network still has ${queued} stanzas for ${name}`);
  }
  return rescans;
}

/** How often anybody broke the rules, who was watched by the network all the while. */
export function checkConduct(world: World, faults: Faults): number {
  const { violations } = world.control.stats(null);
  for (const { who, rule, detail } of violations) faults.add(`against the protocol, ${rule}: ${who}: ${detail}`);
  return violations.length;
}
