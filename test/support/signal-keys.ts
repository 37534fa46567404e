// A key store of a Baileys client that can be set back to what it was, as a crash or an old copy of the disk would.
import {
  type AuthenticationCreds,
  BufferJSON,
  initAuthCreds,
  type SignalDataTypeMap,
  type SignalKeyStore,
} from "@whiskeysockets/baileys";

export type KeyStore = {
  readonly auth: { creds: AuthenticationCreds; keys: SignalKeyStore };
  /** What is to be brought back later: of some kinds, or all there is. */
  remember(kinds?: (keyof SignalDataTypeMap)[]): () => void;
};

/** Each value is kept as text, so that nobody changes it later by accident. */
export function createKeyStore(): KeyStore {
  const data = new Map<string, string>();
  const keys: SignalKeyStore = {
    get: async (type, ids) =>
      Object.fromEntries(
        ids.flatMap((id) => {
          const text = data.get(`${type} ${id}`);
          return text === undefined ? [] : [[id, JSON.parse(text, BufferJSON.reviver)]];
        }),
      ),
    set: async (values) => {
      for (const [type, entries] of Object.entries(values)) {
        for (const [id, value] of Object.entries(entries ?? {})) {
          if (value == null) data.delete(`${type} ${id}`);
          else data.set(`${type} ${id}`, JSON.stringify(value, BufferJSON.replacer));
        }
      }
    },
  };
  return {
    auth: { creds: initAuthCreds(), keys },
    remember(kinds) {
      const kept = [...data].filter(
        ([name]) => kinds === undefined || kinds.some((kind) => name.startsWith(`${kind} `)),
      );
      return () => {
        for (const [name, text] of kept) data.set(name, text);
      };
    },
  };
}
