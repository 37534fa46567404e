// Baileys' key store over the book: what it still keeps by kind and name once Signal itself is ours.
import { BufferJSON, proto, type SignalDataSet, type SignalDataTypeMap } from "@whiskeysockets/baileys";
import type { Book } from "./book.ts";
import type { Turns } from "./turns.ts";

type Kind = keyof SignalDataTypeMap;
export type KeyStore = {
  get<K extends Kind>(kind: K, names: string[]): Promise<{ [name: string]: SignalDataTypeMap[K] }>;
  set(data: SignalDataSet): Promise<void>;
  transaction<T>(work: () => Promise<T>, name: string): Promise<T>;
  isInTransaction(): boolean;
};
export type KeyStoreNeeds = { book: Book; turns: Turns; forgetSession(address: string): void };

/** Whoever sets one of these goes on only when it is on disk: others will count on it. */
const mustBeSaved = new Set<string>(["pre-key", "app-state-sync-key", "app-state-sync-version"] satisfies Kind[]);
/** Kept by ourselves, elsewhere and better. */
const notKept = new Set<string>(["device-list", "identity-key", "sender-key", "lid-mapping"] satisfies Kind[]);

export function createKeyStore({ book, turns, forgetSession }: KeyStoreNeeds): KeyStore {
  const nameOf = (kind: string, name: string) => `${kind}/${name}`;

  function read(kind: string, name: string): unknown {
    if (kind === "pre-key") {
      const stored = book.preKeys.get(name);
      return stored === null ? undefined : { private: stored.subarray(0, 32), public: stored.subarray(32, 64) };
    }
    const stored = notKept.has(kind) || kind === "session" ? null : book.keys.get(nameOf(kind, name));
    if (stored === null) return undefined;
    const value = JSON.parse(Buffer.from(stored).toString(), BufferJSON.reviver);
    return kind === "app-state-sync-key" ? proto.Message.AppStateSyncKeyData.fromObject(value) : value;
  }

  function write(kind: string, name: string, value: unknown): void {
    if (notKept.has(kind)) return;
    if (kind === "session") {
      if (value === null) forgetSession(name);
      return;
    }
    if (kind === "pre-key") return writePreKey(name, value);
    const bytes = value == null ? null : Buffer.from(JSON.stringify(value, BufferJSON.replacer));
    const before = book.keys.get(nameOf(kind, name));
    // Who has a group's key is set again at every send to it.
    const isSame = bytes === null ? before === null : before !== null && bytes.equals(before);
    if (!isSame) book.keys.set(nameOf(kind, name), bytes);
  }

  /** One that is there stays what it is: its other half may be with the server already. */
  function writePreKey(name: string, value: unknown): void {
    if (value === null) return book.preKeys.set(name, null);
    if (book.preKeys.get(name) !== null) return;
    const pair = value as SignalDataTypeMap["pre-key"];
    book.preKeys.set(name, Buffer.concat([pair.private, pair.public]));
  }

  return {
    async get<K extends Kind>(kind: K, names: string[]) {
      const found = names.map((name) => [name, read(kind, name)] as const).filter(([, value]) => value !== undefined);
      return Object.fromEntries(found) as { [name: string]: SignalDataTypeMap[K] };
    },
    async set(data) {
      for (const [kind, values] of Object.entries(data)) {
        for (const [name, value] of Object.entries(values ?? {})) write(kind, name, value);
      }
      if (Object.keys(data).some((kind) => mustBeSaved.has(kind))) await book.saved();
    },
    transaction: (work, name) => turns.take(name, work),
    isInTransaction: turns.holds,
  };
}
