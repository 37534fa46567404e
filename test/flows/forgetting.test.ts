// Somebody is forgotten: afterwards nothing of them is in the database, in its log or among the files, whatever they did
// and wherever they were spoken of; everybody else is as before.
import { expect, test } from "bun:test";
import { databaseFile } from "../../src/store/data-directory.ts";
import { openReader } from "../../src/store/database.ts";
import { bytesOf } from "../engine/media/prepare/files.ts";
import { fillChat } from "../support/many-messages.ts";
import { fileIs, filesOnDisk } from "../support/sent-media.ts";
import { type Flow, mine, startFlow } from "../support/session-flow.ts";
import { findTraces } from "../support/traces.ts";
import { until } from "../support/until.ts";

const zora = "15557654321";
const friend = "15551000003";
const zorasName = "Zora Quastenflosser";
/** Nobody else says these words. */
const said = [
  "xylofon",
  "brokatvorhang",
  "quittengelee",
  "wolpertinger",
  "siebenschlaefer",
  "kaleidoskop",
  "pfefferminz",
];

const list = async (flow: Flow, path: string) => (await flow.call(path)).json.data;
const contactOf = async (flow: Flow, phone: string) =>
  (await list(flow, "/contacts")).find((one: { phone: string | null }) => one.phone === `+${phone}`);
const textsOf = async (flow: Flow) =>
  (await list(flow, "/messages?limit=200")).map(({ text }: { text: string | null }) => text);

function read<T>(flow: Flow, sql: string): T[] {
  const client = openReader(databaseFile(String(flow.settings.dataDir)));
  try {
    return client.query<T, []>(sql).all();
  } finally {
    client.close();
  }
}

/** She does all that one can do: alone, in a group, to others' messages; and others speak of her. */
async function livelyPast(flow: Flow) {
  const line = await flow.link();
  const { phones } = flow.control;
  const lid = phones.add({ number: zora, name: zorasName }).lid ?? "";
  const group = flow.control.createGroup({ subject: "Neighbours", creator: friend, members: [mine, zora] });
  line.write("xylofon alone", zora);
  const file = phones.send(zora, {
    to: mine,
    media: {
      kind: "image",
      mimetype: "image/jpeg",
      base64: bytesOf("photo.jpg").toString("base64"),
      caption: "brokatvorhang",
    },
  });
  const inGroup = phones.send(zora, { to: group.id, text: "quittengelee for all" });
  const hers = phones.send(zora, { to: group.id, poll: { name: "wolpertinger?", options: ["siebenschlaefer", "no"] } });
  const theirs = phones.send(friend, { to: group.id, text: "words of a friend" });
  const arrived = (count: number) =>
    until(`${count} messages`, async () => (await list(flow, "/messages")).length >= count);
  await arrived(5);
  const inChat = (await list(flow, "/messages?direction=in")).find((one: { wa_id: string }) => one.wa_id === theirs.id);
  phones.send(zora, { to: group.id, react: { id: theirs.id, emoji: "🦔" } });
  await until("the reaction", async () => (await flow.call(`/messages/${inChat.id}`)).json.reactions.length === 1);
  phones.send(friend, {
    to: group.id,
    text: `@${zora} is right`,
    quote: inGroup.id,
    mentions: [`${zora}@s.whatsapp.net`],
  });
  phones.send(friend, { to: mine, contact: { name: zorasName, number: zora } });
  await arrived(7);
  const ours = await flow.call("/messages", { body: { session_id: "shop", to: zora, text: "kaleidoskop to her" } });
  await line.sent(ours.json.id);
  await flow.call("/messages", {
    body: { session_id: "shop", to: zora, type: "image", media: { base64: bytesOf("photo.jpg").toString("base64") } },
  });
  const seen = (await list(flow, "/messages?direction=in")).find((one: { wa_id: string }) => one.wa_id === inGroup.id);
  await flow.call("/messages", {
    body: {
      session_id: "shop",
      to: group.id,
      text: "pfefferminz, as she says",
      reply_to: seen.id,
      mentions: [`+${zora}`],
    },
  });
  await flow.call("/messages", { body: { session_id: "shop", to: friend, text: "ours to a friend" } });
  await fileIs(flow, { waId: file.id, bytes: bytesOf("photo.jpg") }, "stored");
  await flow.network.settled();
  await line.settled();
  return { line, lid, group, hers };
}

test("somebody who is forgotten is nowhere, and everybody else is as before", async () => {
  await using flow = await startFlow();
  const { lid, line } = await livelyPast(flow);
  const dataDir = String(flow.settings.dataDir);
  const traces = [zora, lid, zorasName, ...said.slice(0, 6)];
  const found = new Set(findTraces(dataDir, traces).map((where) => where.split(": ")[1]));
  // The index of words is not the only one that has them before.
  expect([...found].sort()).toEqual([...traces].sort());
  const files = filesOnDisk(flow).length;
  expect(files).toBe(2);
  const contact = await contactOf(flow, zora);
  const events = read<{ id: number; type: string }>(flow, "SELECT id, type FROM journal ORDER BY id");

  const answer = await flow.call(`/contacts/${contact.id}`, { method: "DELETE" });
  expect([answer.status, answer.json]).toEqual([200, { status: "forgotten" }]);

  expect(findTraces(dataDir, traces)).toEqual([]);
  expect(filesOnDisk(flow)).toEqual([]);
  expect((await flow.call(`/contacts/${contact.id}`)).status).toBe(404);
  expect((await flow.call(`/contacts/${contact.id}`, { method: "DELETE" })).status).toBe(404);
  expect(await contactOf(flow, friend)).toBeDefined();
  expect((await textsOf(flow)).toSorted()).toEqual(
    [null, "@… is right", "ours to a friend", "pfefferminz, as she says", "words of a friend"].toSorted(),
  );
  const [quoting] = await list(flow, "/messages?text=right");
  expect(quoting).toMatchObject({ mentions: [], reply_to: { sender: null, text: null } });
  const [friends] = await list(flow, "/messages?text=friend&direction=in");
  expect((await flow.call(`/messages/${friends.id}`)).json.reactions).toEqual([]);
  // The journal keeps its numbers and what happened, and nothing of her.
  const now = read<{ id: number; type: string }>(flow, "SELECT id, type FROM journal ORDER BY id");
  expect(now.slice(0, events.length)).toEqual(events);
  expect(now.slice(events.length).map(({ type }) => type)).toEqual(["contact.forgotten"]);
  const [entry] = await list(flow, "/audit?limit=1");
  expect(entry).toMatchObject({ action: "contact.forgotten", target: contact.id, detail: {} });

  await flow.restart();
  expect(findTraces(dataDir, traces)).toEqual([]);
  await line.reaches("connected");
  expect(flow.network.world.observer.readViolations()).toEqual([]);
});

