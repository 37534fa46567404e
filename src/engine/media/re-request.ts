// A file that is gone from the hosts: the phone is asked to bring it back, and says where it is then.
import { type BinaryNode, decryptMediaRetryData, encryptMediaRetryRequest, proto } from "@whiskeysockets/baileys";
import { isDirectPath } from "./address.ts";

/** The message whose file it is, as WhatsApp knows it. */
export type LostFile = {
  message: { id: string; chat: string; fromMe: boolean; participant: string | null };
  mediaKey: Uint8Array;
};

export type AgainOutcome =
  /** The file is back; its `url` is the old one and no longer holds. */
  | { outcome: "done"; directPath: string }
  /** The phone does not have it either. */
  | { outcome: "gone"; reason: string }
  | { outcome: "failed"; isRetryable: boolean; reason: string };

export type AskAgainOptions = LostFile & {
  /** The session's own number, as a JID. */
  me: string;
  sendNode: (node: BinaryNode) => Promise<void>;
  /** Every `mediaretry` notification from now on, until what it returns is called. */
  onNotification: (listener: (node: BinaryNode) => void) => () => void;
  /** A phone that is off answers when it is on again: read late answers with `readAnswer`. */
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
};

const usualTimeoutMs = 30_000;
/** WhatsApp's own number for "not on the phone any more". */
const notOnPhone = "2";
const { ResultType } = proto.MediaRetryNotification;

export function askReceipt({ message, mediaKey, me }: LostFile & { me: string }): BinaryNode {
  const { id, chat, fromMe, participant } = message;
  const key = { id, remoteJid: chat, fromMe, ...(participant === null ? {} : { participant }) };
  return encryptMediaRetryRequest(key, mediaKey, me);
}

/** What a notification answers to this question; null if it is about something else. */
export function readAnswer(node: BinaryNode, { message, mediaKey }: LostFile): AgainOutcome | null {
  if (node.tag !== "notification" || node.attrs.type !== "mediaretry" || node.attrs.id !== message.id) return null;
  const error = childOf(node, "error");
  if (error !== null)
    return error.attrs.code === notOnPhone ? gone() : failed(`The phone answered ${error.attrs.code}.`);
  const encrypted = childOf(node, "encrypt");
  const [ciphertext, iv] = [bytesOf(encrypted, "enc_p"), bytesOf(encrypted, "enc_iv")];
  if (ciphertext === null || iv === null) return failed("The phone's answer is empty.");
  try {
    const answer = decryptMediaRetryData({ ciphertext, iv }, mediaKey, message.id);
    if (answer.result === ResultType.NOT_FOUND) return gone();
    const { directPath } = answer;
    const isBack = answer.result === ResultType.SUCCESS && answer.stanzaId === message.id;
    if (isBack && directPath && isDirectPath(directPath)) return { outcome: "done", directPath };
    return failed("The phone could not bring the file back.");
  } catch {
    return failed("The phone's answer cannot be decrypted with the message's key.");
  }
}

export async function askAgain(options: AskAgainOptions): Promise<AgainOutcome> {
  const { sendNode, onNotification, timeoutMs = usualTimeoutMs, signal } = options;
  const { promise, resolve } = Promise.withResolvers<AgainOutcome>();
  // Listened for first: the answer may be here before the question's own promise settles.
  const stop = onNotification((node) => {
    const answer = readAnswer(node, options);
    if (answer !== null) resolve(answer);
  });
  const onAbort = () => resolve(failed("It was given up."));
  const timer = setTimeout(() => resolve(failed("The phone did not answer; it may be off.")), timeoutMs);
  signal?.addEventListener("abort", onAbort);
  try {
    if (signal?.aborted) return failed("It was given up.");
    sendNode(askReceipt(options)).catch(() => resolve(failed("The phone could not be asked: there is no connection.")));
    return await promise;
  } finally {
    stop();
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

function childOf({ content }: BinaryNode, tag: string): BinaryNode | null {
  return (Array.isArray(content) ? content.find((node) => node.tag === tag) : undefined) ?? null;
}

function bytesOf(node: BinaryNode | null, tag: string): Uint8Array | null {
  const content = node === null ? undefined : childOf(node, tag)?.content;
  return content instanceof Uint8Array && content.length > 0 ? content : null;
}

function gone(): AgainOutcome {
  return { outcome: "gone", reason: "The phone no longer has this file either." };
}

function failed(reason: string): AgainOutcome {
  return { outcome: "failed", isRetryable: true, reason };
}
