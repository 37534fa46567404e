// What the account's own devices said about the account itself (keys of its app state, history, mappings) takes effect in
// Baileys after its receipt. After a crash nobody would say it again: it is fed in once more from its row.
import { cleanMessage, decryptMessageNode, type WASocket } from "@whiskeysockets/baileys";
import type { WaitingStanza } from "../core/signal-memory.ts";
import type { Credentials } from "./signal/credentials.ts";
import { decodeStanza } from "./signal/stanza.ts";

type Repository = Parameters<typeof decryptMessageNode>[3];
type Logger = Parameters<typeof decryptMessageNode>[4];

export async function replay(socket: WASocket, creds: Credentials, waiting: readonly WaitingStanza[]): Promise<void> {
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
