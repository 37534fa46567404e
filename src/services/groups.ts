// What is known of a group, and asked of WhatsApp where it is not.
import type { Clock } from "../core/clock.ts";
import type { Engine } from "../core/ports.ts";
import type { KnownGroup, MemberForm } from "../core/told.ts";
import type { Store } from "../store/store.ts";

export type KnownGroups = ReturnType<typeof createKnownGroups>;

export function createKnownGroups({ store, engine, clock }: { store: Store; engine: Engine; clock: Clock }) {
  const asked = new Map<string, Promise<KnownGroup | null>>();

  async function ask(sessionId: number, jid: string): Promise<KnownGroup | null> {
    const value = await engine.ask(sessionId, "groups.get", { jid });
    await store.write("groups.take", { sessionId, value, at: clock.now() });
    return store.groups.find(sessionId, jid);
  }

  /** Kept; one question at a time for each group. Throws where WhatsApp cannot be asked now. */
  function lookUp(sessionId: number, jid: string): Promise<KnownGroup | null> {
    const name = `${sessionId} ${jid}`;
    const answer = asked.get(name) ?? ask(sessionId, jid).finally(() => asked.delete(name));
    asked.set(name, answer);
    return answer;
  }

  return {
    find: (sessionId: number, jid: string) => store.groups.find(sessionId, jid),
    lookUp,
    /** How it calls its members; as nearly all groups do, where that cannot be had. */
    async formOf(sessionId: number, jid: string): Promise<MemberForm> {
      const known = await store.groups.find(sessionId, jid);
      if (known !== null) return known.members;
      const found = await lookUp(sessionId, jid).catch(() => null);
      return found?.members ?? "lid";
    },
  };
}
