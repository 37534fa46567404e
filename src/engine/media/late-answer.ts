// What the phone says of a file long after it was asked for it, when whoever asked has given up: it was off until now.
import { decodeStanza } from "../signal/stanza.ts";
import { readAnswer } from "./re-request.ts";

export const retryNotice = "CB:notification,type:mediaretry";

/** Where the file is again; null for anything else that it says. */
export function readLateAnswer(stanza: Uint8Array, file: { waId: string; mediaKey: string }): string | null {
  const message = { id: file.waId, chat: "", fromMe: false, participant: null };
  const answer = readAnswer(decodeStanza(stanza), { message, mediaKey: Buffer.from(file.mediaKey, "base64") });
  return answer?.outcome === "done" ? answer.directPath : null;
}
