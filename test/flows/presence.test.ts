// Who is there and who types, from somebody's phone to the events: to those who want to hear it, and never all of it.
import { expect, test } from "bun:test";
import { hour } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import { startHousekeeping } from "../../src/jobs/housekeeping.ts";
import { openStore } from "../../src/store/store.ts";
import { type Flow, holds, mine, others, startFlow } from "../support/session-flow.ts";
import { checkedEvents } from "../support/told-events.ts";
import { until } from "../support/until.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
type Json = Record<string, any>;

async function told(flow: Flow): Promise<Json[]> {
  const all = (await checkedEvents((path) => flow.call(path))) as unknown as Json[];
  return all.filter(({ event }) => event === "presence.updated");
}
const states = async (flow: Flow) => (await told(flow)).map(({ data }) => data.state);
const type = (flow: Flow, state: string, to = mine) => flow.control.phones.type(others, { to, state });
const subscription = (flow: Flow, chat: string, method = "PUT") =>
  flow.call(`/chats/${chat}/presence/subscription`, { method });
const comesTo = (flow: Flow, wanted: string[]) =>
  until(`${wanted}`, async () => JSON.stringify(await states(flow)) === JSON.stringify(wanted));

async function chatting(settings: Record<string, unknown> = { mark_online: true }) {
  const flow = await startFlow();
  const line = await flow.link("shop", mine, settings);
  line.write("hello");
  const chat: Json = await until("the chat", async () =>
    (await flow.call("/chats")).json.data.find(
      (one: Json) => one.phone === `+${others}` && one.last_message_id !== null,
    ),
  );
  const isShown = () => flow.network.world.links.all().some(({ person, isShown }) => person.phone === mine && isShown);
  if (settings.mark_online === true) await until("it to show itself", isShown);
  return { flow, line, chat, isShown, [Symbol.asyncDispose]: () => flow[Symbol.asyncDispose]() };
}

test("whoever types, records or has stopped is told of, once for each, in their chat", async () => {
  await using rig = await chatting();
  const { flow, line, chat } = rig;
  const session_id = (await line.shown()).id;
  type(flow, "typing");
  await comesTo(flow, ["typing"]);
  for (let time = 0; time < 20; time++) type(flow, "typing");
  type(flow, "recording");
  await comesTo(flow, ["typing", "recording"]);
  type(flow, "paused");
  await comesTo(flow, ["typing", "recording", "paused"]);
  const [first] = await told(flow);
  expect(first).toMatchObject({
    ...{ session_id, from: `+${others}` },
    data: { chat_id: chat.id, person: { contact_id: chat.contact_id, phone: `+${others}` }, state: "typing" },
  });
  expect(first?.group_id).toBeUndefined();
  const inChat = await flow.call(`/events?chat=${chat.id}&events=presence.*&cursor=earliest`);
  expect(inChat.json.data).toHaveLength(3);
  expect((await flow.call("/contacts?limit=200")).status).toBe(200);
  expect(flow.network.world.observer.readViolations()).toEqual([]);
});

test("somebody who types and stops a thousand times in a moment is told of twice", async () => {
  await using rig = await chatting();
  const { flow } = rig;
  for (let time = 0; time < 1_000; time++) type(flow, time % 2 === 0 ? "typing" : "paused");
  await comesTo(flow, ["typing", "paused"]);
  await flow.network.settled();
  await holds("there is no more", 1_500, async () => (await told(flow)).length === 2);
});

test("who is there is told of where somebody wants to hear it, over lost connections and new starts, until they do not", async () => {
  await using rig = await chatting();
  const { flow, line, chat } = rig;
  const show = (available: boolean) => flow.control.phones.show(others, { available });
  show(false);
  await flow.network.settled();
  expect(chat.presence_subscribed).toBe(false);
  expect((await subscription(flow, chat.id)).status).toBe(204);
  expect((await subscription(flow, chat.id)).status).toBe(204);
  expect((await flow.call(`/chats/${chat.id}`)).json.presence_subscribed).toBe(true);
  await comesTo(flow, ["unavailable"]);
  expect((await told(flow))[0]?.data.last_seen_at).toMatch(/^\d{4}-/);
  show(true);
  await comesTo(flow, ["unavailable", "available"]);
  line.cut();
  await line.returns();
  await until("it to show itself", rig.isShown);
  await flow.network.settled();
  show(false);
  await comesTo(flow, ["unavailable", "available", "unavailable"]);
  await flow.restart(() => show(true));
  await line.letIn(3);
  await comesTo(flow, ["unavailable", "available", "unavailable", "available"]);
  expect((await subscription(flow, chat.id, "DELETE")).status).toBe(204);
  expect((await subscription(flow, chat.id, "DELETE")).status).toBe(204);
  show(false);
  await flow.network.settled();
  await holds("nothing more is told", 300, async () => (await told(flow)).length === 4);
}, 20_000);

