// Driving calls: who calls whom, and what becomes of it.
import type { World } from "../network/world.ts";
import { type Call, callTurns } from "../people/calls.ts";
import type { Person } from "../people/person.ts";
import { isGroup } from "../wire/jid.ts";
import { ControlError, flagIn, type Input, oneOfIn, phoneIn, textIn } from "./input.ts";

export type CallReport = { id: string; to: string; video: boolean; state: Call["state"] };

export function callActions(world: World, get: (number: string) => Person) {
  function calledBy(from: Person, input: Input) {
    const to = textIn(input, "to");
    if (!isGroup(to)) return { to: [get(phoneIn(input, "to"))] };
    const group = world.groups.find(to);
    if (group === null) throw new ControlError("not_found", `There is no group ${to} on this network.`);
    return { group, to: group.people().filter((person) => person !== from) };
  }

  return {
    /** Rings on everything that is linked to the other number, or to those of a group. */
    call(number: string, input: Input): CallReport {
      const from = get(number);
      const by = oneOfIn(input, "by", ["pn", "lid"], "pn");
      const isVideo = flagIn(input, "video", false);
      return reportCall(world.calls.ring(from, { ...calledBy(from, input), isVideo, by }));
    },
    hangUp(number: string, id: string): CallReport {
      const call = world.calls.hangUp(get(number), id);
      if (call === null) throw new ControlError("not_found", `${number} calls nobody under ${id}.`);
      return reportCall(call);
    },
    /** What becomes of it without the caller: taken or rejected on the phone that it rings on, or by nobody. */
    turnCall(number: string, id: string, input: Input): CallReport {
      const call = world.calls.turn(get(number), id, oneOfIn(input, "turn", callTurns));
      if (call === null) throw new ControlError("not_found", `No call of ${number} rings under ${id}.`);
      return reportCall(call);
    },
    /** Oldest first. */
    calls: (number: string): CallReport[] => world.calls.by(get(number)).map(reportCall),
  };
}

function reportCall({ id, to, group, isVideo, state }: Call): CallReport {
  return { id, to: group?.jid ?? to[0]?.phone ?? "", video: isVideo, state };
}
