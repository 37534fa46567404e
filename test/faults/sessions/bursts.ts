// SIGKILL during bursts of messages both ways: nothing that was acknowledged or accepted is lost, nothing is doubled, no
// number is used twice, nobody has to scan again.
import { Database } from "bun:sqlite";
import { proto } from "@whiskeysockets/baileys";
import { ciphertextsOf, decodeStanza } from "../../../src/engine/signal/stanza.ts";
import { until } from "../../support/until.ts";
import { createRandom } from "../support/random.ts";
import { asAdmin, must } from "../support/rig.ts";
import { createFaults, type Faults, type Outcome, type Suite, type SuiteRun, told } from "../support/suite.ts";
import { type Cast, callersWrite, type Ledger, phonesWrite } from "./traffic.ts";
import { link, openWorld, statusOf, untilConnected, type World } from "./world.ts";

const longestBurstMs = 1_200;
const callers = 4;
const drainMs = 60_000;
const wentOut = ["sent", "delivered", "read"];

export const burstsSuite: Suite = {
  name: "bursts",
  about: "SIGKILL while messages go both ways; the size is the number of kills",
  long: 100,
  short: 4,
  run,
};

async function run({ size, seed }: SuiteRun): Promise<Outcome> {
  const faults = createFaults();
  const random = createRandom(seed);
  await using world = await openWorld();
  const cast = await castOf(world);
  const ledger: Ledger = { sent: new Map(), accepted: [], unanswered: new Set() };
  const names = cast.sessions.map(({ name }) => name);

  for (let kill = 1; kill <= size; kill++) {
    let over = false;
    const burst = { world, cast, ledger, random, faults, isOver: () => over };
    const writing = [phonesWrite(burst), ...Array.from({ length: callers }, () => callersWrite(burst))];
    await Bun.sleep(random.between(0, longestBurstMs));
    await world.rig.gateway().kill();
    over = true;
    await Promise.all(writing);
    await world.rig.start();
  }
  await untilConnected(world, names, drainMs);
  await untilSent(world, ledger, faults);
  await world.network.settled(drainMs);

  const received = await checkReceived(world, ledger, faults);
  const arrived = await checkArrived(world, cast, ledger, faults);
  const rescans = await checkSessions(world, cast, faults);
  const { violations } = world.control.stats(null);
  for (const { who, rule, detail } of violations) faults.add(`against the protocol, ${rule}: ${who}: ${detail}`);
  faults.check(ledger.sent.size > size && ledger.accepted.length > size, "hardly anything was said");
  return {
    figure: `${told(size)} kills, ${told(rescans)} scans needed again; in: ${told(ledger.sent.size)} sent by phones, ${told(received.lost)} lost, ${told(received.doubled)} doubled; out: ${told(ledger.accepted.length)} accepted, ${told(arrived.lost)} lost, ${told(arrived.doubled)} doubled, ${told(ledger.unanswered.size)} cut off; ${told(violations.length)} violations of the protocol`,
    faults: faults.list(),
  };
}

async function castOf(world: World): Promise<Cast> {
  const { phones } = world.control;
  const sessions = ["shop", "desk"].map((name, place) => ({ name, phone: `1555000${place + 1}111` }));
  const contacts = Array.from({ length: 5 }, (_, place) => `155510000${place + 10}`);
  for (const number of [...sessions.map(({ phone }) => phone), ...contacts]) phones.add({ number });
  for (const { name, phone } of sessions) await link(world, name, phone);
  const members = [...contacts.slice(1), ...sessions.map(({ phone }) => phone)];
  const group = world.control.createGroup({ subject: "Everybody", creator: contacts[0], members });
  await world.network.settled();
  return { sessions, contacts, group: group.id };
}

