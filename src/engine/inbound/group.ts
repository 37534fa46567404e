// Who decides in a group, and how it calls its members: as it says of itself when asked, and in its notices.
import type { BinaryNode, GroupMetadata } from "@whiskeysockets/baileys";
import type { Face } from "../../core/content.ts";
import type { GroupValue, MemberForm } from "../../core/told.ts";
import { childrenOf } from "../signal/stanza.ts";
import { isPerson, serverOf } from "./faces.ts";
import { msOf } from "./numbers.ts";

export function readGroup(jid: string, { addressingMode, participants }: GroupMetadata): GroupValue {
  const admins = participants.filter(({ admin }) => admin != null);
  return {
    type: "group",
    jid,
    members: addressingMode === "lid" ? "lid" : "phone",
    admins: admins.flatMap(({ id, lid, phoneNumber }) => faceIn(id, lid, phoneNumber) ?? []),
  };
}

/** How the group that a message is from calls its members; null for what does not say. */
export function formIn({ tag, attrs: { from = "", addressing_mode: mode } }: BinaryNode): MemberForm | null {
  if (tag !== "message" || serverOf(from) !== "g.us") return null;
  return mode === "lid" ? "lid" : mode === "pn" ? "phone" : null;
}

/** What a notice changes in that; most change nothing. Whoever leaves is no admin any more. */
export function readGroupNotice(notice: BinaryNode): GroupValue[] {
  const { from: jid = "", t } = notice.attrs;
  return childrenOf(notice).flatMap((change): GroupValue[] => {
    const meaning = changes[change.tag];
    if (meaning === undefined) return [];
    const people = childrenOf(change).flatMap(({ tag, attrs }) =>
      tag === "participant" ? (faceIn(attrs.jid, attrs.lid, attrs.phone_number) ?? []) : [],
    );
    return people.length === 0 ? [] : [{ type: "group_roles", jid, change: meaning, people, at: msOf(Number(t)) ?? 0 }];
  });
}

const changes: Readonly<Record<string, "promoted" | "demoted">> = {
  promote: "promoted",
  demote: "demoted",
  remove: "demoted",
};

/** As it is written, and nothing that only we know of it: whoever reads it completes it. */
function faceIn(...jids: (string | undefined)[]): Face | null {
  const face: Face = { phone: null, lid: null };
  for (const jid of jids) {
    if (jid === undefined || !isPerson(jid)) continue;
    const [user = ""] = jid.split(/[_:@]/);
    if (serverOf(jid).endsWith("lid")) face.lid ??= user;
    else face.phone ??= user;
  }
  return face.phone === null && face.lid === null ? null : face;
}
