// Requests and their answers. An unknown one gets an empty result and is listed.
import { randomInt } from "node:crypto";
import type { World } from "../network/world.ts";
import { phoneJid } from "../people/person.ts";
import { bytesOf, child, children, childrenNamed, type Node, node, textOf } from "../wire/node.ts";
import { handleAppState } from "./app-state.ts";
import { handleEncrypt } from "./encrypt.ts";
import { handleGroups } from "./group-requests.ts";
import type { Link } from "./links.ts";
import { handleMex } from "./mex.ts";
import { refusal, result } from "./replies.ts";
import { handleUsync } from "./usync.ts";

/** The content of the result, or the whole answer where that is an error. */
export type Answer = Node[] | { error: number; text: string };
export type IqHandler = (world: World, link: Link, request: Node) => Answer | Promise<Answer>;

const handlers: Record<string, IqHandler> = {
  encrypt: handleEncrypt,
  usync: handleUsync,
  "w:g2": handleGroups,
  "w:sync:app:state": handleAppState,
  "w:mex": handleMex,
  passive: handlePassive,
  abt: () => [
    node("props", { protocol: "1", hash: "sandbox", ab_key: "sandbox", refresh: "86400", refresh_id: "1" }, [
      node("prop", { config_code: "10518", config_value: "true" }),
      node("prop", { config_code: "9666", config_value: "true" }),
    ]),
  ],
  blocklist: handleBlocklist,
  privacy: handlePrivacy,
  status: handleStatus,
  "w:m": (world) => [mediaConnection(world)],
  "w:p": () => [],
  "w:profile:picture": handlePicture,
  "w:biz": () => [node("business_profile")],
  bot: () => [node("bot", { v: "2" })],
  newsletter: handleNewsletter,
  md: handleDevices,
  disappearing_mode: () => [],
  "urn:xmpp:whatsapp:dirty": () => [],
  "urn:xmpp:whatsapp:push": () => [],
  "urn:xmpp:whatsapp:account": () => [],
  "w:stats": () => [],
  tos: () => [],
};

export function handleIq(world: World, link: Link, request: Node): void {
  const { type, id, xmlns = "" } = request.attrs;
  if (type === "result" || type === "error") return;
  if (id === undefined) return world.observer.violation(phoneJid(link.person), "iq", "a request without an id");
  const handler = handlers[xmlns];
  if (handler === undefined) {
    world.observer.unknownRequest(`${xmlns} ${type} ${children(request)[0]?.tag ?? ""}`.trim());
    return link.send(result(request));
  }
  const answer = handler(world, link, request);
  if (answer instanceof Promise) answer.then((done) => reply(link, request, done));
  else reply(link, request, answer);
}

function reply(link: Link, request: Node, answer: Answer): void {
  if (Array.isArray(answer)) link.send(result(request, answer.length === 0 ? undefined : answer));
  else link.send(refusal(request, answer.error, answer.text));
}

function handlePassive(world: World, link: Link, request: Node): Answer {
  // The answer first: what was missed follows it.
  if (child(request, "active") !== undefined) world.later(0, () => activate(world, link));
  return [];
}

function activate(world: World, link: Link): void {
  world.links.activate(link);
  if (!link.companion.isSynced) {
    link.companion.isSynced = true;
    world.changed();
    world.phones.sync(link.person, link.companion.number);
  }
}

function handleBlocklist(world: World, { person }: Link, request: Node): Answer {
  for (const item of childrenNamed(request, "item")) {
    const jid = item.attrs.jid ?? "";
    if (item.attrs.action === "block") person.blocked.add(jid);
    if (item.attrs.action === "unblock") person.blocked.delete(jid);
    world.changed();
  }
  return [
    node(
      "list",
      { dhash: String(person.blocked.size) },
      [...person.blocked].map((jid) => node("item", { jid })),
    ),
  ];
}

function handlePrivacy(world: World, { person }: Link, request: Node): Answer {
  if (child(request, "tokens") !== undefined) return [node("tokens")];
  for (const category of childrenNamed(child(request, "privacy"), "category")) {
    const { name, value } = category.attrs;
    if (request.attrs.type !== "set" || name === undefined || value === undefined) continue;
    person.privacy.set(name, value);
    world.changed();
  }
  if (request.attrs.type === "set") return [];
  return [
    node(
      "privacy",
      {},
      [...person.privacy].map(([name, value]) => node("category", { name, value })),
    ),
  ];
}

function handleStatus(world: World, { person }: Link, request: Node): Answer {
  if (request.attrs.type !== "set") return [];
  person.about = { text: textOf(child(request, "status")), at: Number(world.nowSeconds()) };
  world.changed();
  return [];
}

function mediaConnection(world: World): Node {
  const host = node("host", { hostname: world.mediaHost(), maxContentLengthBytes: "2147483648" });
  return node(
    "media_conn",
    { auth: "sandbox", ttl: "300", auth_ttl: "21600", max_buckets: "12", id: world.nowSeconds() },
    [host],
  );
}

function handlePicture(world: World, { person }: Link, request: Node): Answer {
  const target = request.attrs.target ?? phoneJid(person);
  const owner = world.groups.find(target) ?? world.registry.findByJid(target);
  if (owner === null) return { error: 404, text: "item-not-found" };
  const asked = child(request, "picture");
  if (request.attrs.type === "set") {
    const bytes = bytesOf(asked);
    owner.picture = bytes === null ? null : { id: String(randomInt(1e8, 1e9)), bytes };
    world.changed();
    return [node("picture", { id: owner.picture?.id ?? "0" })];
  }
  if (owner.picture === null) return { error: 404, text: "item-not-found" };
  const path = `/pictures/${owner.picture.id}.jpg`;
  const url = `https://${world.mediaHost()}${path}`;
  return [node("picture", { id: owner.picture.id, type: asked?.attrs.type ?? "image", url, direct_path: path })];
}

function handleNewsletter(_world: World, _link: Link, request: Node): Answer {
  const [asked] = children(request);
  return asked === undefined ? [] : [node(asked.tag, asked.tag === "live_updates" ? { duration: "300" } : {})];
}

/** `sock.logout()`: the device is forgotten, and the client closes by itself. */
function handleDevices(world: World, link: Link, request: Node): Answer {
  if (child(request, "remove-companion-device") !== undefined) {
    world.later(0, () => world.phones.unlink(link.person, link.companion.number));
  }
  return [];
}
