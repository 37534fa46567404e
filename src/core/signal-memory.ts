// What a session's Signal state needs of the store: reads that answer at once, and commits of everything that has
// changed since the last one, together with the messages that changed it.

/** Bytes by name; null is to be forgotten. */
export type Change<N = string> = readonly [name: N, value: Uint8Array | null];

/** A stanza whose ciphertexts have been replaced by what they said. */
export type OpenedStanza = {
  /** Of its ciphertexts: what tells a redelivery. */
  digest: Uint8Array;
  stanza: Uint8Array;
  /** From another device of one's own number, about the account itself. */
  isPeer: boolean;
  receivedAt: number;
};

export type SignalChanges = {
  credentials: Uint8Array | null;
  ratchets: Change[];
  senderKeys: Change[];
  identities: Change[];
  preKeys: Change<number>[];
  /** Phone and LID, digits each. */
  mappings: (readonly [phone: string, lid: string])[];
  deviceLists: (readonly [user: string, devices: string | null])[];
  keys: (readonly [kind: string, name: string, value: Uint8Array | null])[];
  opened: OpenedStanza[];
};

export type WaitingStanza = { id: number; stanza: Uint8Array };

/** Synchronous where it reads: between a look and the step that follows from it nothing else may happen. */
export type SignalMemory = {
  /** Newest first: the one before it is used when the newest cannot be read. */
  credentials(): { readable: { value: Uint8Array; isNewest: boolean }[]; isThere: boolean };
  ratchet(address: string): Uint8Array | null;
  senderKey(name: string): Uint8Array | null;
  identity(address: string): Uint8Array | null;
  preKey(id: number): Uint8Array | null;
  lidOf(phone: string): string | null;
  phoneOf(lid: string): string | null;
  /** Addresses of the devices of a user that there are ratchets with. */
  addressesOf(user: string): string[];
  deviceList(user: string): string | null;
  key(kind: string, name: string): Uint8Array | null;
  opened(digest: Uint8Array): Uint8Array | null;
  /** From oneself, and perhaps not acted upon before a crash. */
  waitingPeerStanzas(): WaitingStanza[];
  /** Settles when it is on disk, all or nothing; refused once somebody else runs this session. */
  commit(changes: SignalChanges): Promise<void>;
  /** These have been acted upon. */
  markTaken(ids: readonly number[]): Promise<void>;
  /** Everything of it: the session is nobody any more. */
  forget(): Promise<void>;
};
