// What the phones have got of what the gateway accepted: each once, with its file if it has one, and in the order in which
// the gateway says that it was said.
import { until } from "../../support/until.ts";
import { asAdmin, must } from "../support/rig.ts";
import type { Faults } from "../support/suite.ts";
import type { Cast } from "./cast.ts";
import { type Ledger, outPrefix } from "./traffic.ts";
import type { World } from "./world.ts";

const wentOut = ["sent", "delivered", "read"];
type Arrived = { lost: number; doubled: number; again: number };
type Seen = { contact: string; times: number; sha256: string | null };
type Shown = { id: string; wa_id: string; text: string | null };

/** Until WhatsApp has said yes to every message that was accepted. */
export async function untilSent(world: World, { accepted }: Ledger, faults: Faults, drainMs: number): Promise<void> {
  for (const { id, text } of accepted) {
    const shown = await until(
      `${text} to be settled`,
      async () => {
        const now = await must<{ status: string }>(`${world.rig.origin()}/api/v1/messages/${id}`, { headers: asAdmin });
        return now.status === "queued" || now.status === "sending" ? null : now;
      },
      drainMs,
    );
    faults.check(wentOut.includes(shown.status), `an accepted message is ${shown.status} in the end`);
  }
}

export async function checkArrived(world: World, cast: Cast, ledger: Ledger, faults: Faults): Promise<Arrived> {
  const places = await placesOf(world, ledger, faults);
  const seen = new Map<string, Seen[]>();
  let again = 0;
  for (const contact of cast.contacts) {
    const { data } = await world.control.phones.inbox(contact, { limit: 1_000_000 });
    const last = new Map<string, number>();
    for (const { id, text, from_me, from, chat, copies, media } of data) {
      if (text?.startsWith(outPrefix) !== true || from_me) continue;
      if (copies > 1) again += 1;
      const known = seen.get(text) ?? [];
      const earlier = known.find((one) => one.contact === contact);
      if (earlier !== undefined) earlier.times += 1;
      else known.push({ contact, times: 1, sha256: media !== null && "sha256" in media ? media.sha256 : null });
      seen.set(text, known);
      const place = places.get(id);
      if (!faults.check(place !== undefined, `${text} came to a phone, and the gateway does not list it`)) continue;
      const lane = `${from} ${chat}`;
      faults.check(
        (place ?? 0) > (last.get(lane) ?? -1),
        `out of order at ${contact}: ${text} from ${from} in ${chat}`,
      );
      last.set(lane, place ?? 0);
    }
  }
  return { ...checkEach(cast, ledger, seen, faults), again };
}

function checkEach(cast: Cast, { accepted }: Ledger, seen: Map<string, Seen[]>, faults: Faults) {
  let [lost, doubled] = [0, 0];
  for (const { text, to, sha256 } of accepted) {
    const receivers = seen.get(text) ?? [];
    const expected = to === cast.group ? cast.members.length : 1;
    if (!faults.check(receivers.length === expected, `${text} reached ${receivers.length} of ${expected} phones`))
      lost += 1;
    const isWhole = receivers.every((one) => one.sha256 === sha256);
    faults.check(isWhole, `the file of ${text} is another at a phone than was given`);
  }
  for (const [text, receivers] of seen) {
    if (
      !faults.check(
        receivers.every(({ times }) => times === 1),
        `${text} was received more than once by a phone`,
      )
    )
      doubled += 1;
  }
  return { lost, doubled };
}

/** Of each message, by its id on WhatsApp: its place in the order in which they were accepted, as the API tells it. */
async function placesOf(world: World, { accepted }: Ledger, faults: Faults): Promise<Map<string, number>> {
  const listed: Shown[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const query: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const page: { data: Shown[]; next_cursor: string | null } = await must(
      `${world.rig.origin()}/api/v1/messages?direction=out&limit=100${query}`,
      { headers: asAdmin },
    );
    listed.push(...page.data);
    cursor = page.next_cursor;
  }
  const places = new Map(listed.reverse().map(({ wa_id }, place) => [wa_id, place]));
  faults.check(places.size === listed.length, "a message is listed twice");
  // Whoever writes to a chat alone knows the order himself, as each is answered before the next is asked for.
  const last = new Map<string, number>();
  for (const { waId, text, lane } of accepted) {
    const place = places.get(waId);
    if (!faults.check(place !== undefined, `${text} was accepted, and is not listed`) || lane === null) continue;
    faults.check((place ?? 0) > (last.get(lane) ?? -1), `${text} is listed before what was accepted before it`);
    last.set(lane, place ?? 0);
  }
  return places;
}
