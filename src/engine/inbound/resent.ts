// Messages that could not be read here, as our own phone sends them once more when it is asked.
import { proto } from "@whiskeysockets/baileys";
import type { InboundValue } from "../../core/inbound.ts";
import type { Envelope } from "./envelope.ts";
import type { Faces } from "./faces.ts";
import { ignored } from "./finding.ts";
import { readWebMessage } from "./web-message.ts";

/** Only for what comes from ourselves: whoever else sends it puts words into people's mouths (CVE-2026-48063). */
export function resentIn({ protocolMessage }: proto.IMessage, { isLate }: Envelope, faces: Faces): InboundValue[] {
  const results = protocolMessage?.peerDataOperationRequestResponseMessage?.peerDataOperationResult ?? [];
  return results.flatMap(({ placeholderMessageResendResponse: resent }) => {
    const bytes = resent?.webMessageInfoBytes;
    if (!bytes?.length) return [];
    try {
      return readWebMessage(proto.WebMessageInfo.decode(bytes), { faces, isLate, isHistory: false });
    } catch {
      return [ignored("a message sent once more that cannot be read")];
    }
  });
}
