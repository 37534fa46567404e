// What is known of a session's groups: how they call their members, and who decides in them.
import { and, eq, sql } from "drizzle-orm";
import { isSamePerson } from "../core/chat.ts";
import { day } from "../core/clock.ts";
import type { GroupValue, KnownAdmin, KnownGroup } from "../core/told.ts";
import type { Handle } from "./database.ts";
import { groups } from "./tables.ts";

export type GroupTold = { sessionId: number; value: GroupValue; at: number };
type Roles = Extract<GroupValue, { type: "group_roles" }>;

export function groupWrites(db: Handle) {
  const find = finder(db);

  async function put({ sessionId, value }: GroupTold, known: KnownGroup): Promise<void> {
    await db
      .insert(groups)
      .values({ sessionId, jid: value.jid, ...known })
      .onConflictDoUpdate({ target: [groups.sessionId, groups.jid], set: known });
  }

  return {
    async "groups.take"(told: GroupTold): Promise<void> {
      const { sessionId, value, at } = told;
      const before = await find(sessionId, value.jid);
      switch (value.type) {
        case "group": {
          const admins = value.admins.map((face) => ({ ...face, until: null }));
          // What they did as admins may still be under way to us.
          const former = (before?.admins ?? []).filter((one) => !admins.some((admin) => isSamePerson(one, admin)));
          const ended = former.map((one) => ({ ...one, until: one.until ?? at }));
          return put(told, { members: value.members, admins: [...admins, ...recent(ended, at)], knownAt: at });
        }
        case "group_closed":
          return put(told, { members: before?.members ?? "lid", admins: null, knownAt: at });
        case "group_form":
          if (before === null || before.members === value.members) return;
          return put(told, { ...before, members: value.members });
        case "group_roles":
          // Of a group that nothing is known of, its admins are asked for when somebody needs to know.
          if (before === null || before.admins === null) return;
          return put(told, { ...before, admins: recent(changed(before.admins, value), at) });
      }
    },
  };
}

export function groupQueries(db: Handle) {
  return { find: finder(db) };
}

function finder(db: Handle) {
  const one = db
    .select({ members: groups.members, admins: groups.admins, knownAt: groups.knownAt })
    .from(groups)
    .where(and(eq(groups.sessionId, sql.placeholder("sessionId")), eq(groups.jid, sql.placeholder("jid"))))
    .prepare();
  return async (sessionId: number, jid: string): Promise<KnownGroup | null> => {
    const [row] = await one.execute({ sessionId, jid });
    return row ?? null;
  };
}

/** As long as WhatsApp keeps messages for a device that is away. */
const keptMs = 30 * day;

function recent(admins: KnownAdmin[], at: number): KnownAdmin[] {
  return admins.filter(({ until }) => until === null || until > at - keptMs);
}

function changed(before: KnownAdmin[], { change, people, at }: Roles): KnownAdmin[] {
  const isMeant = (admin: KnownAdmin) => people.some((face) => isSamePerson(face, admin));
  if (change === "demoted")
    return before.map((admin) => (isMeant(admin) ? { ...admin, until: admin.until ?? at } : admin));
  return [...before.filter((admin) => !isMeant(admin)), ...people.map((face) => ({ ...face, until: null }))];
}
