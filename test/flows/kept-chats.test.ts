// How the phone's owner keeps chats and people is so here as well: from the linking on, and when it changes later.
import { expect, test } from "bun:test";
import { type Flow, mine, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const zoe = "15553000001";
const nobodys = "15553000002";

type Chat = { id: string; phone: string | null; jid: string; name: string; unread: number } & Record<string, unknown>;
const chatsIn = async (flow: Flow, query = ""): Promise<Chat[]> =>
  (await flow.call(`/chats?session=shop${query}`)).json.data;

function chatWith(flow: Flow, phone: string, isReady: (chat: Chat) => boolean) {
  return until(`the chat with ${phone}`, async () => {
    const found = (await chatsIn(flow)).find((one) => one.phone === `+${phone}` || one.jid === phone);
    return found !== undefined && isReady(found) ? found : null;
  });
}

const named = (flow: Flow, phone: string, name: string | null) =>
  until(`${phone} to be called ${name}`, async () => {
    const { data } = (await flow.call("/contacts")).json;
    return data.some((one: Record<string, unknown>) => one.phone === `+${phone}` && one.name === name);
  });

async function before(): Promise<Flow> {
  const flow = await startFlow();
  for (const [number, name] of [
    [zoe, "Zoe"],
    [nobodys, "Yan"],
  ] as const)
    flow.control.phones.add({ number, name });
  return flow;
}

test("what was so before the linking is so here, and told to nobody as news", async () => {
  await using flow = await before();
  const { phones } = flow.control;
  const group = flow.control.createGroup({ subject: "Neighbours", creator: others, members: [mine] });
  phones.keepChat(mine, { chat: others, archived: true });
  phones.keepChat(mine, { chat: zoe, pinned: true, muted_seconds: "always" });
  phones.keepChat(mine, { chat: group.id, muted_seconds: 3_600 });
  phones.keepChat(mine, { chat: nobodys, archived: true });
  phones.keepChat(mine, { chat: nobodys, archived: false });
  phones.saveContact(mine, { number: others, name: "Grandma Ö" });
  phones.saveContact(mine, { number: zoe, name: "Zoe from work" });
  const line = await flow.link();
  const archived = await chatWith(flow, others, (chat) => chat.archived === true);
  expect(archived).toMatchObject({ pinned: false, muted_until: null });
  const pinned = await chatWith(flow, zoe, (chat) => chat.pinned === true && chat.muted_until !== null);
  expect([pinned.archived, pinned.muted_until]).toEqual([false, "9999-12-31T23:59:59.000Z"]);
  const muted = await chatWith(flow, group.id, (chat) => chat.muted_until !== null);
  const until_ = Date.parse(String(muted.muted_until)) - flow.network.world.now();
  expect(until_).toBeGreaterThan(3_500_000);
  expect(until_).toBeLessThanOrEqual(3_600_000);
  await named(flow, others, "Grandma Ö");
  await named(flow, zoe, "Zoe from work");
  expect((await chatWith(flow, zoe, () => true)).name).toBe("Zoe from work");
  expect((await chatsIn(flow)).some(({ phone }) => phone === `+${nobodys}`)).toBe(false);
  expect((await chatsIn(flow, "&archived=true")).map(({ phone }) => phone)).toEqual([`+${others}`]);
  expect((await chatsIn(flow, "&archived=false")).some(({ phone }) => phone === `+${others}`)).toBe(false);
  const told = (await line.allEvents()).filter(({ type }) => type.startsWith("contact."));
  expect(told.filter(({ data }) => (data.changed as string[] | undefined)?.includes("name"))).toEqual([]);
});

test("what changes later changes here, by number and by LID", async () => {
  await using flow = await before();
  const line = await flow.link();
  const { phones } = flow.control;
  line.write("hello", zoe);
  await chatWith(flow, zoe, (chat) => chat.unread === 1);
  phones.keepChat(mine, { chat: zoe, archived: true, pinned: true, muted_seconds: 60 });
  const kept = await chatWith(flow, zoe, (chat) => chat.archived === true && chat.pinned === true);
  await chatWith(flow, zoe, (chat) => chat.muted_until !== null);
  phones.keepChat(mine, { chat: zoe, by: "lid", archived: false, pinned: false, muted_seconds: null });
  const isUsual = (chat: Chat) => chat.archived === false && chat.pinned === false && chat.muted_until === null;
  expect((await chatWith(flow, zoe, isUsual)).id).toBe(kept.id);
  phones.saveContact(mine, { number: zoe, name: "Zoe from work" });
  await named(flow, zoe, "Zoe from work");
  phones.saveContact(mine, { number: zoe, name: "Zoe" });
  await named(flow, zoe, "Zoe");
  const changes = (await line.allEvents()).flatMap(({ type, data }) =>
    type === "contact.updated" ? [data.changed] : [],
  );
  expect(changes.filter((changed) => (changed as string[]).includes("name"))).toEqual([["name"], ["name"]]);
});

test("a chat that is marked as read without being opened is read up to that time", async () => {
  await using flow = await before();
  const line = await flow.link();
  for (const text of ["one", "two"]) line.write(text, zoe);
  const chat = await chatWith(flow, zoe, ({ unread }) => unread === 2);
  await line.act("stop");
  flow.network.clock.advance(5_000);
  flow.control.phones.keepChat(mine, { chat: zoe, read: true });
  flow.network.clock.advance(5_000);
  line.write("three", zoe);
  await line.act("start");
  await chatWith(flow, zoe, ({ unread }) => unread === 1);
  const { data } = (await flow.call(`/messages?session=shop&chat=${chat.id}`)).json;
  const read = data.map(({ text, read_at }: Record<string, string | null>) => [text, read_at !== null]);
  expect(read).toEqual([
    ["three", false],
    ["two", true],
    ["one", true],
  ]);
});
