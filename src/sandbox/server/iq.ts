// Requests and their answers. An unknown one gets an empty result and is listed.
import type { World } from "../network/world.ts";
import { phoneJid } from "../people/person.ts";
import { child, children, type Node, node } from "../wire/node.ts";
import { handleAppState } from "./app-state.ts";
import { handleEncrypt } from "./encrypt.ts";
import { handleGroups } from "./group-requests.ts";
import type { Link } from "./links.ts";
import { handleMex } from "./mex.ts";
import { handleBlocklist, handleDisappearing, handlePicture, handlePrivacy, handleStatus } from "./profile.ts";
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
  disappearing_mode: handleDisappearing,
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
  if (keepsSilent(world, link, xmlns)) return;
  const handler = handlers[xmlns];
  if (handler === undefined) {
    world.observer.unknownRequest(`${xmlns} ${type} ${children(request)[0]?.tag ?? ""}`.trim());
    return link.send(result(request));
  }
  const answer = handler(world, link, request);
  if (answer instanceof Promise) answer.then((done) => reply(link, request, done));
  else reply(link, request, answer);
}

function keepsSilent({ faults }: World, { person: { phone } }: Link, xmlns: string): boolean {
  return (
    faults.strike("iq-silence", phone) !== null || (xmlns === "w:p" && faults.strike("ping-silence", phone) !== null)
  );
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
    world.changed(link.person);
    world.phones.sync(link.person, link.companion.number);
  }
}

function mediaConnection(world: World): Node {
  const host = node("host", { hostname: world.mediaHost(), maxContentLengthBytes: "2147483648" });
  return node(
    "media_conn",
    { auth: "sandbox", ttl: "300", auth_ttl: "21600", max_buckets: "12", id: world.nowSeconds() },
    [host],
  );
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
