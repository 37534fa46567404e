// Rows that are asked for at every request, kept until anything is written that could change them. There is one writer,
// in this very process, and it says what it has committed before anybody is told: what is kept is never stale.

export type Held<V> = {
  /** What was not found is looked for each time. */
  find(name: string, look: () => V | null): V | null;
  /** Called with the names of what was committed, before their promises settle. */
  committed(names: readonly string[]): void;
};

const most = 5_000;
/** What people say changes nothing of who may do what, and nothing of a session. */
const isTalk =
  /^(signal|messages|installation|intake|outbox|actions|pacing|idempotency|chats|contacts|events|groups|journal|media|files|uploads|webhooks|deliveries|schedules)\./;
const isOfKeys = /^(usage\.\w+|keys\.(count_uses|reseal)|logins\.seen|audit\.append)$/;
const isOfSessions = /^sessions\.(?!remove$)/;

/** These let somebody in or keep somebody out. */
export const createHeldKeys = <V>(): Held<V> =>
  createHeld((name) => isTalk.test(name) || isOfKeys.test(name) || isOfSessions.test(name));

export const createHeldSessions = <V>(): Held<V> => createHeld((name) => isTalk.test(name) || isOfKeys.test(name));

function createHeld<V>(isHarmless: (name: string) => boolean): Held<V> {
  const held = new Map<string, V>();
  return {
    find(name, look) {
      const known = held.get(name);
      if (known !== undefined) return known;
      const found = look();
      if (found === null) return null;
      if (held.size >= most) held.clear();
      held.set(name, found);
      return found;
    },
    committed(names) {
      if (held.size > 0 && !names.every(isHarmless)) held.clear();
    },
  };
}
