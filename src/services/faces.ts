// People as somebody names them, by number or JID, with their other address where it is known.
import type { Face } from "../core/content.ts";
import type { PeopleView } from "../core/inbound.ts";
import { readPersonJid } from "../core/jid.ts";

export function facesIn(people: PeopleView, mentions: readonly string[]): Face[] {
  return mentions.map((one) => {
    const [user = "", host] = readPersonJid(one, "/mentions").split("@");
    return host === "lid" ? { lid: user, phone: people.phoneOf(user) } : { phone: user, lid: people.lidOf(user) };
  });
}
