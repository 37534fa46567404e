// Events of groups: who came and went, who decides, what was changed.
import { Type } from "@sinclair/typebox";
import { isoTime } from "../../core/clock.ts";
import type { EventInFull } from "../../core/events.ts";
import type { Ids } from "../../core/ids.ts";
import { OneOf } from "../../core/one-of.ts";
import type { GroupChanges } from "../../core/told.ts";
import { actorOf, addressOf, anyoneIn, EventPerson, PersonOrNull, type Told } from "./event-people.ts";
import { textOrNull } from "./message-media.ts";
import { IdOrNull, TimeOrNull } from "./shapes.ts";

const group = {
  group_id: Type.String({ description: "The group's JID.", examples: ["120363660183322321@g.us"] }),
  chat_id: IdOrNull("chat", "The chat here, where something was said in it already."),
  by: PersonOrNull("Who has done it; null where WhatsApp does not say, and for who was forgotten."),
  happened_at: TimeOrNull("When it happened, as WhatsApp says: it may have been while the session was away."),
};
const member = { ...group, member: EventPerson };
const memberWith = <const T extends string>(title: string, how: readonly T[], description: string) =>
  Type.Object({ ...member, how: OneOf(how, { description }) }, { title });

const Changes = Type.Object(
  {
    subject: Type.Optional(Type.String({ description: "Its name." })),
    description: Type.Optional(textOrNull("Null where it was taken away.")),
    picture_id: Type.Optional(textOrNull("WhatsApp's id of the picture; null where it was taken away.")),
    announce: Type.Optional(Type.Boolean({ description: "Only admins may write." })),
    locked: Type.Optional(Type.Boolean({ description: "Only admins may change it." })),
    disappearing_seconds: Type.Optional(Type.Integer({ description: "How long messages stay; 0 is for ever." })),
    members_may_add: Type.Optional(Type.Boolean({ description: "Everybody in it may add others." })),
    join_approval: Type.Optional(Type.Boolean({ description: "Admins approve those who want to join." })),
  },
  { title: "GroupChanges", description: "What is new, and nothing else.", examples: [{ subject: "Neighbours" }] },
);

export const groupEventData = {
  "member.joined": memberWith(
    "EventNewMember",
    ["joined", "added"],
    "By themselves, through a link for one, or added by somebody else.",
  ),
  "member.left": memberWith("EventFormerMember", ["left", "removed"], "By themselves, or removed by somebody else."),
  "member.promoted": Type.Object(member, { title: "EventMember" }),
  "member.demoted": Type.Object(member, { title: "EventMember" }),
  "group.updated": Type.Object({ ...group, changes: Changes }, { title: "EventGroup" }),
};

export function showMemberEvent(full: EventInFull, ids: Ids): Told {
  const { type, data } = full.event;
  const who = anyoneIn(full, ids) ?? { contact_id: null, from_me: false, phone: null, lid: null, name: null };
  const common = commonOf(full, ids);
  const isSelf = data.how === "joined" || data.how === "left";
  const from = isSelf ? addressOf(who) : common.by === null ? null : addressOf(common.by);
  const more = type === "member.joined" || type === "member.left" ? { how: howOf(type, data.how) } : {};
  return { from, data: { ...common, member: who, ...more } };
}

export function showGroupEvent(full: EventInFull, ids: Ids): Told {
  const common = commonOf(full, ids);
  const changes = (full.event.data.changes ?? {}) as GroupChanges;
  return {
    from: common.by === null ? null : addressOf(common.by),
    data: {
      ...common,
      changes: Object.fromEntries(Object.entries(changes).map(([name, value]) => [names[name] ?? name, value])),
    },
  };
}

const names: Readonly<Record<string, string>> = {
  pictureId: "picture_id",
  disappearingSeconds: "disappearing_seconds",
  membersMayAdd: "members_may_add",
  joinApproval: "join_approval",
} satisfies Partial<Record<keyof GroupChanges, string>>;

function howOf(type: "member.joined" | "member.left", how: unknown): string {
  if (type === "member.joined") return how === "added" ? "added" : "joined";
  return how === "removed" ? "removed" : "left";
}

function commonOf(full: EventInFull, ids: Ids) {
  const { groupJid, chatId, happenedAt } = full.event.data;
  return {
    group_id: typeof groupJid === "string" ? groupJid : "",
    chat_id: typeof chatId === "number" ? ids.show("chat", chatId) : null,
    by: actorOf(full, ids),
    happened_at: isoTime(typeof happenedAt === "number" ? happenedAt : null),
  };
}
