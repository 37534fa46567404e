// Opening ciphertexts: each step is one piece, from the look at the state to its change, so that nothing can come between.
import type { Log } from "../../core/log.ts";
import type { Book } from "./book.ts";
import type { Circuit } from "./circuit.ts";
import type { KeyPair } from "./curve.ts";
import { SignalError } from "./faults.ts";
import { bytesIn, readFields } from "./fields.ts";
import { readDistribution, readIntroduction } from "./messages.ts";
import type { People } from "./people.ts";
import { accept, type OurIdentity } from "./ratchet.ts";
import { adopt, type Record, readWith } from "./record.ts";
import { decryptFromGroup, learn, type SenderKeyRecord } from "./sender-key.ts";

/** What of the credentials is needed here, as it is at the moment. */
export type OurKeys = { us: OurIdentity; signedPreKey: { id: number; pair: KeyPair } };
export type OpenerNeeds = { book: Book; people: People; circuit: Circuit; keys(): OurKeys; log: Log };
export type Opener = ReturnType<typeof createOpener>;
type Watched = { peer: string; isFresh: boolean; giveUp(): void };

export function createOpener({ book, people, circuit, keys, log }: OpenerNeeds) {
  function open(jid: string, type: "msg" | "pkmsg", ciphertext: Uint8Array): Buffer {
    const address = people.addressOf(jid);
    const isFresh = type === "pkmsg";
    const act = () => (isFresh ? openFirst(address, ciphertext) : openNext(address, ciphertext));
    return watched({ peer: address, isFresh, giveUp: () => book.ratchets.drop(address) }, act);
  }

  function openNext(address: string, ciphertext: Uint8Array): Buffer {
    const record = book.ratchets.get(address);
    if (record === null) throw new SignalError("no_session", `there is no session with ${address}`);
    const plain = readWith(record, keys().us, ciphertext);
    book.ratchets.changed(address);
    return plain;
  }

  function openFirst(address: string, ciphertext: Uint8Array): Buffer {
    const { us, signedPreKey } = keys();
    const hello = readIntroduction(ciphertext);
    const known = book.ratchets.get(address);
    const isKnown = known?.ratchets.some((ratchet) => ratchet.baseKey.equals(hello.baseKey)) === true;
    if (known !== null && isKnown) {
      const plain = readWith(known, us, hello.inner);
      book.ratchets.changed(address);
      return plain;
    }
    const preKey = hello.preKeyId === null || hello.preKeyId === 0 ? null : preKeyAt(hello.preKeyId);
    const begun = accept(us, hello, { signedPreKey: signedPreKey.pair, preKey });
    const fresh: Record = { ratchets: [begun] };
    const plain = readWith(fresh, us, hello.inner);
    // Only now that it has proved to be genuine. A new identity is trusted, as WhatsApp's own clients do it.
    noteIdentity(address, hello.identity, known);
    adoptAll(address, fresh);
    if (preKey !== null) book.preKeys.set(String(hello.preKeyId), null);
    return plain;
  }

  function preKeyAt(id: number): KeyPair {
    const stored = book.preKeys.get(String(id));
    if (stored === null) throw new SignalError("no_pre_key", `the one-time key ${id} is not there any more`);
    return { priv: Buffer.from(stored.subarray(0, 32)), pub: Buffer.from(stored.subarray(32, 64)) };
  }

  function noteIdentity(address: string, identity: Buffer, known: Record | null): void {
    const before = book.identities.get(address);
    if (before !== null && identity.equals(before)) return;
    if (before !== null) log.info({ address }, "a device has a new identity; its older sessions are given up");
    if (before !== null && known !== null) known.ratchets = [];
    book.identities.set(address, identity);
  }

  function adoptAll(address: string, fresh: Record): void {
    const record = book.ratchets.get(address) ?? { ratchets: [] };
    for (const ratchet of fresh.ratchets) adopt(record, ratchet);
    book.ratchets.put(address, record);
  }

  function openFromGroup(group: string, author: string, ciphertext: Uint8Array): Buffer {
    const address = people.addressOf(author);
    const name = senderKeyName(group, address);
    // What cannot be read in a group says nothing of the sessions between the two.
    return watched({ peer: name, isFresh: false, giveUp: () => book.senderKeys.drop(name) }, () => {
      const record = book.senderKeys.get(name) ?? movedSenderKeys(group, author, name);
      if (record === null) throw new SignalError("no_sender_key", `there is no sender key of ${address}`);
      const plain = decryptFromGroup(record, ciphertext);
      book.senderKeys.changed(name);
      return plain;
    });
  }

  /** Given under the number, before the LID was known. */
  function movedSenderKeys(group: string, author: string, name: string): SenderKeyRecord | null {
    const former = people.formerAddressOf(author);
    const record = former === null ? null : book.senderKeys.get(senderKeyName(group, former));
    if (former === null || record === null) return null;
    book.senderKeys.put(name, record);
    book.senderKeys.drop(senderKeyName(group, former));
    return record;
  }

  function learnSenderKey(group: string, author: string, distribution: Uint8Array): void {
    const name = senderKeyName(group, people.addressOf(author));
    const record: SenderKeyRecord = book.senderKeys.get(name) ?? { theirs: [], ours: null };
    learn(record, readDistribution(distribution));
    book.senderKeys.put(name, record);
  }

  /** What begins a session anew is the cure, and is tried in any case. */
  function watched({ peer, isFresh, giveUp }: Watched, act: () => Buffer): Buffer {
    if (!isFresh && circuit.isOpen(peer)) throw new SignalError("suspended", `nothing of ${peer} can be read just now`);
    try {
      const plain = act();
      circuit.succeeded(peer);
      return plain;
    } catch (error) {
      const fault = error instanceof SignalError ? error : new SignalError("malformed", String(error));
      if (fault.fault !== "used" && circuit.failed(peer, fault.fault)) giveUp();
      throw fault;
    }
  }

  return { open, openFromGroup, learnSenderKey };
}

export function senderKeyName(group: string, address: string): string {
  return `${group}::${address}`;
}

/** The sender key that a plaintext carries along, if it does, also within what a device of our own sent on. */
export function distributionIn(padded: Uint8Array): { group: string; distribution: Uint8Array } | null {
  const padding = padded.at(-1) ?? 0;
  if (padding === 0 || padding > padded.length) return null;
  try {
    const message = readFields(padded.subarray(0, padded.length - padding));
    const sent = bytesIn(message, 31);
    const inner = sent === null ? null : bytesIn(readFields(sent), 2);
    const carried = bytesIn(inner === null ? message : readFields(inner), 2);
    if (carried === null) return null;
    const fields = readFields(carried);
    const [group, distribution] = [bytesIn(fields, 1), bytesIn(fields, 2)];
    return group === null || distribution === null ? null : { group: Buffer.from(group).toString(), distribution };
  } catch {
    // Not for us to judge: Baileys reads the whole message later, and says what it thinks of it.
    return null;
  }
}
