// Forgetting a person: what a live session holds of their devices, so that nothing of it is written down again.
import { userOf } from "./address.ts";
import type { Book } from "./book.ts";

/** Digits alone. */
export type Forgotten = { phones: readonly string[]; lids: readonly string[] };

/** As libsignal names them: of a number, of a LID, and hosted ones of either. */
const domains = { phones: [0, 128], lids: [1, 129] } as const;

export function forgetPerson(book: Book, { phones, lids }: Forgotten): void {
  const users = [
    ...phones.flatMap((phone) => domains.phones.map((domain) => userOf(phone, domain))),
    ...lids.flatMap((lid) => domains.lids.map((domain) => userOf(lid, domain))),
  ];
  for (const user of users) {
    for (const address of book.addressesOf(user)) {
      book.ratchets.drop(address);
      book.identities.set(address, null);
    }
  }
  for (const name of [...book.senderKeys.names()]) {
    const address = name.slice(name.indexOf("::") + 2);
    if (users.some((user) => address.startsWith(`${user}.`))) book.senderKeys.drop(name);
  }
  for (const user of [...phones, ...lids]) book.deviceLists.set(user, null);
  book.recallNothing();
}
