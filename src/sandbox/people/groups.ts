// Groups: who is in them, what they are called, who may do what; and the word that goes round when that changes.
import { randomBytes, randomInt } from "node:crypto";
import type { World } from "../network/world.ts";
import { type Node, node } from "../wire/node.ts";
import { devicesOf, jidIn, lidJid, type Person, phoneJid } from "./person.ts";

export type GroupRole = "superadmin" | "admin" | null;
export type GroupFacts = {
  id: string;
  subject: { text: string; at: number; by: string };
  description: { id: string; text: string; at: number; by: string } | null;
  creator: string;
  createdAt: number;
  addressing: "pn" | "lid";
  /** By number. */
  members: Map<string, GroupRole>;
  announce: boolean;
  locked: boolean;
  ephemeralSeconds: number;
  memberAddMode: "admin_add" | "all_member_add";
  joinApproval: boolean;
  inviteCode: string;
  picture: { id: string; bytes: Buffer } | null;
};

export type Group = ReturnType<typeof groupOf>;
export type Groups = ReturnType<typeof createGroups>;
export type NewGroup = { subject: string; creator: Person; members: Person[]; addressing?: "pn" | "lid" };

export function createGroups(world: () => World) {
  const groups = new Map<string, Group>();

  function add(facts: GroupFacts): Group {
    const group = groupOf(facts, world);
    groups.set(facts.id, group);
    return group;
  }

  return {
    add,
    all: () => [...groups.values()],
    find: (jid: string): Group | null => groups.get(jid.replace(/@g\.us$/, "")) ?? null,
    findByInvite: (code: string) => [...groups.values()].find((group) => group.facts.inviteCode === code) ?? null,
    of: (person: Person) => [...groups.values()].filter((group) => group.has(person)),
    create({ subject, creator, members, addressing = "lid" }: NewGroup): Group {
      const now = Number(world().nowSeconds());
      const everybody: [string, GroupRole][] = [
        ...members.map((one): [string, GroupRole] => [one.phone, null]),
        [creator.phone, "superadmin"],
      ];
      return add({
        id: `120363${randomInt(1e9, 9e9)}${randomInt(100, 999)}`,
        subject: { text: subject, at: now, by: creator.phone },
        description: null,
        creator: creator.phone,
        createdAt: now,
        addressing,
        members: new Map(everybody),
        announce: false,
        locked: false,
        ephemeralSeconds: 0,
        memberAddMode: "all_member_add",
        joinApproval: false,
        inviteCode: randomBytes(16).toString("base64url"),
        picture: null,
      });
    },
    clear: () => groups.clear(),
  };
}

function groupOf(facts: GroupFacts, world: () => World) {
  const jid = `${facts.id}@g.us`;
  const personOf = (phone: string) => world().registry.find(phone);
  const people = () => [...facts.members.keys()].flatMap((phone) => personOf(phone) ?? []);
  const shown = (person: Person | null) => (person === null ? undefined : jidIn(person, facts.addressing));

  function participantNode(person: Person, extra: Record<string, string | undefined> = {}): Node {
    const other =
      facts.addressing === "lid"
        ? { phone_number: phoneJid(person) }
        : { lid: person.lid === null ? undefined : lidJid(person) };
    return node("participant", {
      jid: shown(person),
      type: facts.members.get(person.phone) ?? undefined,
      ...other,
      ...extra,
    });
  }

  function metadata(): Node {
    const [creator, namer] = [personOf(facts.creator), personOf(facts.subject.by)];
    const pn = (person: Person | null) =>
      facts.addressing === "lid" && person !== null ? phoneJid(person) : undefined;
    const attrs = {
      id: facts.id,
      addressing_mode: facts.addressing,
      subject: facts.subject.text,
      s_t: String(facts.subject.at),
      s_o: shown(namer),
      s_o_pn: pn(namer),
      creation: String(facts.createdAt),
      creator: shown(creator),
      creator_pn: pn(creator),
      size: String(facts.members.size),
    };
    const { description } = facts;
    const body = description === null ? [] : [node("body", {}, Buffer.from(description.text))];
    return node("group", attrs, [
      ...(description === null ? [] : [node("description", { id: description.id, t: String(description.at) }, body)]),
      ...(facts.announce ? [node("announcement")] : []),
      ...(facts.locked ? [node("locked")] : []),
      ...(facts.ephemeralSeconds > 0 ? [node("ephemeral", { expiration: String(facts.ephemeralSeconds) })] : []),
      node("member_add_mode", {}, Buffer.from(facts.memberAddMode)),
      ...(facts.joinApproval ? [node("membership_approval_mode", {}, [node("group_join", { state: "on" })])] : []),
      ...people().map((person) => participantNode(person)),
    ]);
  }

  return {
    facts,
    jid,
    get addressing() {
      return facts.addressing;
    },
    get announce() {
      return facts.announce;
    },
    get picture() {
      return facts.picture;
    },
    set picture(picture: GroupFacts["picture"]) {
      facts.picture = picture;
    },
    people,
    metadata,
    participantNode,
    has: (person: Person) => facts.members.has(person.phone),
    isAdmin: (person: Person) => (facts.members.get(person.phone) ?? null) !== null,
    /** To every device of everybody concerned, the one that made the change among them. */
    announceChange(actor: Person, change: Node, alsoTo: Person[] = []): void {
      const told = new Set([...people(), ...alsoTo]);
      const other =
        facts.addressing === "lid"
          ? { participant_pn: phoneJid(actor) }
          : { participant_lid: actor.lid === null ? undefined : lidJid(actor) };
      for (const address of [...told].flatMap(devicesOf)) {
        if (address.device === 0) continue;
        const attrs = {
          from: jid,
          type: "w:gp2",
          id: world().makeId(),
          t: world().nowSeconds(),
          participant: shown(actor),
          ...other,
          notify: actor.name,
          addressing_mode: facts.addressing,
        };
        world().links.deliver(address, node("notification", attrs, [change]));
      }
      world().changed();
    },
  };
}
