// What the envelope document calls events: it knows of connections, where everybody else speaks of sessions.

/** The first of each is what its connection is called by; all of them are told under that name. */
const sessionNames: Record<string, readonly string[]> = {
  "connection.connected": ["session.connected"],
  // However it ended: a receiver of this document knows of one way only.
  "connection.disconnected": ["session.disconnected", "session.logged_out", "session.failed"],
  "connection.*": ["session.*"],
};

/** Their names, ours; names that are the same in both stay. */
export function readEventNames(given: readonly string[]): string[] {
  const names = given.map((name) => name.trim()).filter((name) => name !== "");
  return names.length === 0 ? ["*"] : [...new Set(names.flatMap((name) => sessionNames[name] ?? [name]))];
}

export function showEventName(name: string): string {
  return Object.entries(sessionNames).find(([, ours]) => ours.includes(name))?.[0] ?? name;
}

export function showEventNames(names: readonly string[]): string[] {
  return [...new Set(names.map(showEventName))];
}
