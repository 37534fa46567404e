// Who is meant by a JID: a person is one face, with the number and the LID where both are known, whichever was on the
// wire and from whichever device; everything else is a chat of its own.
import type { ChatRef } from "../../core/chat.ts";
import type { Face } from "../../core/content.ts";
import type { PeopleView } from "../../core/inbound.ts";

type Jid = string | null | undefined;

export type Faces = {
  readonly me: Face;
  /** The first JID names the person, the others add what it leaves open. Null where nobody is named. */
  of(...jids: Jid[]): Face | null;
  isMe(face: Face | null): boolean;
  /** The person is named as above. Null for what is no address of a chat. */
  chatOf(jid: Jid, ...alike: Jid[]): ChatRef | null;
};

export const statusJid = "status@broadcast";

/** With a device or the number of an agent, which are cut off. */
const personForm = /^(\d+)(?:_\d+)?(?::\d+)?@(s\.whatsapp\.net|c\.us|hosted|lid|hosted\.lid)$/;
const roomKinds = { "g.us": "group", newsletter: "channel", broadcast: "broadcast" } as const;

export function createFaces(me: Face, people: PeopleView): Faces {
  const isMe: Faces["isMe"] = (face) =>
    face !== null && ((face.phone !== null && face.phone === me.phone) || (face.lid !== null && face.lid === me.lid));

  function of(...jids: Jid[]): Face | null {
    const said: Face = { phone: null, lid: null };
    for (const jid of jids) {
      const [, user = null, server = ""] = personForm.exec(jid ?? "") ?? [];
      if (server.endsWith("lid")) said.lid ??= user;
      else said.phone ??= user;
    }
    const face = {
      phone: said.phone ?? (said.lid === null ? null : people.phoneOf(said.lid)),
      lid: said.lid ?? (said.phone === null ? null : people.lidOf(said.phone)),
    };
    if (isMe(face)) return { phone: me.phone ?? face.phone, lid: me.lid ?? face.lid };
    return face.phone === null && face.lid === null ? null : face;
  }

  return {
    me,
    of,
    isMe,
    chatOf(jid, ...alike) {
      if (!jid) return null;
      if (jid === statusJid) return { kind: "status", jid };
      const server = serverOf(jid);
      if (isRoom(server)) return { kind: roomKinds[server], jid };
      // Others may complete a person's name, not give one to what is no person.
      const face = personForm.test(jid) ? of(jid, ...alike) : null;
      return face === null ? null : { kind: "person", face };
    },
  };
}

export function serverOf(jid: string): string {
  return jid.slice(jid.indexOf("@") + 1);
}

export function isPerson(jid: string): boolean {
  return personForm.test(jid);
}

function isRoom(server: string): server is keyof typeof roomKinds {
  return Object.hasOwn(roomKinds, server);
}
