// Word of a person's devices: linked, unlinked, to every device that has asked for them. Those that are away hear of it
// when they are back.
import type { World } from "../network/world.ts";
import { type Node, node } from "../wire/node.ts";
import { type Companion, lidJid, type Person, phoneJid } from "./person.ts";

export function deviceEvents(world: () => World) {
  /** Once for each form of the address: clients keep their lists by either. */
  function announceDevice(person: Person, number: number, change: "add" | "remove"): void {
    const keyIndex = person.companions.get(number)?.keyIndex ?? number;
    const forms = person.lid === null ? [phoneJid] : [phoneJid, lidJid];
    for (const other of world().registry.all()) {
      for (const companion of other.companions.values()) {
        const isItself = other === person && companion.number === number;
        if (isItself || !isConcerned(companion, other, person)) continue;
        for (const form of forms)
          world().links.deliver({ person: other, device: companion.number }, notification(form, keyIndex));
      }
    }

    function notification(form: (one: Person, device?: number) => string, index: number): Node {
      const attrs = { from: form(person), type: "devices", id: world().makeId(), t: world().nowSeconds() };
      const device = node("device", { jid: form(person, number), "key-index": String(index) });
      return node("notification", attrs, [
        node(change, { device_hash: `2:${person.companions.size}` }, [
          device,
          node("key-index-list", { ts: world().nowSeconds() }),
        ]),
      ]);
    }
  }

  return {
    announceDevice,
    /** The device is no longer one of the account's: told if it is there, refused if it comes again. */
    unlink(person: Person, number: number): void {
      const link = world().links.find({ person, device: number });
      link?.end(node("stream:error", { code: "401" }, [node("conflict", { type: "device_removed" })]));
      announceDevice(person, number, "remove");
      person.companions.delete(number);
      for (const other of world().registry.all()) {
        if (!other.device.hasSession(`${person.phone}:${number}`)) continue;
        other.device.forgetSessions(`${person.phone}:${number}`);
        world().changed(other);
      }
      world().changed(person);
    },
  };
}

function isConcerned(companion: Companion, owner: Person, person: Person): boolean {
  return owner === person || companion.knows.has(person.phone);
}
