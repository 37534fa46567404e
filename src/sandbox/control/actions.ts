// Everything somebody may do with the network, as functions of plain data: the same for the control API of its own
// server and for the routes of whoever runs it inside.
import { type FaultName, faultNames } from "../network/faults.ts";
import { type Limits, limitMeanings, usualLimits } from "../network/limits.ts";
import type { Network } from "../network/network.ts";
import type { Group } from "../people/groups.ts";
import type { Person } from "../people/person.ts";
import { jidIn } from "../people/person.ts";
import { handOutInFiles } from "../server/app-state-files.ts";
import { changeMembers, leave } from "../server/group-requests.ts";
import { node } from "../wire/node.ts";
import {
  ControlError,
  flagIn,
  type Input,
  numberIn,
  objectIn,
  oneOfIn,
  optionalText,
  phoneIn,
  textIn,
  textsIn,
} from "./input.ts";
import { phoneActions } from "./phones.ts";

export type SandboxControl = ReturnType<typeof createControl>;
export type GroupReport = {
  id: string;
  subject: string;
  addressing: "pn" | "lid";
  members: { number: string; role: "superadmin" | "admin" | null }[];
};

export type Settings = { checking: boolean; limits: Limits };

export function createControl(network: Network) {
  const { world } = network;

  function personAt(number: string): Person {
    const person = world.registry.find(number);
    if (person === null) throw new ControlError("not_found", `There is no phone ${number} on this network.`);
    return person;
  }

  function groupAt(id: string): Group {
    const group = world.groups.find(id);
    if (group === null) throw new ControlError("not_found", `There is no group ${id} on this network.`);
    return group;
  }

  function reportOf({ jid, facts }: Group): GroupReport {
    const members = [...facts.members].map(([number, role]) => ({ number, role }));
    return { id: jid, subject: facts.subject.text, addressing: facts.addressing, members };
  }

  return {
    endpoint: network.endpoint,
    phones: phoneActions(network),
    media: (id: string) => world.media.plainFile(id),

    groups: (): GroupReport[] => world.groups.all().map(reportOf),
    createGroup(input: Input): GroupReport {
      const creator = personAt(phoneIn(input, "creator"));
      const members = textsIn(input, "members").map(personAt);
      const addressing = oneOfIn(input, "addressing", ["lid", "pn"], "lid");
      const group = world.groups.create({ subject: textIn(input, "subject"), creator, members, addressing });
      group.announceChange(creator, node("create", { type: "new" }, [group.metadata()]));
      return reportOf(group);
    },
    /** One change by one member: add, remove, promote or demote others, leave, or a new subject. */
    changeGroup(id: string, input: Input): GroupReport {
      const group = groupAt(id);
      const actor = personAt(phoneIn(input, "by"));
      if (!group.has(actor)) throw new ControlError("conflict", `${actor.phone} is not in this group.`);
      for (const change of ["add", "remove", "promote", "demote"] as const) {
        const people = textsIn(input, change).map(personAt);
        if (people.length === 0) continue;
        const participants = people.map((person) => node("participant", { jid: jidIn(person, group.addressing) }));
        changeMembers(world, group, actor, node(change, {}, participants));
      }
      const subject = optionalText(input, "subject");
      if (subject !== undefined) {
        group.facts.subject = { text: subject, at: Number(world.nowSeconds()), by: actor.phone };
        group.announceChange(
          actor,
          node("subject", { subject, s_t: world.nowSeconds(), s_o: jidIn(actor, group.addressing) }),
        );
      }
      if (input.leave === true) leave(world, actor, id.replace(/@g\.us$/, ""));
      return reportOf(group);
    },

    /** From now on this number's devices get their app state as files on the media host, as when it is long. */
    putAppStateInFiles: (number: string) => handOutInFiles(personAt(number)),

    faultNames: () => faultNames,
    faults: () => world.faults.list(),
    addFault(input: Input): { id: number } {
      const name = oneOfIn(input, "name", Object.keys(faultNames) as FaultName[]);
      const phone = input.phone == null ? null : phoneIn(input, "phone");
      const probability = numberIn(input, "probability", 1);
      if (probability < 0 || probability > 1) throw new ControlError("invalid", "probability: from 0 to 1.");
      const isEndless = input.count === null || (input.count === undefined && probability < 1);
      const count = isEndless ? null : numberIn(input, "count", 1);
      const code = input.code == null ? null : numberIn(input, "code");
      return {
        id: world.faults.add({ name, phone, probability, count, delayMs: numberIn(input, "delay_ms", 0), code }),
      };
    },
    removeFault(id: number): void {
      if (!world.faults.remove(id)) throw new ControlError("not_found", `There is no fault ${id} (any more).`);
    },
    clearFaults: () => world.faults.clear(),

    settings: (): Settings => ({ checking: network.isChecking(), limits: { ...world.limits } }),
    /** For measuring, above all: what phones need not check, and how much is kept. */
    changeSettings(input: Input): Settings {
      const limits = objectIn(input, "limits") ?? {};
      const names = Object.keys(usualLimits) as (keyof Limits)[];
      const named = Object.keys(limits).map((name) => oneOfIn({ limits: name }, "limits", names));
      const values = named.map((name) => [name, limitIn(limits, name)] as const);
      for (const [name, value] of values) world.limits[name] = value;
      if (input.checking !== undefined) network.setChecking(flagIn(input, "checking", true));
      return this.settings();
    },
    limitMeanings: () => limitMeanings,

    stats: (id: string | null) => ({
      violations: world.observer.readViolations(),
      unknown_requests: world.observer.readUnknown(),
      messages: world.observer.readMessages(id),
    }),
    frames: (limit: number, who: string | null) => world.observer.readFrames(limit, who),
    async settle(input: Input): Promise<{ settled: true }> {
      try {
        await network.settled(numberIn(input, "within_ms", 10_000));
        return { settled: true };
      } catch (error) {
        throw new ControlError("timeout", error instanceof Error ? error.message : String(error));
      }
    },
    advance(input: Input): { now: string } {
      network.clock.advance(numberIn(input, "advance_ms"));
      return { now: new Date(network.clock.now()).toISOString() };
    },
    /** Everybody and everything gone; the network's keys stay. */
    reset: () => network.reset(),
  };
}

function limitIn(limits: Input, name: string): number {
  const value = numberIn(limits, name);
  if (!Number.isInteger(value) || value < 1) throw new ControlError("invalid", `${name}: a whole number from 1 on.`);
  return value;
}
