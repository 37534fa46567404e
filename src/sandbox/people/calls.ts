// Calls as far as linked devices hear of them: that somebody rings, and that it is over. Nobody ever speaks.
import { forgetOldest } from "../network/limits.ts";
import type { World } from "../network/world.ts";
import { child, type Node, node } from "../wire/node.ts";
import { jidIn, type Person, phoneJid } from "./person.ts";
import { isBlocked } from "./privacy.ts";

export type Call = {
  id: string;
  from: Person;
  to: Person;
  isVideo: boolean;
  state: "ringing" | "rejected" | "ended";
};
export type Calls = ReturnType<typeof createCalls>;

const keptCalls = 1_000;

export function createCalls(world: () => World) {
  const calls = new Map<string, { call: Call; by: "pn" | "lid" }>();

  function tell({ from, to }: Call, by: "pn" | "lid", what: Node): void {
    if (isBlocked(to, from)) return;
    const attrs = { from: jidIn(from, by), id: world().makeId(), t: world().nowSeconds() };
    for (const device of to.companions.keys())
      world().links.deliver({ person: to, device }, node("call", attrs, [what]));
  }

  function signal({ id, from }: Call, by: "pn" | "lid") {
    const pn = by === "lid" ? phoneJid(from) : undefined;
    return { "call-id": id, "call-creator": jidIn(from, by), caller_pn: pn };
  }

  return {
    ring(from: Person, to: Person, { isVideo, by }: { isVideo: boolean; by: "pn" | "lid" }): Call {
      const call: Call = { id: world().makeId(), from, to, isVideo, state: "ringing" };
      calls.set(call.id, { call, by });
      forgetOldest(calls, keptCalls);
      const streams = [node("audio", { enc: "opus", rate: "16000" }), ...(isVideo ? [node("video")] : [])];
      tell(call, by, node("offer", signal(call, by), streams));
      return call;
    },
    /** Null where this person calls nobody under that id (any more). */
    hangUp(from: Person, id: string): Call | null {
      const known = calls.get(id);
      if (known === undefined || known.call.from !== from || known.call.state === "ended") return null;
      known.call.state = "ended";
      tell(known.call, known.by, node("terminate", signal(known.call, known.by)));
      return known.call;
    },
    /** A linked device answers it with what it does. */
    noticeAnswer(person: Person, stanza: Node): void {
      const known = calls.get(child(stanza, "reject")?.attrs["call-id"] ?? "");
      if (known?.call.to === person && known.call.state === "ringing") known.call.state = "rejected";
    },
    by: (person: Person): Call[] => [...calls.values()].flatMap(({ call }) => (call.from === person ? [call] : [])),
    clear: () => calls.clear(),
  };
}
