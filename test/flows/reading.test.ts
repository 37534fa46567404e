// What is read on the phone is read here: it counts as unread no more, and nobody is told of it a second time.
import { expect, test } from "bun:test";
import { type Flow, type Line, mine, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

type Shown = Record<string, unknown> & { id: string; wa_id: string; read_at: string | null };
const messages = async (flow: Flow): Promise<Shown[]> => (await flow.call("/messages?session=shop")).json.data;
const chats = async (flow: Flow) => (await flow.call("/chats?session=shop")).json.data;

const unread = (flow: Flow, count: number) =>
  until(`${count} to be unread`, async () => {
    const [first] = await chats(flow);
    return first?.unread === count ? first : null;
  });

const readAt = async (flow: Flow, ids: string[]) => {
  const shown = await messages(flow);
  return ids.map((id) => shown.find(({ wa_id }) => wa_id === id)!.read_at !== null);
};

async function written(line: Line, flow: Flow): Promise<string[]> {
  const ids = ["one", "two", "three"].map((text) => line.write(text));
  await unread(flow, 3);
  return ids;
}

test.each(["all", "none"])("what was read on the phone, with receipts for %s", async (receipts) => {
  await using flow = await startFlow();
  const line = await flow.link();
  flow.control.phones.change(mine, { privacy: { readreceipts: receipts } });
  const ids = await written(line, flow);
  flow.control.phones.read(mine, { ids: [ids[1]] });
  await unread(flow, 1);
  expect(await readAt(flow, ids)).toEqual([true, true, false]);
  flow.control.phones.read(mine, { ids: [ids[0]] });
  flow.control.phones.read(mine, { ids: [ids[2]] });
  await unread(flow, 0);
  expect(await readAt(flow, ids)).toEqual([true, true, true]);
  const isTold = flow.control.phones.receipts(others, ids[2]!).read !== undefined;
  expect(isTold).toBe(receipts === "all");
  expect((await line.allEvents()).map(({ type }) => type).filter((type) => type === "message.read")).toEqual([]);
});

test("an answer from the phone marks what came before it as read, and nothing after", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  const ids = await written(line, flow);
  flow.control.phones.send(mine, { to: others, text: "all three, thanks" });
  await unread(flow, 0);
  expect(await readAt(flow, ids)).toEqual([true, true, true]);
  line.write("four");
  await unread(flow, 1);
});

test.each(["lid", "pn"] as const)("in a %s group as well", async (addressing) => {
  await using flow = await startFlow();
  await flow.link();
  const members = [mine];
  const { id } = flow.control.createGroup({ subject: "Neighbours", creator: others, members, addressing });
  const [first, second] = ["one", "two"].map((text) => flow.control.phones.send(others, { to: id, text }).id);
  await unread(flow, 2);
  flow.control.phones.read(mine, { ids: [first] });
  await unread(flow, 1);
  flow.control.phones.send(mine, { to: id, text: "both" });
  await unread(flow, 0);
  expect(await readAt(flow, [first!, second!])).toEqual([true, true]);
});

test("what was read while the session was away counts as read when it is back", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  await line.act("stop");
  const ids = ["one", "two", "three"].map((text) => line.write(text));
  flow.control.phones.read(mine, { ids: ids.slice(0, 2) });
  await line.act("start");
  await until("all of them", async () => (await messages(flow)).length === 3);
  await unread(flow, 1);
  expect(await readAt(flow, ids)).toEqual([true, true, false]);
});

test("what is marked as read here bears the time, and another device of the number is told", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  await flow.link("second");
  const ids = await written(line, flow);
  const [chat] = await chats(flow);
  expect((await flow.call(`/chats/${chat.id}/read`, { method: "POST" })).json.unread).toBe(0);
  expect(await readAt(flow, ids)).toEqual([true, true, true]);
  await until("the other session", async () => {
    const [other] = (await flow.call("/chats?session=second")).json.data;
    return other?.unread === 0 && other.last_message_id !== null;
  });
});