test("who was forgotten may write again, is somebody new then, and nothing older comes back with them", async () => {
  await using flow = await startFlow();
  const { line } = await livelyPast(flow);
  const before = await contactOf(flow, zora);
  expect((await flow.call(`/contacts/${before.id}`, { method: "DELETE" })).json).toEqual({ status: "forgotten" });
  line.write("once more", zora);
  const after = await until("her to be there", () => contactOf(flow, zora));
  expect(after.id).not.toBe(before.id);
  const chat = await until("the chat", async () =>
    (await list(flow, "/chats")).find((one: { contact_id: string }) => one.contact_id === after.id),
  );
  const texts = async () => (await list(flow, `/messages?chat=${chat.id}`)).map(({ text }: { text: string }) => text);
  await until("her words", async () => (await texts()).includes("once more"));
  expect(await texts()).toEqual(["once more"]);
  await flow.restart();
  await line.reaches("connected");
  expect(await texts()).toEqual(["once more"]);
  const answer = await line.send("and to you", zora);
  await line.sent(answer);
  expect((await line.delivered(zora)).at(-1)).toBe("and to you");
  expect(flow.network.world.observer.readViolations()).toEqual([]);
});

test("what waits to be sent to them is cancelled, what waits for others goes out", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  flow.control.phones.add({ number: zora, name: zorasName });
  line.write("hello", zora);
  const contact = await until("her to be there", () => contactOf(flow, zora));
  await line.act("stop");
  const hers = await line.send("xylofon never sent", zora);
  const friends = await line.send("sent all the same", friend);
  expect((await flow.call(`/contacts/${contact.id}`, { method: "DELETE" })).json).toEqual({ status: "forgotten" });
  expect((await flow.call(`/messages/${hers}`)).status).toBe(404);
  const types = (await line.allEvents()).map(({ type }) => type);
  expect(types.filter((type) => type === "message.failed")).toHaveLength(1);
  await line.act("start");
  await line.sent(friends);
  expect(await line.delivered(zora)).toEqual([]);
  expect(await line.delivered(friend)).toEqual(["sent all the same"]);
  expect(findTraces(String(flow.settings.dataDir), [zora, zorasName, "xylofon"])).toEqual([]);
});

const many = 20_000;

test("a chat of many messages goes in pieces that nobody waits for, and over an end in the midst of it", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  flow.control.phones.add({ number: zora, name: zorasName });
  line.write("hello", zora);
  const contact = await until("her to be there", () => contactOf(flow, zora));
  const dataDir = String(flow.settings.dataDir);
  await flow.restart(() => fillChat(dataDir, zora, { count: many, text: "quittengelee" }));
  const left = () => read<{ n: number }>(flow, "SELECT count(*) AS n FROM messages")[0]?.n ?? 0;
  const forgetting = flow.call(`/contacts/${contact.id}`, { method: "DELETE" }).catch(() => null);
  await until("some to be gone", () => left() < many);
  const before = performance.now();
  await line.call("", { method: "PATCH", body: { label: "written meanwhile" } });
  expect(performance.now() - before).toBeLessThan(1_000);
  await flow.restart(() => expect(left()).toBeGreaterThan(0));
  await forgetting;
  await until("none to be left", () => read(flow, "SELECT 1 FROM forgettings").length === 0, 30_000);
  expect(left()).toBe(0);
  expect(findTraces(dataDir, [zora, zorasName, "quittengelee"])).toEqual([]);
  expect((await flow.call(`/contacts/${contact.id}`)).status).toBe(404);
}, 60_000);

test("who may: the scope manage, all of the account's sessions, and nobody's own number", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  flow.control.phones.add({ number: "15550002222" });
  await flow.link("desk", "15550002222");
  line.write("hello from the desk", "15550002222");
  const desk = await until("the desk to be there", () => contactOf(flow, "15550002222"));
  const forget = (id: string, key?: string) =>
    flow.call(`/contacts/${id}`, { method: "DELETE", ...(key === undefined ? {} : { key }) });
  const own = await forget(desk.id);
  expect([own.status, own.json.detail]).toEqual([409, expect.stringContaining("your own session desk")]);
  const key = async (more: object) => (await flow.call("/keys", { body: { name: "k", ...more } })).json.key;
  expect((await forget(desk.id, await key({ scopes: ["read", "send"] }))).status).toBe(403);
  expect((await forget(desk.id, await key({ scopes: ["manage", "read"], sessions: ["shop"] }))).status).toBe(403);
  expect((await forget(desk.id, await key({ scopes: ["manage", "read"], sessions: ["none"] }))).status).toBe(404);
  expect((await forget("con_nothing1")).status).toBe(404);
});
