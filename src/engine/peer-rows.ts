// What the account's own devices said about the account itself (keys of its app state, history, mappings) takes effect in
// Baileys after its receipt. After a crash nobody would say it again: it is fed in once more from its row.
import { cleanMessage, decryptMessageNode, type WASocket } from "@whiskeysockets/baileys";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { SignalMemory, WaitingStanza } from "../core/signal-memory.ts";
import type { Credentials } from "./signal/credentials.ts";
import { decodeStanza } from "./signal/stanza.ts";

type Repository = Parameters<typeof decryptMessageNode>[3];
type Logger = Parameters<typeof decryptMessageNode>[4];

export type PeerRows = {
  replay(memory: SignalMemory, socket: WASocket, creds: Credentials): void;
  /** Every now and then, on a connection that stands: what has waited since the last time has been acted upon. */
  tidy(memory: SignalMemory): void;
};

export function createPeerRows(log: Log): PeerRows {
  let seen: number[] = [];
  return {
    replay(memory, socket, creds) {
      seen = [];
      feed(socket, creds, memory.waitingPeerStanzas()).catch((error) =>
        log.warn({ error: messageOf(error) }, "what an own device had said could not be acted upon"),
      );
    },
    tidy(memory) {
      const waiting = memory.waitingPeerStanzas().map(({ id }) => id);
      const done = seen.filter((id) => waiting.includes(id));
      seen = waiting;
      if (done.length === 0) return;
      memory
        .markTaken(done)
        .catch((error) => log.warn({ error: messageOf(error) }, "own messages could not be marked"));
    },
  };
}

async function feed(socket: WASocket, creds: Credentials, waiting: readonly WaitingStanza[]): Promise<void> {
  for (const { stanza } of waiting) {
    const [me, lid] = [creds.me?.id ?? "", creds.me?.lid ?? ""];
    const { fullMessage, decrypt } = decryptMessageNode(decodeStanza(stanza), me, lid, opened, silent);
    await decrypt();
    cleanMessage(fullMessage, me, lid);
    await socket.upsertMessage(fullMessage, "append");
  }
}

/** Everything in a row has been opened already. */
const opened = {
  decryptMessage: async ({ ciphertext }: { ciphertext: Uint8Array }) => ciphertext,
  decryptGroupMessage: async ({ msg }: { msg: Uint8Array }) => msg,
  processSenderKeyDistributionMessage: async () => {},
  migrateSession: async () => ({ migrated: 0, skipped: 0, total: 0 }),
  lidMapping: { getLIDForPN: async () => null, storeLIDPNMappings: async () => {} },
} as unknown as Repository;

const silent = {
  level: "silent",
  child: () => silent,
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
} as Logger;
