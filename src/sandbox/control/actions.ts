// Everything somebody may do with the network, as functions of plain data: the same for the control API of its own
// server and for the routes of whoever runs it inside.
import { type FaultName, faultNames } from "../network/faults.ts";
import { type Limits, limitMeanings, usualLimits } from "../network/limits.ts";
import type { Network } from "../network/network.ts";
import type { Person } from "../people/person.ts";
import { handOutInFiles } from "../server/app-state-files.ts";
import { groupActions } from "./groups.ts";
import { ControlError, flagIn, type Input, numberIn, objectIn, oneOfIn, phoneIn } from "./input.ts";
import { phoneActions } from "./phones.ts";

export type SandboxControl = ReturnType<typeof createControl>;
export type Settings = { checking: boolean; limits: Limits };

export function createControl(network: Network) {
  const { world } = network;

  function personAt(number: string): Person {
    const person = world.registry.find(number);
    if (person === null) throw new ControlError("not_found", `There is no phone ${number} on this network.`);
    return person;
  }

  return {
    endpoint: network.endpoint,
    phones: phoneActions(network),
    media: (id: string) => world.media.plainFile(id),

    ...groupActions(world, personAt),

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
