// Who may see what of whom: what somebody's owner has set, and whom they have blocked.
import { lidJid, type Person, phoneJid } from "./person.ts";

/** By whichever of the two addresses the block was asked for. */
export function isBlocked(by: Person, other: Person): boolean {
  if (by === other || by.blocked.size === 0) return false;
  return by.blocked.has(lidJid(other)) || by.blocked.has(phoneJid(other));
}

export type Shown = "profile" | "status" | "last";

/** Nobody has an address book here: whatever is less than `none` is for everybody. */
export function maySee(asker: Person, owner: Person, what: Shown): boolean {
  if (asker === owner) return true;
  return owner.privacy.get(what) !== "none" && !isBlocked(owner, asker);
}
