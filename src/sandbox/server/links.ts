// Live connections of linked devices, and what waits for those that are away. What was sent and not acknowledged goes
// back to the front of the queue when a connection ends.
import type { World } from "../network/world.ts";
import { type Address, type Companion, type Person, peerName } from "../people/person.ts";
import { type Node, node } from "../wire/node.ts";

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
  isActive: boolean;
  unacknowledged: Map<string, Node>;
};

export type Links = ReturnType<typeof createLinks>;

const queued = new Set(["message", "receipt", "notification", "call"]);
const maxQueue = 20_000;

export function createLinks(world: () => World) {
  const links = new Map<string, Link>();
  const nameOf = (person: Person, companion: Companion) => peerName({ person, device: companion.number });

  function sendTracked(link: Link, stanza: Node): void {
    if (queued.has(stanza.tag)) link.unacknowledged.set(ackName(stanza.tag, stanza), stanza);
    link.send(stanza);
  }

  function flush(link: Link): void {
    const waiting = link.companion.queue.splice(0);
    if (waiting.length > 0) {
      const counts = Object.fromEntries(
        [...queued].map((tag) => [tag, String(waiting.filter((one) => one.tag === tag).length)]),
      );
      link.send(
        node("ib", { from: "@s.whatsapp.net" }, [
          node("offline_preview", { count: String(waiting.length), appdata: "0", ...counts }),
        ]),
      );
    }
    for (const [place, stanza] of waiting.entries()) {
      sendTracked(link, { ...stanza, attrs: { ...stanza.attrs, offline: String(place) } });
    }
    link.send(node("ib", { from: "@s.whatsapp.net" }, [node("offline", { count: String(waiting.length) })]));
  }

  return {
    find: ({ person, device }: Address) => links.get(peerName({ person, device })) ?? null,
    ofPerson: (person: Person) => [...links.values()].filter((link) => link.person === person),
    all: () => [...links.values()],

    /** A second login of the same device takes the first one's place. */
    open(link: Link): void {
      const name = nameOf(link.person, link.companion);
      links.get(name)?.end(node("stream:error", {}, [node("conflict", { type: "replaced" })]));
      links.set(name, link);
    },
    /** It has asked for what it missed; from now on it is sent things as they come. */
    activate(link: Link): void {
      if (link.isActive) return;
      link.isActive = true;
      flush(link);
    },
    closed(link: Link): void {
      const name = nameOf(link.person, link.companion);
      if (links.get(name) === link) links.delete(name);
      link.companion.queue.unshift(...link.unacknowledged.values());
      link.unacknowledged.clear();
      world().changed();
    },
    deliver(address: Address, stanza: Node): void {
      const link = links.get(peerName(address));
      if (link?.isActive) return sendTracked(link, stanza);
      const companion = address.person.companions.get(address.device);
      if (companion === undefined || !queued.has(stanza.tag)) return;
      companion.queue.push(stanza);
      if (companion.queue.length > maxQueue) companion.queue.shift();
      world().changed();
    },
    /** The client has told that it has this one. */
    acknowledge(link: Link, tag: string, attrs: Record<string, string>): void {
      const name = ackName(tag, { tag, attrs });
      if (!link.unacknowledged.delete(name)) return;
      world().changed();
    },
    underWay: () => [...links.values()].reduce((sum, link) => sum + link.unacknowledged.size, 0),
  };
}

/** A message is acknowledged by its id alone; of receipts with one id there may be several. */
function ackName(tag: string, { attrs }: Node): string {
  return tag === "receipt"
    ? `receipt ${attrs.id} ${attrs.type ?? ""} ${attrs.participant ?? ""}`
    : `${tag} ${attrs.id}`;
}
