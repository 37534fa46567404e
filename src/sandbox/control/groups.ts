// Driving groups: made, and changed by whoever is in them.
import type { World } from "../network/world.ts";
import type { Group } from "../people/groups.ts";
import { jidIn, type Person } from "../people/person.ts";
import { changeMembers, changeSetting, join, leave } from "../server/group-requests.ts";
import { setPicture } from "../server/profile.ts";
import { type Node, node } from "../wire/node.ts";
import {
  ControlError,
  flagIn,
  type Input,
  numberIn,
  oneOfIn,
  optionalText,
  phoneIn,
  textIn,
  textsIn,
} from "./input.ts";

export type GroupReport = {
  id: string;
  subject: string;
  addressing: "pn" | "lid";
  members: { number: string; role: "superadmin" | "admin" | null }[];
};

export function groupActions(world: World, personAt: (number: string) => Person) {
  function groupAt(id: string): Group {
    const group = world.groups.find(id);
    if (group === null) throw new ControlError("not_found", `There is no group ${id} on this network.`);
    return group;
  }

  function changePeople(group: Group, actor: Person, input: Input): void {
    for (const change of ["add", "remove", "promote", "demote"] as const) {
      const people = textsIn(input, change).map(personAt);
      if (people.length === 0) continue;
      const participants = people.map((person) => node("participant", { jid: jidIn(person, group.addressing) }));
      changeMembers(world, group, actor, node(change, {}, participants));
    }
  }

  return {
    groups: (): GroupReport[] => world.groups.all().map(reportOf),
    createGroup(input: Input): GroupReport {
      const creator = personAt(phoneIn(input, "creator"));
      const members = textsIn(input, "members").map(personAt);
      const addressing = oneOfIn(input, "addressing", ["lid", "pn"], "lid");
      const group = world.groups.create({ subject: textIn(input, "subject"), creator, members, addressing });
      group.announceChange(creator, node("create", { type: "new" }, [group.metadata()]));
      return reportOf(group);
    },
    /** By one of its members, or by somebody who joins: who is in it, who decides, what it is called, how it is set. */
    changeGroup(id: string, input: Input): GroupReport {
      const group = groupAt(id);
      const actor = personAt(phoneIn(input, "by"));
      if (input.join === true) join(world, group, actor);
      if (!group.has(actor)) throw new ControlError("conflict", `${actor.phone} is not in this group.`);
      changePeople(group, actor, input);
      for (const asked of settingsIn(input)) changeSetting(world, group, actor, asked);
      if (input.picture !== undefined) setPicture(world, group, { bytes: pictureIn(input), by: actor });
      if (input.leave === true) leave(world, actor, id.replace(/@g\.us$/, ""));
      return reportOf(group);
    },
  };
}

function settingsIn(input: Input): Node[] {
  const { description, announce, locked, disappearing_seconds: disappearing } = input;
  const subject = optionalText(input, "subject");
  const asked: (Node | false)[] = [
    subject !== undefined && node("subject", {}, Buffer.from(subject)),
    description === null && node("description", { delete: "true" }),
    description != null && node("description", {}, [node("body", {}, Buffer.from(textIn(input, "description")))]),
    announce !== undefined && node(flagIn(input, "announce", false) ? "announcement" : "not_announcement"),
    locked !== undefined && node(flagIn(input, "locked", false) ? "locked" : "unlocked"),
    disappearing !== undefined && ephemeral(numberIn(input, "disappearing_seconds")),
  ];
  return asked.filter((one) => one !== false);
}

function ephemeral(seconds: number): Node {
  return seconds === 0 ? node("not_ephemeral") : node("ephemeral", { expiration: String(seconds) });
}

/** null takes it away. */
function pictureIn(input: Input): Buffer | null {
  return input.picture === null ? null : Buffer.from(textIn(input, "picture"), "base64");
}

function reportOf({ jid, facts }: Group): GroupReport {
  const members = [...facts.members].map(([number, role]) => ({ number, role }));
  return { id: jid, subject: facts.subject.text, addressing: facts.addressing, members };
}
