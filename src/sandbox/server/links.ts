// Live connections of linked devices, and what waits for those that are away. What was sent and not acknowledged goes
// back to the front of the queue when a connection ends.
import type { World } from "../network/world.ts";
import { type Address, type Companion, type Person, peerName } from "../people/person.ts";
import { type Node, node } from "../wire/node.ts";
import { createLedgers } from "./ledgers.ts";

/** The far end of a linked device's connection. */
export type Link = {
  readonly person: Person;
  readonly companion: Companion;
  send(node: Node): void;
  /** Says why, if there is something to say, and closes. */
  end(farewell: Node | null): void;
  /** Cut off, with no word. */
  cut(): void;
  /** Falls silent from now on. */
  silence(): void;
  /** It has got what it missed; from now on it is sent things as they come. */
  isActive: boolean;
  /** Whose presence it wants to hear of. */
  readonly watched: Set<Person>;
  /** It shows itself as there: only then is it told who else is, and who types. */
  isShown: boolean;
  unacknowledged: Map<string, Sent>;
};

/** `copies`: how often it is on its way on this connection; a retry's answer overtakes the refusal of what it answers. */
type Sent = { stanza: Node; copies: number };

export type Links = ReturnType<typeof createLinks>;

const queued = new Set(["message", "receipt", "notification", "call"]);
/** Between two stanzas of a backlog, where a fault makes it slow and does not say how slow. */
const slowBacklogMs = 50;

export function createLinks(world: () => World) {
  const links = new Map<string, Link>();
  const ledgers = createLedgers(() => world().observer.messages);
  const nameOf = (person: Person, companion: Companion) => peerName({ person, device: companion.number });

  function sendTracked(link: Link, stanza: Node): void {
    if (queued.has(stanza.tag)) {
      const name = ackName(stanza.tag, stanza);
      const copies = (link.unacknowledged.get(name)?.copies ?? 0) + 1;
      link.unacknowledged.set(name, { stanza, copies });
      ledgers.note(nameOf(link.person, link.companion), stanza, "sent");
    }
    link.send(stanza);
  }

  function push(address: Address, companion: Companion, stanza: Node): void {
    companion.queue.push(stanza);
    ledgers.note(peerName(address), stanza, "queued");
    while (companion.queue.length > world().limits.queue) {
      const dropped = companion.queue.shift();
      if (dropped !== undefined) ledgers.note(peerName(address), dropped, "dropped");
    }
    world().changed(address.person);
  }

  /** What was on its way comes first again. */
  function takeBack(link: Link): void {
    const unacknowledged = [...link.unacknowledged.values()].map(({ stanza }) => stanza);
    link.unacknowledged.clear();
    link.companion.queue.unshift(...unacknowledged);
    for (const stanza of unacknowledged) ledgers.note(nameOf(link.person, link.companion), stanza, "queued");
  }

  function preview({ companion: { queue } }: Link): Node {
    const counts = [...queued].map((tag) => [tag, String(queue.filter((one) => one.tag === tag).length)]);
    const attrs = { count: String(queue.length), appdata: "0", ...Object.fromEntries(counts) };
    return fromNetwork(node("offline_preview", attrs));
  }

  /** One after the other. What comes meanwhile takes its place at the end, so that nothing is overtaken. */
  function flush(link: Link, pauseMs: number, place = 0): void {
    const { queue } = link.companion;
    const batch = queue.splice(0, pauseMs > 0 ? 1 : queue.length);
    for (const [at, stanza] of batch.entries())
      sendTracked(link, { ...stanza, attrs: { ...stanza.attrs, offline: String(place + at) } });
    const next = place + batch.length;
    if (queue.length === 0) return finish(link, next);
    world().later(pauseMs, () => isCurrent(link) && flush(link, pauseMs, next));
  }

  function finish(link: Link, count: number): void {
    link.isActive = true;
    link.send(fromNetwork(node("offline", { count: String(count) })));
    world().changed(link.person);
  }

  const isCurrent = (link: Link) => links.get(nameOf(link.person, link.companion)) === link;

  return {
    find: ({ person, device }: Address) => links.get(peerName({ person, device })) ?? null,
    ofPerson: (person: Person) =>
      [...person.companions.keys()].flatMap((device) => links.get(peerName({ person, device })) ?? []),
    all: () => [...links.values()],

    /** A second login of the same device takes the first one's place, and what that one had not acknowledged. */
    open(link: Link): void {
      const name = nameOf(link.person, link.companion);
      const former = links.get(name);
      former?.end(node("stream:error", {}, [node("conflict", { type: "replaced" })]));
      if (former !== undefined) takeBack(former);
      links.set(name, link);
    },
    /** It has asked for what it missed. */
    activate(link: Link): void {
      if (link.isActive || !isCurrent(link)) return;
      if (link.companion.queue.length > 0) link.send(preview(link));
      const slow = world().faults.strike("slow-backlog", link.person.phone);
      flush(link, slow === null ? 0 : slow.delayMs || slowBacklogMs);
    },
    closed(link: Link): void {
      if (isCurrent(link)) links.delete(nameOf(link.person, link.companion));
      takeBack(link);
      world().changed(link.person);
    },
    deliver(address: Address, stanza: Node): void {
      const link = links.get(peerName(address));
      if (link?.isActive) return sendTracked(link, stanza);
      const companion = address.person.companions.get(address.device);
      if (companion !== undefined && queued.has(stanza.tag)) push(address, companion, stanza);
    },
    /** The client has told that it has this one, or that it cannot use it. */
    acknowledge(
      link: Link,
      tag: string,
      attrs: Record<string, string>,
      how: "received" | "refused" = "received",
    ): void {
      const name = ackName(tag, { tag, attrs });
      const sent = link.unacknowledged.get(name);
      if (sent === undefined) return;
      if (how === "refused" && sent.copies > 1) return void sent.copies--;
      link.unacknowledged.delete(name);
      ledgers.note(nameOf(link.person, link.companion), sent.stanza, how);
      world().changed(link.person);
    },
    /** For the disk: all that it has not told to have. */
    waitingFor: (address: Address): Node[] => [
      ...[...(links.get(peerName(address))?.unacknowledged.values() ?? [])].map(({ stanza }) => stanza),
      ...(address.person.companions.get(address.device)?.queue ?? []),
    ],
    ledger(address: Address) {
      const sent = [...(links.get(peerName(address))?.unacknowledged.values() ?? [])].map(({ stanza }) => stanza);
      const queue = address.person.companions.get(address.device)?.queue ?? [];
      return ledgers.read(peerName(address), { sent, queue });
    },
    underWay: () => [...links.values()].reduce((sum, link) => sum + link.unacknowledged.size, 0),
    clear: () => ledgers.clear(),
  };
}

const fromNetwork = (child: Node) => node("ib", { from: "@s.whatsapp.net" }, [child]);

/** A message is acknowledged by its id alone; of receipts with one id there may be several. */
function ackName(tag: string, { attrs }: Node): string {
  return tag === "receipt"
    ? `receipt ${attrs.id} ${attrs.type ?? ""} ${attrs.participant ?? ""}`
    : `${tag} ${attrs.id}`;
}
