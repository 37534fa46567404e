// One person, two addresses: a phone number and a LID. State is filed under the LID as soon as it is known, and what was
// filed under the number until then moves over.
import { jidDecode } from "@whiskeysockets/baileys";
import { addressOf, lidDomain, userOf } from "./address.ts";
import type { Book } from "./book.ts";

export type People = {
  /** Where the state of this device is filed. */
  addressOf(jid: string): string;
  /** Where it was filed until the LID was known; null while that is where it is. */
  formerAddressOf(jid: string): string | null;
  /** In either order of the two; anything else is ignored. True when it was news. */
  learn(one: string | undefined, other: string | undefined): boolean;
  /** The LID of this device, when the number's is known. */
  lidOf(jid: string): string | null;
  phoneOf(jid: string): string | null;
};

type Decoded = NonNullable<ReturnType<typeof jidDecode>>;

export function createPeople(book: Book): People {
  const { mappings } = book;

  function move(phone: string, lid: string): void {
    for (const address of book.addressesOf(phone)) {
      const device = address.slice(phone.length + 1);
      const to = `${userOf(lid, lidDomain)}.${device}`;
      const record = book.ratchets.get(address);
      if (record === null) continue;
      const older = book.ratchets.get(to)?.ratchets ?? [];
      book.ratchets.put(to, { ratchets: [...record.ratchets, ...older] });
      book.ratchets.drop(address);
      const identity = book.identities.get(address);
      if (identity !== null) book.identities.set(to, identity);
      book.identities.set(address, null);
    }
  }

  function currentAddressOf(jid: string): string {
    const { user = "", server, device = 0 } = jidDecode(jid) ?? {};
    const lid = server === "s.whatsapp.net" ? mappings.lidOf(user) : null;
    return lid === null ? addressOf(jid) : `${userOf(lid, lidDomain)}.${device}`;
  }

  return {
    addressOf: currentAddressOf,
    formerAddressOf(jid) {
      const { user = "", server, device = 0 } = jidDecode(jid) ?? {};
      const phone = server === "lid" ? mappings.phoneOf(user) : user;
      const former = phone === null ? null : `${phone}.${device}`;
      return former === currentAddressOf(jid) ? null : former;
    },
    learn(one, other) {
      const pair = pairOf(decode(one), decode(other));
      if (pair === null || mappings.lidOf(pair.phone) === pair.lid) return false;
      mappings.set(pair.phone, pair.lid);
      move(pair.phone, pair.lid);
      return true;
    },
    lidOf(jid) {
      const { user = "", device = 0, server } = jidDecode(jid) ?? {};
      const lid = mappings.lidOf(user);
      if (lid === null) return null;
      return `${lid}${device === 0 ? "" : `:${device}`}@${server === "hosted" ? "hosted.lid" : "lid"}`;
    },
    phoneOf(jid) {
      const { user = "", device = 0, server } = jidDecode(jid) ?? {};
      const phone = mappings.phoneOf(user);
      // With a device even when it is the first, as Baileys' own store gives it.
      return phone === null ? null : `${phone}:${device}@${server === "hosted.lid" ? "hosted" : "s.whatsapp.net"}`;
    },
  };
}

function decode(jid: string | undefined): Decoded | null {
  return jid === undefined ? null : (jidDecode(jid) ?? null);
}

function pairOf(one: Decoded | null, other: Decoded | null): { phone: string; lid: string } | null {
  if (one === null || other === null) return null;
  if (one.server === "lid" && other.server === "s.whatsapp.net") return { phone: other.user, lid: one.user };
  if (one.server === "s.whatsapp.net" && other.server === "lid") return { phone: one.user, lid: other.user };
  return null;
}
