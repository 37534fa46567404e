// What people write to a number: taken in once, read back as they wrote it, told of in its order.
import { expect, test } from "bun:test";
import { type Flow, type Line, mine, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const messagesIn = async (flow: Flow, query = "direction=in") => (await flow.call(`/messages?${query}`)).json.data;

/** In the order in which they came. */
async function received(flow: Flow, count: number) {
  const all = await until(`${count} messages`, async () => {
    const found = await messagesIn(flow);
    return found.length >= count ? found : null;
  });
  return all.toReversed();
}

const types = async (line: Line) =>
  (await line.allEvents()).map(({ type }) => type).filter((type) => type.startsWith("message."));

test("texts are read back as they were written, and count as unread in their chat", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  for (const text of ["Guten Tag", "zweite\nZeile 👋", "مرحبا"]) line.write(text);
  const shown = await received(flow, 3);
  expect(shown.map(({ text }: { text: string }) => text)).toEqual(["Guten Tag", "zweite\nZeile 👋", "مرحبا"]);
  expect(shown[0]).toMatchObject({
    direction: "in",
    status: "received",
    type: "text",
    sender: { phone: `+${others}` },
  });
  const { data: chats } = (await flow.call("/chats?session=shop")).json;
  expect(chats).toMatchObject([{ type: "person", phone: `+${others}`, unread: 3, last_message_id: shown[2].id }]);
  expect((await messagesIn(flow, "text=zeile")).map(({ id }: { id: string }) => id)).toEqual([shown[1].id]);
  expect(await types(line)).toEqual(["message.received", "message.received", "message.received"]);
});

test("reactions, edits and deletions change the message that they are about", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  const id = line.write("teh first");
  const [shown] = await received(flow, 1);
  const act = (more: object) => flow.control.phones.send(others, { to: mine, ...more });
  act({ react: { id, emoji: "👍" } });
  act({ edit: { id, text: "the first" } });
  const look = async () => (await flow.call(`/messages/${shown.id}`)).json;
  const edited = await until("the edit", async () => {
    const now = await look();
    return now.edited_at === null ? null : now;
  });
  expect(edited).toMatchObject({ text: "the first", reactions: [{ emoji: "👍", by: { phone: `+${others}` } }] });
  act({ react: { id, emoji: "" } });
  act({ revoke: id });
  const deleted = await until("the deletion", async () => {
    const now = await look();
    return now.deleted_at === null ? null : now;
  });
  expect(deleted.reactions).toEqual([]);
  expect(await types(line)).toEqual([
    "message.received",
    "message.reaction",
    "message.edited",
    "message.reaction",
    "message.deleted",
  ]);
});

test("ours is delivered and then read, with the time of each, and each told once", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  const { json } = await flow.call("/messages", { body: { session_id: "shop", to: others, text: "Hello!" } });
  const reaches = (state: string) =>
    until(`it to be ${state}`, async () => {
      const now = (await flow.call(`/messages/${json.id}`)).json;
      return now.status === state ? now : null;
    });
  await reaches("delivered");
  flow.control.phones.read(others, {});
  const read = await reaches("read");
  expect(read.receipts).toMatchObject([{ by: { phone: `+${others}` } }]);
  expect([read.sent_at, read.delivered_at, read.read_at].every((at) => typeof at === "string")).toBe(true);
  const order = ["message.queued", "message.sent", "message.delivered", "message.read"];
  expect(await types(line)).toEqual(order);
});

test("what was received and not taken in when it ended is taken in at the next start, once", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  for (let n = 1; n <= 30; n++) line.write(`text ${n}`);
  await until("the first rows", async () => (await line.received()).length > 5);
  await flow.restart();
  const shown = await received(flow, 30);
  const expected = Array.from({ length: 30 }, (_, n) => `text ${n + 1}`);
  expect(shown.map(({ text }: { text: string }) => text)).toEqual(expected);
  expect(await types(line)).toEqual(Array(30).fill("message.received"));
});

test("groups that a session is to ignore are acknowledged and not kept", async () => {
  await using flow = await startFlow();
  const line = await flow.link("shop", mine, { ignore_groups: true });
  const group = flow.control.createGroup({ subject: "Neighbours", creator: others, members: [mine] });
  flow.control.phones.send(others, { to: group.id, text: "to all" });
  line.write("to you");
  const shown = await received(flow, 1);
  expect(shown.map(({ text }: { text: string }) => text)).toEqual(["to you"]);
  await line.settled();
  expect(await line.texts()).toEqual(["to all", "to you"]);
});

test("what cannot be read at first has its place, and is filled in and told of when it comes again", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  line.write("before");
  line.strike("unreadable");
  line.write("damaged on its way");
  const filled = await until("both to be read", async () => {
    const found = (await messagesIn(flow)).map(({ text }: { text: string | null }) => text);
    return found.includes("damaged on its way") ? found : null;
  });
  expect(filled).toEqual(["damaged on its way", "before"]);
  await line.settled();
  expect(await messagesIn(flow)).toHaveLength(2);
  expect(await types(line)).toEqual(["message.received", "message.received"]);
});