test("what goes on in a group is told of where somebody wants to hear it, with who it is", async () => {
  await using rig = await chatting();
  const { flow } = rig;
  const group = flow.control.createGroup({ subject: "Neighbours", creator: others, members: [mine] });
  flow.control.phones.send(others, { to: group.id, text: "hello" });
  const chat = await until("its chat", async () => (await flow.call("/chats?type=group")).json.data[0]);
  type(flow, "typing", group.id);
  await flow.network.settled();
  await holds("nothing is told", 300, async () => (await told(flow)).length === 0);
  expect((await subscription(flow, chat.id)).status).toBe(204);
  type(flow, "paused", group.id);
  await comesTo(flow, ["paused"]);
  expect(await told(flow)).toMatchObject([
    { group_id: group.id, from: `+${others}`, data: { chat_id: chat.id, person: { phone: `+${others}` } } },
  ]);
});

test("a session that does not show itself is told nothing, and nobody hears of strangers", async () => {
  await using rig = await chatting({});
  const { flow, chat } = rig;
  expect((await subscription(flow, chat.id)).status).toBe(204);
  type(flow, "typing");
  await flow.network.settled();
  expect(await states(flow)).not.toContain("typing");
  await flow.call("/sessions/shop", { method: "PATCH", body: { mark_online: true } });
  await until("it to show itself", rig.isShown);
  const zoe = "15553000001";
  flow.control.phones.add({ number: zoe });
  flow.control.phones.type(zoe, { to: mine, state: "typing" });
  type(flow, "typing");
  await until("the other", async () => (await states(flow)).includes("typing"));
  expect((await told(flow)).map(({ from }) => from)).not.toContain(`+${zoe}`);
  const contacts = (await flow.call("/contacts?limit=200")).json.data;
  expect(contacts.some((one: Json) => one.phone === `+${zoe}`)).toBe(false);
});

test("subscribed while the session is away it holds from its start on; one key's chats are not another's", async () => {
  await using rig = await chatting();
  const { flow, line, chat } = rig;
  await line.act("stop");
  const { json: key } = await flow.call("/keys", { body: { name: "k", sessions: ["another"] } });
  const path = `/chats/${chat.id}/presence/subscription`;
  expect((await flow.call(path, { method: "PUT", key: key.key })).status).toBe(404);
  expect((await subscription(flow, chat.id)).status).toBe(204);
  await line.act("start");
  await line.reaches("connected");
  await comesTo(flow, ["available"]);
});

test("it is kept for an hour, and the rest of the events as before", async () => {
  await using rig = await chatting();
  const { flow } = rig;
  type(flow, "typing");
  await comesTo(flow, ["typing"]);
  const before = (await checkedEvents((path) => flow.call(path))).length;
  await flow.end();
  const tidyAfter = async (ms: number) => {
    const clock = { now: () => flow.clock.now() + ms };
    const runner = { pid: process.pid, doing: "test" };
    const dataDir = String(flow.settings.dataDir);
    await using store = await openStore({ dataDir, masterKeys: [], runner, clock, log: silentLog });
    const keptDays = { events: 30, deliveries: 20, bodies: 10 };
    await using housekeeping = startHousekeeping({ store, clock, log: silentLog, keptDays });
    await housekeeping.tidy();
    return (await store.journal.after(1, 0, 1_000)).length;
  };
  expect(await tidyAfter(hour - 1_000)).toBe(before);
  expect(await tidyAfter(hour + 1_000)).toBe(before - 1);
  await flow.restart();
});
