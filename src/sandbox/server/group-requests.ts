// w:g2: asking about groups and changing them.
import { randomBytes } from "node:crypto";
import type { World } from "../network/world.ts";
import type { Group, GroupRole } from "../people/groups.ts";
import { jidIn, type Person } from "../people/person.ts";
import { child, children, childrenNamed, type Node, node, textOf } from "../wire/node.ts";
import type { Answer } from "./iq.ts";
import type { Link } from "./links.ts";

const notFound = { error: 404, text: "item-not-found" };
const forbidden = { error: 403, text: "forbidden" };

export function handleGroups(world: World, link: Link, request: Node): Answer {
  const [asked] = children(request);
  if (asked === undefined) return [];
  const to = request.attrs.to ?? "";
  const group = world.groups.find(to);
  if (group === null) return to === "@g.us" ? withoutGroup(world, link, asked, request.attrs.type) : notFound;
  if (asked.tag === "query" || (asked.tag === "invite" && request.attrs.type === "get"))
    return query(group, link.person, asked);
  if (!group.has(link.person)) return forbidden;
  return change(world, group, link.person, asked);
}

function withoutGroup(world: World, { person }: Link, asked: Node, type: string | undefined): Answer {
  switch (asked.tag) {
    case "participating":
      return [
        node(
          "groups",
          {},
          world.groups.of(person).map((group) => group.metadata()),
        ),
      ];
    case "create":
      return [createGroup(world, person, asked)];
    case "leave":
      for (const left of childrenNamed(asked, "group")) leave(world, person, left.attrs.id ?? "");
      return [asked];
    case "invite": {
      const group = world.groups.findByInvite(asked.attrs.code ?? "");
      if (group === null) return notFound;
      if (type === "get") return [group.metadata()];
      join(world, group, person);
      return [node("group", { jid: group.jid })];
    }
    default:
      world.observer.unknownRequest(`w:g2 ${asked.tag}`);
      return [];
  }
}

function query(group: Group, person: Person, asked: Node): Answer {
  if (!group.has(person)) return forbidden;
  return asked.tag === "invite" ? [node("invite", { code: group.facts.inviteCode })] : [group.metadata()];
}

function createGroup(world: World, creator: Person, asked: Node): Node {
  const members = childrenNamed(asked, "participant").flatMap((one) => world.registry.findByJid(one.attrs.jid) ?? []);
  const group = world.groups.create({ subject: asked.attrs.subject ?? "", creator, members });
  group.announceChange(creator, node("create", { type: "new", key: asked.attrs.key }, [group.metadata()]));
  return group.metadata();
}

export function leave(world: World, person: Person, id: string): void {
  const group = world.groups.find(id);
  if (group === null || !group.has(person)) return;
  const gone = group.participantNode(person);
  group.facts.members.delete(person.phone);
  renewSenderKeys(group);
  group.announceChange(person, node("remove", {}, [gone]), [person]);
}

export function join(world: World, group: Group, person: Person): void {
  if (group.has(person)) return;
  group.facts.members.set(person.phone, null);
  group.announceChange(person, node("add", { reason: "invite" }, [group.participantNode(person)]));
  world.changed();
}

const memberChanges: Record<string, (group: Group, person: Person) => number | null> = {
  add: (group, person) => set(group, person, null, group.has(person) ? 409 : null),
  remove: (group, person) => {
    if (!group.facts.members.delete(person.phone)) return 404;
    renewSenderKeys(group);
    return null;
  },
  promote: (group, person) => set(group, person, "admin", group.has(person) ? null : 404),
  demote: (group, person) => set(group, person, null, group.has(person) ? null : 404),
};

function set(group: Group, person: Person, role: GroupRole, fault: number | null): number | null {
  if (fault === null) group.facts.members.set(person.phone, role);
  return fault;
}

/** Who has gone must not read on: phones in the group begin new chains. */
function renewSenderKeys(group: Group): void {
  for (const person of group.people()) person.device.forgetOwnSenderKey(group.jid);
}

