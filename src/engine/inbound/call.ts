// Calls, as WhatsApp tells linked devices of them. Read from the stanza: Baileys' own event says neither why a call rings no
// more nor that one is a video call of a group (`offer_notice`), and forgets after five minutes what kind of call it was.
import type { BinaryNode } from "@whiskeysockets/baileys";
import type { CallOutcome } from "../../core/call.ts";
import type { CallValue } from "../../core/told.ts";
import { childrenOf } from "../signal/stanza.ts";
import type { Faces } from "./faces.ts";
import { msOf } from "./numbers.ts";

/** Null for what is no news to anybody here: how the call is carried, and calls of the account's own. */
export function readCall(stanza: BinaryNode, faces: Faces): CallValue | null {
  const [what] = childrenOf(stanza);
  const waId = what?.attrs["call-id"];
  if (what === undefined || waId === undefined) return null;
  const at = msOf(Number(stanza.attrs.t)) ?? 0;
  if (what.tag !== "offer" && what.tag !== "offer_notice") {
    const outcome = outcomeOf(what);
    return outcome === undefined ? null : { type: "call_ended", waId, outcome, at };
  }
  const address = what.attrs["call-creator"] ?? what.attrs.from ?? stanza.attrs.from ?? "";
  const caller = faces.of(address, what.attrs.caller_pn, what.attrs.caller_lid);
  if (caller === null || faces.isMe(caller)) return null;
  const group = what.attrs["group-jid"] ?? null;
  return {
    type: "call_offered",
    waId,
    caller,
    address,
    isVideo: what.attrs.media === "video" || childrenOf(what).some(({ tag }) => tag === "video"),
    isGroup: group !== null || what.attrs.type === "group",
    group,
    at,
    isLate: stanza.attrs.offline !== undefined,
  };
}

/** Why it rings here no more; null where it is not said, and undefined where it rings on. */
function outcomeOf({ tag, attrs: { reason } }: BinaryNode): CallOutcome | null | undefined {
  if (tag === "accept") return "answered";
  if (tag === "reject") return "rejected";
  return tag === "terminate" ? (reasons[reason ?? ""] ?? null) : undefined;
}

const reasons: Readonly<Record<string, CallOutcome>> = {
  timeout: "missed",
  accepted_elsewhere: "answered",
  rejected_elsewhere: "rejected",
};
