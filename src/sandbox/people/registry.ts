// Everybody on the network, found by number or by LID.
import { readJid } from "../wire/jid.ts";
import { type Address, makePerson, type NewPerson, type Person } from "./person.ts";

export type Registry = ReturnType<typeof createRegistry>;

export function createRegistry(nowSeconds: () => number) {
  const byPhone = new Map<string, Person>();
  const byLid = new Map<string, Person>();

  function add(person: Person): Person {
    byPhone.set(person.phone, person);
    if (person.lid !== null) byLid.set(person.lid, person);
    return person;
  }

  const find = (number: string) => byPhone.get(number.replace(/\D/g, "")) ?? null;

  return {
    add,
    find,
    all: () => [...byPhone.values()],
    /** Whoever has this number; made if nobody has. */
    ensure(person: NewPerson): Person {
      const phone = person.phone.replace(/\D/g, "");
      return find(phone) ?? add(makePerson({ ...person, phone }, nowSeconds()));
    },
    findByJid(text: string | undefined): Person | null {
      const jid = readJid(text);
      if (jid === null) return null;
      return (jid.server.includes("lid") ? byLid : byPhone).get(jid.user) ?? null;
    },
    /** A device that is really there. */
    findDevice(text: string | undefined): Address | null {
      const jid = readJid(text);
      const person = this.findByJid(text);
      if (jid === null || person === null) return null;
      return jid.device === 0 || person.companions.has(jid.device) ? { person, device: jid.device } : null;
    },
    clear() {
      byPhone.clear();
      byLid.clear();
    },
  };
}
