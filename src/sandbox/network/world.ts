// What every part of the network shares.
import type { KeyPair } from "../crypto/keys.ts";
import type { Calls } from "../people/calls.ts";
import type { Groups } from "../people/groups.ts";
import type { Person } from "../people/person.ts";
import type { Phones } from "../people/phones.ts";
import type { Registry } from "../people/registry.ts";
import type { Links } from "../server/links.ts";
import type { Pairings } from "../server/pairing.ts";
import type { Counters } from "./counters.ts";
import type { Faults } from "./faults.ts";
import type { Limits } from "./limits.ts";
import type { MediaStore } from "./media-store.ts";
import type { Observer } from "./observer.ts";

export type World = {
  now(): number;
  nowSeconds(): string;
  /** A fresh id for a stanza or a message. */
  makeId(): string;
  root: KeyPair;
  serverKey: KeyPair;
  registry: Registry;
  groups: Groups;
  phones: Phones;
  links: Links;
  calls: Calls;
  pairings: Pairings;
  observer: Observer;
  counters: Counters;
  limits: Limits;
  faults: Faults;
  media: MediaStore;
  /** `host:port` of the media host. */
  mediaHost(): string;
  /** Things under way that will still cause stanzas: timers, answers of phones. */
  later(delayMs: number, work: () => void): void;
  /** With checking off phones do not decrypt: for measuring. */
  isChecking(): boolean;
  /** Something that must outlive the process has changed: of one person, or of the network itself. */
  changed(person?: Person): void;
};
