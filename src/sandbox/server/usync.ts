// usync: who is who. Devices, LIDs, whether a number is on the network, what somebody says about themselves.

import { xeddsaSign } from "../crypto/keys.ts";
import type { World } from "../network/world.ts";
import { type Person, phoneJid } from "../people/person.ts";
import { maySee } from "../people/privacy.ts";
import { isLid } from "../wire/jid.ts";
import { child, children, childrenNamed, type Node, node, textOf } from "../wire/node.ts";
import { proto } from "../wire/proto.ts";
import type { Answer } from "./iq.ts";
import type { Link } from "./links.ts";

export function handleUsync(world: World, link: Link, request: Node): Answer {
  const usync = child(request, "usync");
  const asked = children(child(usync, "query")).map((one) => one.tag);
  const users = childrenNamed(child(usync, "list"), "user").map((user) => describe(world, link, user, asked));
  return [
    node("usync", { ...usync?.attrs }, [
      node(
        "result",
        {},
        asked.map((tag) => node(tag)),
      ),
      node("list", {}, users),
    ]),
  ];
}

function describe(world: World, link: Link, user: Node, asked: string[]): Node {
  const contact = textOf(child(user, "contact"));
  const { jid } = user.attrs;
  const person = jid === undefined ? world.registry.find(contact) : world.registry.findByJid(jid);
  if (person === null) {
    const shown = jid ?? `${contact.replace(/\D/g, "")}@s.whatsapp.net`;
    return node(
      "user",
      { jid: shown },
      asked.includes("contact") ? [node("contact", { type: "out" }, Buffer.from(contact))] : [],
    );
  }
  if (asked.includes("devices")) getToKnow(world, link, person);
  const told = asked.flatMap((tag) => answerTo(tag, { world, asker: link.person, person, jid, contact }));
  return node("user", { jid: jid ?? phoneJid(person) }, told);
}

/** From now on it is told when this one's devices change. */
function getToKnow(world: World, { person: asker, companion }: Link, person: Person): void {
  if (companion.knows.has(person.phone)) return;
  companion.knows.add(person.phone);
  world.changed(asker);
}

type Asked = { world: World; asker: Person; person: Person; jid: string | undefined; contact: string };

function answerTo(tag: string, { world, asker, person, jid, contact }: Asked): Node[] {
  switch (tag) {
    case "devices":
      return [devices(world, person)];
    case "lid":
      // Only to who asked by number: a LID's own LID confuses clients.
      return person.lid === null || (jid !== undefined && isLid(jid))
        ? []
        : [node("lid", { val: `${person.lid}@lid` })];
    case "contact":
      return [node("contact", { type: "in" }, Buffer.from(contact))];
    case "status":
      return [status(asker, person)];
    case "disappearing_mode": {
      const { seconds, at } = person.disappearing;
      return [node("disappearing_mode", { duration: String(seconds), t: String(at) })];
    }
    default:
      return [];
  }
}

function status(asker: Person, person: Person): Node {
  if (!maySee(asker, person, "status")) return node("status", { code: "401" });
  return node("status", { t: String(person.about.at) }, Buffer.from(person.about.text));
}

function devices(world: World, person: Person): Node {
  const list = [
    node("device", { id: "0" }),
    ...[...person.companions.values()].map((one) =>
      node("device", { id: String(one.number), "key-index": String(one.keyIndex) }),
    ),
  ];
  return node("devices", {}, [
    node("device-list", { hash: `2:${person.companions.size}` }, list),
    node("key-index-list", { ts: world.nowSeconds() }, keyIndexList(world, person)),
  ]);
}

/** The phone's signed word on which of its devices count. */
function keyIndexList(world: World, person: Person): Buffer {
  const validIndexes = [0, ...[...person.companions.values()].map((one) => one.keyIndex)];
  const currentIndex = Math.max(...validIndexes);
  const details = Buffer.from(
    proto.ADVKeyIndexList.encode({
      rawId: person.rawId,
      timestamp: Number(world.nowSeconds()),
      currentIndex,
      validIndexes,
      accountType: 0,
    }).finish(),
  );
  const accountSignature = xeddsaSign(person.keys.identity, Buffer.concat([Buffer.of(6, 2), details]));
  const signed = { details, accountSignature, accountSignatureKey: person.keys.identity.pub };
  return Buffer.from(proto.ADVSignedKeyIndexList.encode(signed).finish());
}
