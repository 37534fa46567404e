// Everything is taken away as lines of JSON: in the shapes of the API, in a steady order, and however much it is.
import { expect, test } from "bun:test";
import { bytesOf } from "../engine/media/prepare/files.ts";
import { fillChat } from "../support/many-messages.ts";
import { fileIs, sendFile } from "../support/sent-media.ts";
import { type Flow, mine, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
type Line = { record: string; data: any };

async function exported(flow: Flow, path: string, key?: string): Promise<Line[]> {
  const answer = await flow.call(path, key === undefined ? {} : { key });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
  expect(answer.text.endsWith("\n")).toBe(true);
  return answer.text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const dataOf = (lines: Line[], record: string) =>
  lines.filter((line) => line.record === record).map(({ data }) => data);
const list = async (flow: Flow, path: string) => (await flow.call(path)).json.data;

/** A chat with one, a group with two, on the first session; one chat on another. */
async function somePast(flow: Flow) {
  const line = await flow.link();
  const { phones } = flow.control;
  const desk = "15550002222";
  phones.add({ number: desk });
  const group = flow.control.createGroup({ subject: "Neighbours", creator: others, members: [mine, "15551000001"] });
  line.write("hello");
  const file = sendFile(flow, { bytes: bytesOf("photo.jpg"), caption: "a picture" });
  const { id } = phones.send("15551000001", { to: group.id, text: "to all" });
  await until("all of it", async () => (await list(flow, "/messages")).length >= 3);
  phones.send(others, { to: group.id, react: { id, emoji: "👍" } });
  const sent = await flow.call("/messages", { body: { session_id: "shop", to: others, text: "ours" } });
  await line.sent(sent.json.id);
  await (await flow.link("desk", desk)).write("to the desk", others);
  await fileIs(flow, file, "stored");
  await until("the reaction", async () => {
    const found = (await list(flow, "/messages?type=text")).find((one: { wa_id: string }) => one.wa_id === id);
    return found !== undefined && (await flow.call(`/messages/${found.id}`)).json.reactions.length > 0;
  });
  await until("the desk's", async () => (await list(flow, "/messages?session=desk")).length === 1);
  await flow.network.settled();
}

test("an export has what the API shows, contacts and chats first, and says what it is and that it is whole", async () => {
  await using flow = await startFlow();
  await somePast(flow);
  const lines = await exported(flow, "/export");
  const records = lines.map(({ record }) => record);
  expect(records.filter((record, place) => record !== records[place - 1])).toEqual([
    "export",
    "contact",
    "chat",
    "message",
    "end",
  ]);
  expect(lines[0]?.data).toMatchObject({
    format: "waygate-export",
    version: 1,
    account: { username: "admin" },
    sessions: [{ name: "shop" }, { name: "desk" }],
  });
  const contacts = dataOf(lines, "contact");
  expect(contacts).toEqual((await list(flow, "/contacts")).toReversed());
  const chats = await list(flow, "/chats");
  expect(
    dataOf(lines, "chat")
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(chats.map(({ id }: { id: string }) => id).toSorted());
  for (const chat of dataOf(lines, "chat")) expect(chat).toEqual((await flow.call(`/chats/${chat.id}`)).json);
  const messages = dataOf(lines, "message");
  expect(messages).toHaveLength((await list(flow, "/messages")).length);
  for (const message of messages) expect(message).toEqual((await flow.call(`/messages/${message.id}`)).json);
  expect(messages.find(({ type }) => type === "image").media).toMatchObject({
    url: expect.stringMatching(/^\/api\/v1\/messages\/msg_\w+\/media$/),
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    size: bytesOf("photo.jpg").length,
  });
  expect(messages.find(({ text }) => text === "to all").reactions).toMatchObject([{ emoji: "👍" }]);
  const counts = { contacts: contacts.length, chats: chats.length, calls: 0, messages: messages.length };
  expect(lines.at(-1)).toEqual({ record: "end", data: counts });
  expect(await exported(flow, "/export")).toEqual(lines);
});

test("a key that is bound to a session takes that one's away, and a chat is taken with who wrote in it", async () => {
  await using flow = await startFlow();
  await somePast(flow);
  const { json } = await flow.call("/keys", { body: { name: "k", scopes: ["read"], sessions: ["desk"] } });
  const lines = await exported(flow, "/export", json.key);
  expect(lines[0]?.data.sessions).toMatchObject([{ name: "desk" }]);
  expect(dataOf(lines, "message").map(({ text }) => text)).toEqual(["to the desk"]);
  expect(dataOf(lines, "contact").map(({ phone }) => phone)).toEqual([`+${others}`]);
  const [group] = await list(flow, "/chats?type=group");
  const ofGroup = await exported(flow, `/chats/${group.id}/export`);
  expect(ofGroup[0]?.data.chat_id).toBe(group.id);
  expect(dataOf(ofGroup, "chat").map(({ id }) => id)).toEqual([group.id]);
  expect(dataOf(ofGroup, "contact").map(({ phone }) => phone)).toEqual(["+15551000001"]);
  expect(dataOf(ofGroup, "message").map(({ text }) => text)).toEqual(["to all"]);
  expect((await flow.call(`/chats/${group.id}/export`, { key: json.key })).status).toBe(404);
  const writer = await flow.call("/keys", { body: { name: "w", scopes: ["send"] } });
  expect((await flow.call("/export", { key: writer.json.key })).status).toBe(403);
});

test("a large one comes whole while others are answered, and what is no longer read is made no further", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  line.write("hello");
  await until("the chat", async () => (await list(flow, "/chats")).length === 1);
  const dataDir = String(flow.settings.dataDir);
  await flow.restart(() => fillChat(dataDir, others, { count: 20_000, text: "words ".repeat(20) }));
  let isDone = false;
  const whole = exported(flow, "/export").finally(() => (isDone = true));
  const waits: number[] = [];
  while (!isDone) {
    const before = performance.now();
    await flow.call("/me");
    waits.push(performance.now() - before);
  }
  const lines = await whole;
  expect(lines.at(-1)?.data.messages).toBe(20_001);
  expect(new Set(dataOf(lines, "message").map(({ id }) => id)).size).toBe(20_001);
  expect(waits.length).toBeGreaterThan(20);
  expect(waits.toSorted((a, b) => a - b)[Math.floor(waits.length / 2)]).toBeLessThan(200);
  const [chat] = await list(flow, "/chats");
  const ofChat = dataOf(await exported(flow, `/chats/${chat.id}/export`), "message");
  const times = ofChat.map(({ timestamp }) => timestamp);
  expect(times).toEqual(times.toSorted());
  expect(times).toHaveLength(20_001);
  const cut = await fetch(`${flow.gateway().url}/api/v1/export`, {
    headers: { "x-api-key": flow.gateway().config.adminApiKey ?? "" },
  });
  const reader = cut.body!.getReader();
  await reader.read();
  await flow.restart();
  const rest = async () => {
    for (;;) if ((await reader.read()).done) return "whole";
  };
  expect(await rest().catch(() => "cut off")).toBe("cut off");
}, 60_000);
