// What a notice says has happened in a group: who came and went, who decides now, what it is called and how it is set. Read
// from the stanza, as Baileys makes messages without words of it.
import type { BinaryNode } from "@whiskeysockets/baileys";
import type { GroupChanges, GroupNews, MemberNews, Somebody } from "../../core/told.ts";
import { childrenOf } from "../signal/stanza.ts";
import { type Faces, serverOf } from "./faces.ts";
import { msOf } from "./numbers.ts";

/** Null for what is no news of a group. */
export function readGroupNews(notice: BinaryNode, faces: Faces): GroupNews | null {
  const { from: jid = "", id: noticeId, t } = notice.attrs;
  if (serverOf(jid) !== "g.us" || noticeId === undefined) return null;
  const by = actorOf(notice, faces);
  const news = childrenOf(notice).map((child) => membersIn(child, by, faces) ?? changesIn(child));
  const members = news.flatMap((one) => (one !== null && "people" in one ? [one] : []));
  const changes: GroupChanges = Object.assign({}, ...news.map((one) => (one !== null && "people" in one ? {} : one)));
  if (members.length + Object.keys(changes).length === 0) return null;
  return { type: "group_news", jid, noticeId, by, at: msOf(Number(t)) ?? 0, members, changes };
}

/** Of a picture's notice it is the picture that says by whom it is. */
function actorOf(notice: BinaryNode, faces: Faces): Somebody | null {
  const { participant, participant_pn, participant_lid } = notice.attrs;
  const author = childrenOf(notice).find(({ attrs }) => attrs.author !== undefined)?.attrs.author;
  return somebody(faces, participant ?? author, participant_pn, participant_lid);
}

function somebody(faces: Faces, ...jids: (string | undefined)[]): Somebody | null {
  const face = faces.of(...jids);
  return face === null ? null : { ...face, isMe: faces.isMe(face) };
}

const meanings: Readonly<Record<string, MemberNews["change"]>> = {
  add: "joined",
  remove: "left",
  leave: "left",
  promote: "promoted",
  demote: "demoted",
};

function membersIn(child: BinaryNode, by: Somebody | null, faces: Faces): MemberNews | null {
  // A group that is new, to the account at least: of all who are in it, that we are is the news.
  if (child.tag === "create") return { change: "joined", people: [{ ...faces.me, isMe: true, isByOther: !by?.isMe }] };
  const change = meanings[child.tag];
  if (change === undefined) return null;
  const people = childrenOf(child).flatMap(({ tag, attrs }) =>
    tag === "participant" ? (somebody(faces, attrs.jid, attrs.lid, attrs.phone_number) ?? []) : [],
  );
  const isInvited = child.attrs.reason === "invite";
  const isByOther = (one: Somebody) => by !== null && !isInvited && !isSame(one, by);
  return { change, people: people.map((one) => ({ ...one, isByOther: isByOther(one) })) };
}

function isSame(one: Somebody, other: Somebody): boolean {
  return (one.phone !== null && one.phone === other.phone) || (one.lid !== null && one.lid === other.lid);
}

type ReadChange = (child: BinaryNode) => GroupChanges;

const readers: Readonly<Record<string, ReadChange>> = {
  subject: ({ attrs: { subject } }) => (subject === undefined ? {} : { subject }),
  description: (child) => ({ description: textOf(childrenOf(child).find(({ tag }) => tag === "body")) }),
  announcement: () => ({ announce: true }),
  not_announcement: () => ({ announce: false }),
  locked: () => ({ locked: true }),
  unlocked: () => ({ locked: false }),
  ephemeral: ({ attrs }) => ({ disappearingSeconds: Number(attrs.expiration) || 0 }),
  not_ephemeral: () => ({ disappearingSeconds: 0 }),
  member_add_mode: (child) => ({ membersMayAdd: textOf(child) === "all_member_add" }),
  membership_approval_mode(child) {
    const state = childrenOf(child).find(({ tag }) => tag === "group_join")?.attrs.state;
    return state === undefined ? {} : { joinApproval: state === "on" };
  },
  set: ({ attrs: { id } }) => (id === undefined ? {} : { pictureId: id }),
  delete: () => ({ pictureId: null }),
};

function changesIn(child: BinaryNode): GroupChanges | null {
  return readers[child.tag]?.(child) ?? null;
}

function textOf(node: BinaryNode | undefined): string | null {
  const { content } = node ?? {};
  if (typeof content === "string") return content;
  return content instanceof Uint8Array ? Buffer.from(content).toString() : null;
}
