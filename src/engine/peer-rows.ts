// What the account's own devices said about the account itself (keys of its app state, history, mappings) takes effect in
// Baileys after its receipt. After a crash nobody would say it again: it is fed in once more from its row.
import {
  areJidsSameUser,
  cleanMessage,
  decryptMessageNode,
  proto,
  unpadRandomMax16,
  type WASocket,
} from "@whiskeysockets/baileys";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { SignalMemory, WaitingStanza } from "../core/signal-memory.ts";
import type { Credentials } from "./signal/credentials.ts";
import { ciphertextsOf, decodeStanza } from "./signal/stanza.ts";

type Repository = Parameters<typeof decryptMessageNode>[3];
type Logger = Parameters<typeof decryptMessageNode>[4];

export type PeerRows = {
  replay(): void;
  /** Every now and then, on a connection that stands: what has waited since the last time has been acted upon. */
  tidy(): void;
};

export type PeerRowsNeeds = {
  memory: SignalMemory;
  socket: WASocket;
  creds: Credentials;
  /** Acted upon and marked elsewhere. */
  isElsewhere(row: WaitingStanza): boolean;
  log: Log;
};

export function createPeerRows({ memory, socket, creds, isElsewhere, log }: PeerRowsNeeds): PeerRows {
  let seen: number[] = [];
  const waitingHere = () => memory.waitingPeerStanzas().filter((row) => !isElsewhere(row));
  return {
    replay() {
      seen = [];
      feed(socket, creds, waitingHere()).catch((error) =>
        log.warn({ error: messageOf(error) }, "what an own device had said could not be acted upon"),
      );
    },
    tidy() {
      const waiting = waitingHere().map(({ id }) => id);
      const done = seen.filter((id) => waiting.includes(id));
      seen = waiting;
      if (done.length === 0) return;
      memory
        .markTaken(done)
        .catch((error) => log.warn({ error: messageOf(error) }, "own messages could not be marked"));
    },
  };
}

export type PeerMessage = { attrs: Record<string, string | undefined>; message: proto.IMessage };

/** Whoever else sends such a message wants to put words into the phone's mouth (CVE-2026-48063). */
export function isOurs(row: WaitingStanza, { me }: Credentials): boolean {
  const { from, category } = messageIn(row)?.attrs ?? {};
  const isMe = [me?.id, me?.lid].some((jid) => jid !== undefined && areJidsSameUser(from, jid));
  return isMe && category === "peer";
}

/** Null for what cannot be read. */
export function messageIn({ stanza }: WaitingStanza): PeerMessage | null {
  try {
    const node = decodeStanza(stanza);
    const [opened] = ciphertextsOf(node);
    if (opened === undefined) return null;
    const message = proto.Message.decode(unpadRandomMax16(opened.content));
    return { attrs: node.attrs, message: message.deviceSentMessage?.message ?? message };
  } catch {
    return null;
  }
}

async function feed(socket: WASocket, creds: Credentials, waiting: readonly WaitingStanza[]): Promise<void> {
  for (const row of waiting) {
    if (!isOurs(row, creds)) continue;
    const { stanza } = row;
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
