// A session's groups: asked for once, then kept until something changes, as WhatsApp answers 429 to those who ask before
// every message. What is learnt of who decides in them, and how they call their members, is told.
import type { BinaryNode, GroupMetadata, WASocket } from "@whiskeysockets/baileys";
import { hour } from "../core/clock.ts";
import type { GroupValue, MemberForm } from "../core/told.ts";
import { createCache } from "./caches.ts";
import { formIn, readGroup, readGroupNotice } from "./inbound/group.ts";
import type { Credentials } from "./signal/credentials.ts";
import type { People } from "./signal/people.ts";

export type Groups = {
  /** As Baileys needs it before it sends. */
  metadata(jid: string): Promise<GroupMetadata | undefined>;
  /** As it is now. */
  get(jid: string): Promise<GroupValue>;
  /** To be called with every frame: a group may come to call its members otherwise, and no notice says so. */
  see(stanza: BinaryNode): void;
  watch(socket: WASocket): void;
};

export type GroupsNeeds = {
  people: People;
  creds: Credentials;
  renewSenderKey(group: string, own: readonly string[]): void;
  told(value: GroupValue): void;
};

const mostAttempts = 3;
/** Not a member (any more), or no such group. */
const refusals: ReadonlySet<unknown> = new Set([401, 403, 404, 410]);

export function createGroups({ people, creds, renewSenderKey, told }: GroupsNeeds): Groups {
  const known = createCache({ most: 200, keepMs: hour });
  const asked = new Map<string, Promise<GroupMetadata>>();
  const forms = createCache({ most: 500, keepMs: hour });
  let ask: ((jid: string) => Promise<GroupMetadata>) | null = null;

  async function fetch(jid: string, asking: Promise<GroupMetadata>): Promise<GroupMetadata> {
    try {
      const metadata = await asking;
      // Unless it has changed while it was under way.
      if (asked.get(jid) === asking) keep(jid, metadata);
      return metadata;
    } finally {
      if (asked.get(jid) === asking) asked.delete(jid);
    }
  }

  function keep(jid: string, metadata: GroupMetadata): void {
    known.set(jid, metadata);
    for (const { id, lid, phoneNumber } of metadata.participants) {
      people.learn(id, phoneNumber);
      people.learn(id, lid);
    }
    const value = readGroup(jid, metadata);
    if (value.type === "group") forms.set(jid, value.members);
    told(value);
  }

  function forget(jid: string): void {
    known.del(jid);
    asked.delete(jid);
  }

  async function metadata(jid: string): Promise<GroupMetadata | undefined> {
    const kept = known.get<GroupMetadata>(jid);
    if (kept !== undefined || ask === null) return kept;
    const underWay = asked.get(jid);
    if (underWay !== undefined) return underWay;
    const asking = ask(jid);
    asked.set(jid, asking);
    return fetch(jid, asking);
  }

  return {
    metadata,
    async get(jid) {
      try {
        for (let attempt = 1; ; attempt++) {
          const found = await metadata(jid);
          if (found !== undefined && (known.get(jid) === found || attempt === mostAttempts))
            return readGroup(jid, found);
        }
      } catch (error) {
        const { data } = error as { data?: unknown };
        if (refusals.has(data)) return { type: "group_closed", jid };
        throw error;
      }
    },
    see(stanza) {
      const members = formIn(stanza);
      const { from: jid = "" } = stanza.attrs;
      const before = forms.get<MemberForm>(jid);
      if (members === null || before === members) return;
      forms.set(jid, members);
      if (before !== undefined) forget(jid);
      told({ type: "group_form", jid, members });
    },
    watch(socket) {
      ask = socket.groupMetadata;
      socket.ws.on("CB:notification,type:w:gp2", (notice: BinaryNode) => {
        const { attrs, content } = notice;
        const group = attrs.from ?? "";
        forget(group);
        for (const value of readGroupNotice(notice)) told(value);
        const hasLeft = Array.isArray(content) && content.some(({ tag }) => tag === "remove" || tag === "leave");
        if (hasLeft) renewSenderKey(group, ownJids(creds));
      });
    },
  };
}

function ownJids({ me }: Credentials): string[] {
  return [me?.id, me?.lid].flatMap((jid) => (jid === undefined ? [] : [jid]));
}
