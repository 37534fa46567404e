// Somebody could not read what was sent to them, and says so a week later, when the gateway has been started anew: they get
// the very same from the store, unless it was taken back or is kept no longer.
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { day } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import { startHousekeeping } from "../../src/jobs/housekeeping.ts";
import { type InboxItem, packedAs, unpack } from "../../src/sandbox/people/inbox.ts";
import { bytesOf, children, type Node } from "../../src/sandbox/wire/node.ts";
import { proto } from "../../src/sandbox/wire/proto.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import { openReader } from "../../src/store/database.ts";
import { openStore } from "../../src/store/store.ts";
import { type Flow, mine, others, shownIn, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const photo = readFileSync(join(import.meta.dir, "../engine/media/prepare/files/photo.jpg"));
const document = Buffer.from("%PDF-1.4 with nothing much in it");
const week = 7 * day;
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const personOf = ({ network }: Flow, phone = others) => network.world.registry.find(phone)!;
const stateOf = (flow: Flow) => flow.network.world.phones.stateOf(personOf(flow));
const gotOf = (flow: Flow, id: string) => stateOf(flow).inbox.find((item) => item.id === id);
const retriesOf = ({ control }: Flow, id: string) => control.stats(id).messages[0]?.retries ?? 0;
const resentOf = ({ control }: Flow, id: string) => control.stats(id).messages[0]?.resent ?? 0;

type Sent = { id: string; wa_id: string };

async function send(flow: Flow, body: object): Promise<Sent> {
  const shown = shownIn(await flow.call("/messages", { body: { session_id: "shop", to: others, ...body } }));
  return shown as unknown as Sent;
}

/** What the store has of it, in WhatsApp's own form. */
function rawOf({ settings }: Flow, waId: string): Uint8Array {
  const client = openReader(databaseFile(String(settings.dataDir)));
  try {
    return client.query<{ raw: Uint8Array }, [string]>("SELECT raw FROM messages WHERE wa_id = ?").get(waId)!.raw;
  } finally {
    client.close();
  }
}

/** All that came while the phone was away has suffered on its way. */
function damage(flow: Flow): void {
  const spoil = (node: Node): void => {
    const bytes = node.tag === "enc" ? bytesOf(node) : null;
    if (bytes !== null) bytes[bytes.length - 1]! ^= 1;
    for (const one of children(node)) spoil(one);
  };
  for (const stanza of stateOf(flow).missed) spoil(stanza);
}

/** Both clocks go on, and the gateway is started anew. */
async function restartLater(flow: Flow, ms: number, meanwhile: () => unknown = () => {}): Promise<void> {
  const line = flow.line();
  const logins = line.logins();
  flow.network.clock.advance(ms);
  flow.clock.advance(ms);
  await flow.restart(meanwhile);
  await line.letIn(logins + 1);
}

const online = (flow: Flow, isOnline: boolean) => flow.control.phones.change(others, { online: isOnline });

/** What goes along with a message on one of its ways is not part of it. */
function withoutCompanions(message: proto.IMessage): Buffer {
  const { messageContextInfo: info, senderKeyDistributionMessage: _keys, ...content } = message;
  const { messageSecret } = info ?? {};
  const secret = messageSecret == null ? {} : { messageContextInfo: { messageSecret } };
  return Buffer.from(proto.Message.encode({ ...content, ...secret }).finish());
}

const contentOf = (item: InboxItem) => withoutCompanions(unpack(item[packedAs]));

test("a text, a picture, a document, a poll and a word to a group: byte for byte what was sent a week ago", async () => {
  await using flow = await startFlow();
  await flow.link("shop", mine, { pacing: "off" });
  const { id: group } = flow.control.createGroup({ subject: "Us", creator: others, members: [mine] });
  online(flow, false);
  const sent = [
    await send(flow, { text: "Grüße 👋\nzweite Zeile" }),
    await send(flow, { text: "the picture", media: { base64: photo.toString("base64") } }),
    await send(flow, { type: "document", media: { base64: document.toString("base64"), file_name: "bill.pdf" } }),
    await send(flow, { poll: { question: "When?", options: ["now", "later"] } }),
    await send(flow, { to: group, text: "to everybody" }),
  ];
  await flow.network.settled();
  await restartLater(flow, week);
  damage(flow);
  online(flow, true);
  await until("all of it to be read", () => sent.every(({ wa_id }) => gotOf(flow, wa_id) !== undefined), 10_000);
  await flow.network.settled();
  for (const { wa_id } of sent) {
    const raw = rawOf(flow, wa_id);
    expect(contentOf(gotOf(flow, wa_id)!)).toEqual(withoutCompanions(proto.Message.decode(raw)));
    expect([retriesOf(flow, wa_id), resentOf(flow, wa_id)]).toEqual([1, 1]);
  }
  const [text, picture, file] = sent.map(({ wa_id }) => gotOf(flow, wa_id)!);
  expect(text?.text).toBe("Grüße 👋\nzweite Zeile");
  expect(picture?.media).toMatchObject({ sha256: sha256(photo) });
  expect(file?.media).toMatchObject({ sha256: sha256(document) });
  const complaints = flow.control.stats(null).violations.filter(({ rule }) => rule !== "decrypt");
  expect(complaints).toEqual([]);
  for (const { id } of sent) await until("its receipt", async () => (await statusOf(flow, id)) === "delivered");
}, 30_000);

test("what was taken back, and what is kept no longer, is not sent again, and disturbs nothing", async () => {
  await using flow = await startFlow();
  const line = await flow.link("shop", mine, { pacing: "off", retention_days: 7 });
  online(flow, false);
  const old = await send(flow, { text: "older than it is kept" });
  flow.clock.advance(2 * day);
  const takenBack = await send(flow, { text: "taken back" });
  const kept = await send(flow, { text: "still there" });
  await flow.network.settled();
  flow.control.phones.send(mine, { to: others, revoke: takenBack.wa_id });
  await until("it to be taken back", async () =>
    (await line.allEvents()).some(({ type }) => type === "message.deleted"),
  );
  await flow.network.settled();
  await restartLater(flow, 6 * day, () => tidied(flow));
  damage(flow);
  online(flow, true);
  await until("the one that is there", () => gotOf(flow, kept.wa_id) !== undefined, 10_000);
  const asked = [old, takenBack].map(({ wa_id }) => wa_id);
  await until("the others to be asked for", () => asked.every((id) => retriesOf(flow, id) > 0));
  const after = await send(flow, { text: "and on" });
  await until("what comes after them", () => gotOf(flow, after.wa_id) !== undefined);
  await flow.network.settled();
  expect(asked.map((id) => gotOf(flow, id)?.text)).toEqual([undefined, undefined]);
  expect(asked.map((id) => resentOf(flow, id))).toEqual([0, 0]);
  line.write("an answer");
  await until("the answer", async () => (await line.texts()).includes("an answer"));
  expect((await line.shown()).status).toBe("connected");
}, 30_000);

const statusOf = async (flow: Flow, id: string) => (await flow.call(`/messages/${id}`)).json.status;

/** As it is by itself every hour. */
async function tidied({ settings, clock }: Flow): Promise<void> {
  const runner = { pid: process.pid, doing: "test" };
  await using store = await openStore({
    dataDir: String(settings.dataDir),
    masterKeys: [],
    runner,
    clock,
    log: silentLog,
  });
  const keptDays = { events: 30, deliveries: 30, bodies: 7 };
  await using housekeeping = startHousekeeping({ store, clock, log: silentLog, keptDays });
  await housekeeping.tidy();
}