export function changeMembers(world: World, group: Group, actor: Person, asked: Node): Node {
  const apply = memberChanges[asked.tag] ?? (() => 400);
  const people = childrenNamed(asked, "participant").map(({ attrs }) => ({
    jid: attrs.jid,
    person: world.registry.findByJid(attrs.jid),
  }));
  const shown = people.map(({ person }) => (person === null ? null : group.participantNode(person)));
  const faults = people.map(({ person }) => (person === null ? 404 : apply(group, person)));
  const done = people.flatMap(({ person }, place) =>
    person !== null && faults[place] === null ? [{ person, before: shown[place] }] : [],
  );
  if (done.length > 0) {
    const nodes = done.map(({ person, before }) =>
      asked.tag === "remove" && before ? before : group.participantNode(person),
    );
    group.announceChange(
      actor,
      node(asked.tag, {}, nodes),
      done.map(({ person }) => person),
    );
  }
  return node(
    asked.tag,
    {},
    people.map(({ jid }, place) =>
      node("participant", { jid, error: faults[place] == null ? undefined : String(faults[place]) }),
    ),
  );
}

type Setting = (group: Group, asked: Node, actor: Person, world: World) => Node;

const settings: Record<string, Setting> = {
  subject({ facts, addressing }, asked, actor, world) {
    facts.subject = { text: textOf(asked), at: Number(world.nowSeconds()), by: actor.phone };
    return node("subject", {
      subject: facts.subject.text,
      s_t: String(facts.subject.at),
      s_o: jidIn(actor, addressing),
    });
  },
  description({ facts }, asked, actor, world) {
    const text = textOf(child(asked, "body"));
    const id = asked.attrs.id ?? randomBytes(10).toString("hex").toUpperCase();
    const isGone = asked.attrs.delete === "true";
    facts.description = isGone ? null : { id, text, at: Number(world.nowSeconds()), by: actor.phone };
    return node("description", { id }, isGone ? [node("delete")] : [node("body", {}, Buffer.from(text))]);
  },
  announcement: (group) => flag(group, "announce", true, "announcement"),
  not_announcement: (group) => flag(group, "announce", false, "not_announcement"),
  locked: (group) => flag(group, "locked", true, "locked"),
  unlocked: (group) => flag(group, "locked", false, "unlocked"),
  ephemeral({ facts }, asked) {
    facts.ephemeralSeconds = Number(asked.attrs.expiration ?? 0);
    return node("ephemeral", { expiration: String(facts.ephemeralSeconds) });
  },
  not_ephemeral({ facts }) {
    facts.ephemeralSeconds = 0;
    return node("not_ephemeral");
  },
  member_add_mode({ facts }, asked) {
    facts.memberAddMode = textOf(asked) === "all_member_add" ? "all_member_add" : "admin_add";
    return node("member_add_mode", {}, Buffer.from(facts.memberAddMode));
  },
  membership_approval_mode({ facts }, asked) {
    facts.joinApproval = child(asked, "group_join")?.attrs.state === "on";
    return asked;
  },
};

function flag({ facts }: Group, name: "announce" | "locked", isOn: boolean, tag: string): Node {
  facts[name] = isOn;
  return node(tag);
}

function change(world: World, group: Group, actor: Person, asked: Node): Answer {
  if (asked.tag in memberChanges) {
    const mayAdd = asked.tag === "add" && group.facts.memberAddMode === "all_member_add";
    return mayAdd || group.isAdmin(actor) ? [changeMembers(world, group, actor, asked)] : forbidden;
  }
  if (asked.tag === "invite") {
    group.facts.inviteCode = randomBytes(16).toString("base64url");
    group.announceChange(actor, node("invite", { code: group.facts.inviteCode }));
    return [node("invite", { code: group.facts.inviteCode })];
  }
  if (asked.tag === "membership_approval_requests") return [node("membership_approval_requests")];
  if (!(asked.tag in settings)) {
    world.observer.unknownRequest(`w:g2 ${asked.tag}`);
    return [];
  }
  if (group.facts.locked && !group.isAdmin(actor)) return forbidden;
  changeSetting(world, group, actor, asked);
  return [];
}

export function changeSetting(world: World, group: Group, actor: Person, asked: Node): void {
  const change = settings[asked.tag]?.(group, asked, actor, world);
  if (change !== undefined) group.announceChange(actor, change);
}
