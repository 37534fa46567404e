// How the messages for each linked device fared: how many it has received, refused or lost, and which are still to come.
import type { Delivery, Tallies } from "../network/tallies.ts";
import type { Node } from "../wire/node.ts";

type Ledger = { received: number; refused: string[]; dropped: string[] };
/** Ids of messages, oldest first. */
export type Deliveries = {
  queued: string[];
  /** On their way, with no word from the device yet. */
  unacknowledged: string[];
  received: number;
  refused: string[];
  dropped: string[];
};

const keptIds = 10_000;

export function createLedgers(tallies: () => Tallies) {
  const ledgers = new Map<string, Ledger>();

  function of(device: string): Ledger {
    const ledger = ledgers.get(device) ?? { received: 0, refused: [], dropped: [] };
    ledgers.set(device, ledger);
    return ledger;
  }

  return {
    note(device: string, { tag, attrs }: Node, how: Delivery): void {
      if (tag !== "message" || attrs.id === undefined) return;
      tallies().delivered(attrs.id, device, how);
      const ledger = of(device);
      if (how === "received") receive(ledger, attrs.id);
      if (how === "refused" || how === "dropped") {
        ledger[how].push(attrs.id);
        if (ledger[how].length > keptIds) ledger[how].shift();
      }
    },
    read(device: string, { sent, queue }: { sent: Node[]; queue: Node[] }): Deliveries {
      const { received = 0, refused = [], dropped = [] } = ledgers.get(device) ?? {};
      return {
        queued: idsOf(queue),
        unacknowledged: idsOf(sent),
        received,
        refused: [...refused],
        dropped: [...dropped],
      };
    },
    clear: () => ledgers.clear(),
  };
}

/** What could not be read at first may be when it comes again. */
function receive(ledger: Ledger, id: string): void {
  ledger.received += 1;
  const place = ledger.refused.indexOf(id);
  if (place >= 0) ledger.refused.splice(place, 1);
}

function idsOf(stanzas: Node[]): string[] {
  return stanzas.flatMap(({ tag, attrs }) => (tag === "message" ? (attrs.id ?? []) : []));
}
