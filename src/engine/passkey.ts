// For some numbers WhatsApp asks, in the midst of a linking, for a passkey: a WebAuthn assertion for whatsapp.com, made by
// the phone's owner. Nobody here can make one yet; whoever will comes in here.
import type { BinaryNode, WASocket } from "@whiskeysockets/baileys";

/** What the server sends in place of "linked"; told apart by type alone, as what is inside has changed before. */
export const passkeyNotices = ["passkey_prologue_request", "crsc_continuation"];

export type Passkeys = {
  /** True when it took the matter into its hands: then the linking goes on as any other. */
  answer(notice: BinaryNode, socket: WASocket): Promise<boolean>;
};

export const noPasskeys: Passkeys = { answer: async () => false };