/** Until WhatsApp has said yes to every message that was accepted. */
async function untilSent(world: World, { accepted }: Ledger, faults: Faults): Promise<void> {
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

type Received = { session: string; id: string; text: string | null };

/** What the gateway has of what the phones sent, in its order: as it was received, and as it was taken in. */
async function checkReceived(world: World, ledger: Ledger, faults: Faults): Promise<{ lost: number; doubled: number }> {
  const database = new Database(world.rig.database, { readonly: true });
  try {
    const waiting = database.query<{ n: number }, []>(
      "SELECT count(*) AS n FROM inbox WHERE is_peer = 0 AND taken_at IS NULL",
    );
    await until("everything to be taken in", () => waiting.get()?.n === 0, drainMs);
    checkRows(inInbox(database), ledger, faults);
    const found = checkRows(asMessages(database), ledger, faults);
    const toldTwice = database.query<{ id: number }, []>(
      "SELECT json_extract(data, '$.messageId') AS id FROM journal WHERE type = 'message.received' GROUP BY id HAVING count(*) > 1",
    );
    faults.check(toldTwice.all().length === 0, "a message was told of twice");
    return found;
  } finally {
    database.close();
  }
}

function inInbox(database: Database): Received[] {
  const rows = database.query<{ name: string; stanza: Uint8Array }, []>(
    "SELECT sessions.name, inbox.stanza FROM inbox JOIN sessions ON sessions.id = inbox.session_id WHERE is_peer = 0 ORDER BY inbox.id",
  );
  return rows.all().map(({ name, stanza }) => {
    const node = decodeStanza(stanza);
    const texts = ciphertextsOf(node).map(({ content }) => textOf(content));
    return { session: name, id: node.attrs.id ?? "", text: texts.find((one) => one !== null) ?? null };
  });
}

function asMessages(database: Database): Received[] {
  return database
    .query<Received, []>(
      "SELECT sessions.name AS session, wa_id AS id, text FROM messages JOIN sessions ON sessions.id = messages.session_id WHERE from_me = 0 ORDER BY messages.id",
    )
    .all();
}

function checkRows(rows: readonly Received[], { sent }: Ledger, faults: Faults): { lost: number; doubled: number } {
  const places = new Map<string, number[]>();
  for (const [place, { session, id, text }] of rows.entries()) {
    const key = `${id} ${session}`;
    const expected = sent.get(key);
    // What sessions say to the group reaches the other sessions too.
    if (expected === undefined) continue;
    faults.check(text === expected.text, `a message was received as something else: ${text} for ${expected.text}`);
    places.set(key, [...(places.get(key) ?? []), place]);
  }
  let [lost, doubled] = [0, 0];
  const last = new Map<string, number>();
  for (const [key, { session, chat, text }] of sent) {
    const found = places.get(key) ?? [];
    if (found.length === 0) lost += 1;
    if (found.length > 1) doubled += 1;
    if (!faults.check(found.length === 1, `received ${found.length} times, not once: ${text} of ${chat} by ${session}`))
      continue;
    const lane = `${session} ${chat}`;
    faults.check((found[0] ?? 0) > (last.get(lane) ?? -1), `out of order: ${text} of ${chat} by ${session}`);
    last.set(lane, found[0] ?? 0);
  }
  return { lost, doubled };
}

function textOf(padded: Uint8Array): string | null {
  const message = proto.Message.decode(padded.subarray(0, padded.length - (padded.at(-1) ?? 0)));
  return message.conversation || message.extendedTextMessage?.text || null;
}

/** What the phones have got of what the gateway accepted. */
async function checkArrived(world: World, cast: Cast, ledger: Ledger, faults: Faults) {
  const seen = new Map<string, { contact: string; ids: string[] }[]>();
  for (const contact of cast.contacts) {
    const { data } = await world.control.phones.inbox(contact, { limit: 1_000_000 });
    const byText = new Map<string, string[]>();
    for (const { text, id, from_me } of data) {
      if (text?.startsWith("out-") !== true || from_me) continue;
      byText.set(text, [...(byText.get(text) ?? []), id]);
    }
    for (const [text, ids] of byText) seen.set(text, [...(seen.get(text) ?? []), { contact, ids }]);
  }
  let [lost, doubled] = [0, 0];
  for (const { text, to } of ledger.accepted) {
    const receivers = seen.get(text) ?? [];
    const expected = to === cast.group ? cast.contacts.length : 1;
    if (!faults.check(receivers.length === expected, `${text} reached ${receivers.length} of ${expected} phones`))
      lost += 1;
  }
  for (const [text, receivers] of seen) {
    const isOnce = receivers.every(({ ids }) => ids.length === 1);
    if (!faults.check(isOnce, `${text} was received more than once by a phone`)) doubled += 1;
  }
  return { lost, doubled };
}

async function checkSessions(world: World, cast: Cast, faults: Faults): Promise<number> {
  let rescans = 0;
  for (const { name, phone } of cast.sessions) {
    const { status } = await statusOf(world, name);
    const { devices } = world.control.phones.get(phone);
    if (!faults.check(status === "connected" && devices.length === 1, `${name} is ${status}`)) rescans += 1;
    for (const { queued } of devices) faults.check(queued === 0, `the network still has ${queued} stanzas for ${name}`);
  }
  return rescans;
}
