// Who may take back what others wrote: in a group its admins, as everybody's own WhatsApp decides for itself. The network
// passes on whatever is said, so that somebody else's word is worth nothing. Where nobody knows yet who is an admin, it is
// waited for: a message that is deleted a little late is still deleted, and one that should have stayed would be gone.
import { isSamePerson } from "../core/chat.ts";
import { type Clock, hour, minute } from "../core/clock.ts";
import type { Face } from "../core/content.ts";
import type { InboundValue, PeopleView } from "../core/inbound.ts";
import type { KnownAdmin, KnownGroup } from "../core/told.ts";
import type { KnownGroups } from "../services/groups.ts";

export type Deletion = Extract<InboundValue, { type: "deletion" }>;
export type Judging = { sessionId: number; me: Face; people: PeopleView };

type Needs = {
  groups: KnownGroups;
  clock: Clock;
  /** What was waited for is known, or may be asked for once more. */
  again(sessionId: number): void;
};

export type Rights = Disposable & {
  /** Whether an admin deletes what somebody else wrote; null where that is not known yet, and is being asked for. */
  isByAdmin(deletion: Deletion, judging: Judging): Promise<boolean | null>;
  connected(sessionId: number): void;
};

/** What is older is asked for anew before somebody is refused by it: a notice may have been lost. */
const freshMs = hour;
const shortestPauseMs = minute;
const longestPauseMs = hour;

export function createRights({ groups, clock, again }: Needs): Rights {
  /** Sessions with something that waits. */
  const waiting = new Set<number>();
  const pauses = new Map<number, number>();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  let isOver = false;

  function goOn(sessionId: number): void {
    if (waiting.delete(sessionId)) again(sessionId);
  }

  function later(sessionId: number): void {
    if (isOver) return;
    const pauseMs = pauses.get(sessionId) ?? shortestPauseMs;
    pauses.set(sessionId, Math.min(2 * pauseMs, longestPauseMs));
    const timer = setTimeout(() => {
      timers.delete(timer);
      goOn(sessionId);
    }, pauseMs);
    timer.unref?.();
    timers.add(timer);
  }

  return {
    async isByAdmin({ key, target, at }, { sessionId, me, people }) {
      const by = key.isFromMe ? me : key.sender;
      if (key.chat.kind !== "group" || by === null || isOwn(key.isFromMe, by, target)) return false;
      const { jid } = key.chat;
      const group = await groups.find(sessionId, jid);
      if (group !== null) {
        if (isAdmin(by, { group, people, at })) return true;
        if (clock.now() - group.knownAt < freshMs) return false;
      }
      waiting.add(sessionId);
      groups.lookUp(sessionId, jid).then(
        () => {
          pauses.delete(sessionId);
          goOn(sessionId);
        },
        () => later(sessionId),
      );
      return null;
    },
    connected: goOn,
    [Symbol.dispose]() {
      isOver = true;
      for (const timer of timers) clearTimeout(timer);
      waiting.clear();
    },
  };
}

function isOwn(isFromMe: boolean, by: Face, target: Deletion["target"]): boolean {
  if (isFromMe || target.isFromMe) return isFromMe && target.isFromMe;
  return target.sender !== null && isSamePerson(target.sender, by);
}

export type When = { group: KnownGroup; people: PeopleView; at: number };

export function isAdmin(who: Face, { group, people, at }: When): boolean {
  const wasThen = ({ until }: KnownAdmin) => until === null || (at > 0 && at <= until);
  return (group.admins ?? []).some((admin) => wasThen(admin) && isSamePerson(completed(admin, people), who));
}

function completed({ phone, lid }: Face, people: PeopleView): Face {
  return {
    phone: phone ?? (lid === null ? null : people.phoneOf(lid)),
    lid: lid ?? (phone === null ? null : people.lidOf(phone)),
  };
}
