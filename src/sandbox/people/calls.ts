// Calls as far as linked devices hear of them: that somebody rings, and why it is over. Nobody ever speaks.
import { forgetOldest } from "../network/limits.ts";
import type { World } from "../network/world.ts";
import { child, type Node, node } from "../wire/node.ts";
import type { Group } from "./groups.ts";
import { jidIn, type Person, phoneJid } from "./person.ts";
import { isBlocked } from "./privacy.ts";

export type Call = {
  id: string;
  from: Person;
  /** Whoever is called by it; one, or a group's members. */
  to: Person[];
  group: Group | null;
  isVideo: boolean;
  state: "ringing" | "rejected" | "accepted" | "ended";
};
export type Calls = ReturnType<typeof createCalls>;

/** What becomes of a call by itself, or on the phone that it rings on; `repeated`: its devices are told once more. */
export const callTurns = ["accepted", "rejected", "timed_out", "repeated"] as const;
export type CallTurn = (typeof callTurns)[number];

type Ringing = { call: Call; by: "pn" | "lid"; last: Node[] };
export type NewCall = { to: Person[]; group?: Group | null; isVideo: boolean; by: "pn" | "lid" };

const keptCalls = 1_000;

export function createCalls(world: () => World) {
  const calls = new Map<string, Ringing>();

  function tell(ringing: Ringing, ...words: Node[]): void {
    ringing.last = words;
    const { call, by } = ringing;
    for (const person of call.to.filter((one) => !isBlocked(one, call.from))) {
      for (const what of words) {
        const attrs = { from: jidIn(call.from, by), id: world().makeId(), t: world().nowSeconds() };
        for (const device of person.companions.keys())
          world().links.deliver({ person, device }, node("call", attrs, [what]));
      }
    }
  }

  function signal({ call: { id, from }, by }: Ringing) {
    const pn = by === "lid" ? phoneJid(from) : undefined;
    return { "call-id": id, "call-creator": jidIn(from, by), caller_pn: pn };
  }

  /** A group's call is only made known, with nothing of how it is carried. */
  function offerOf(ringing: Ringing): Node {
    const { isVideo, group } = ringing.call;
    if (group !== null) {
      const media = isVideo ? "video" : "audio";
      return node("offer_notice", { ...signal(ringing), "group-jid": group.jid, media, type: "group" });
    }
    const streams = [node("audio", { enc: "opus", rate: "16000" }), ...(isVideo ? [node("video")] : [])];
    return node("offer", signal(ringing), streams);
  }

  function terminate(ringing: Ringing, reason?: string): Node {
    return node("terminate", { ...signal(ringing), reason });
  }

  const turns: Record<CallTurn, (ringing: Ringing) => void> = {
    /** The other devices are let go at once. */
    accepted(ringing) {
      ringing.call.state = "accepted";
      tell(ringing, node("accept", signal(ringing)), terminate(ringing, "accepted_elsewhere"));
    },
    rejected(ringing) {
      ringing.call.state = "rejected";
      tell(ringing, terminate(ringing, "rejected_elsewhere"));
    },
    timed_out(ringing) {
      ringing.call.state = "ended";
      tell(ringing, terminate(ringing, "timeout"));
    },
    repeated: (ringing) => tell(ringing, ...ringing.last),
  };

  /** Null where this person calls nobody under that id (any more). */
  function find(from: Person, id: string): Ringing | null {
    const known = calls.get(id);
    return known?.call.from === from ? known : null;
  }

  return {
    ring(from: Person, { to, group = null, isVideo, by }: NewCall): Call {
      const call: Call = { id: world().makeId(), from, to, group, isVideo, state: "ringing" };
      const ringing: Ringing = { call, by, last: [] };
      calls.set(call.id, ringing);
      forgetOldest(calls, keptCalls);
      tell(ringing, offerOf(ringing));
      return call;
    },
    hangUp(from: Person, id: string): Call | null {
      const known = find(from, id);
      if (known === null || known.call.state === "ended") return null;
      known.call.state = "ended";
      tell(known, terminate(known));
      return known.call;
    },
    /** Null also where it does not ring any more, and so nothing becomes of it. */
    turn(from: Person, id: string, turn: CallTurn): Call | null {
      const known = find(from, id);
      if (known === null || (turn !== "repeated" && known.call.state !== "ringing")) return null;
      turns[turn](known);
      return known.call;
    },
    /** A linked device answers it with what it does. */
    noticeAnswer(person: Person, stanza: Node): void {
      const known = calls.get(child(stanza, "reject")?.attrs["call-id"] ?? "");
      if (known?.call.to.includes(person) && known.call.state === "ringing") known.call.state = "rejected";
    },
    by: (person: Person): Call[] => [...calls.values()].flatMap(({ call }) => (call.from === person ? [call] : [])),
    clear: () => calls.clear(),
  };
}
