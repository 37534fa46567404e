// What Baileys hands over for a stanza that left nothing in the inbox: it could not be opened, or nothing was in it.
import type { WAMessage } from "@whiskeysockets/baileys";
import type { Face } from "../../core/content.ts";
import type { InboundValue, PeopleView } from "../../core/inbound.ts";
import { createFaces } from "./faces.ts";
import { ignored } from "./finding.ts";
import { readWebMessage } from "./web-message.ts";

/** Never throws, and never gives nothing. A placeholder where a message is missing; notices are passed over by name. */
export function readStub(message: WAMessage, me: Face, people: PeopleView, isLate = false): InboundValue[] {
  try {
    return readWebMessage(message, { faces: createFaces(me, people), isLate, isHistory: false });
  } catch {
    return [ignored("a message that cannot be read")];
  }
}
