// What a phone tells of the time before it was linked: there to be read, and told to nobody as if it had just happened.
import { expect, test } from "bun:test";
import { proto } from "../../src/sandbox/wire/proto.ts";
import { sendHistory } from "../support/history.ts";
import { type Flow, mine, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

/** A piece of history takes many steps, each of which may wait on a busy machine. */
const patienceMs = 20_000;

const second = (minutesAgo: number) => Math.floor(Date.now() / 1000) - minutesAgo * 60;

async function comes<T>(flow: Flow, what: string, look: () => Promise<T>) {
  const lookLater = () => {
    // What could not be taken in at once is tried again, by the gateway's clock.
    flow.clock.advance(10);
    return look();
  };
  return until(what, lookLater, patienceMs);
}

const story = async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  const { lid } = flow.network.world.registry.find(others)!;
  const jid = `${others}@s.whatsapp.net`;
  const info = (id: string, fromMe: boolean, minutesAgo: number, text: string, more: object = {}) => ({
    message: {
      key: { id, fromMe, remoteJid: jid },
      messageTimestamp: second(minutesAgo),
      message: { conversation: text },
      ...more,
    },
  });
  const newestFirst = [
    info("H3", false, 1, "und danach?"),
    info("H2", true, 2, "sehr gut", {
      status: proto.WebMessageInfo.Status.READ,
      userReceipt: [{ userJid: jid, receiptTimestamp: second(2), readTimestamp: second(1) }],
      reactions: [{ key: { id: "R1", fromMe: false, remoteJid: jid }, text: "🎉", senderTimestampMs: Date.now() }],
    }),
    info("H1", false, 3, "wie war's?"),
  ];
  const group = "120363000000000777@g.us";
  const conversations = [
    { id: jid, lidJid: `${lid}@lid`, name: "Oma", unreadCount: 1, messages: newestFirst },
    { id: group, name: "Nachbarn", messages: [] },
  ];
  sendHistory(flow.network, flow.network.world.registry.find(mine)!, {
    history: { conversations, pushnames: [{ id: "15551000009@s.whatsapp.net", pushname: "Zoe" }] } as never,
  });
  const list = await comes(flow, "the history", async () => {
    const { data } = (await flow.call("/messages?session=shop")).json;
    return data.length === 3 && data[1].status === "read" ? data : null;
  });
  expect(list.map(({ text, status }: Record<string, string>) => [text, status])).toEqual([
    ["und danach?", "received"],
    ["sehr gut", "read"],
    ["wie war's?", "received"],
  ]);
  const { json: ours } = await flow.call(`/messages/${list[1].id}`);
  expect(ours.reactions).toMatchObject([{ emoji: "🎉", by: { name: "Oma" } }]);
  const chats = await comes(flow, "both chats", async () => {
    const { data } = (await flow.call("/chats?session=shop")).json;
    return data.length === 2 && data.some((one: Record<string, unknown>) => one.name === "Oma") ? data : null;
  });
  expect(chats.map(({ name, unread }: Record<string, unknown>) => [name, unread]).sort()).toEqual([
    ["Nachbarn", 0],
    ["Oma", 1],
  ]);
  await comes(flow, "the name", async () => {
    const { data } = (await flow.call("/contacts")).json;
    return data.some(({ name, push_name }: Record<string, string>) => (push_name ?? name) === "Zoe");
  });
  expect((await line.allEvents()).filter(({ type }) => type.startsWith("message."))).toEqual([]);

  line.write("jetzt");
  const isThere = async () => (await flow.call("/messages?session=shop")).json.data.length === 4;
  await comes(flow, "what is new", isThere);
  const [first] = (await flow.call("/chats?session=shop")).json.data;
  expect([first.name, first.unread]).toEqual(["Oma", 2]);
};

test("chats, messages, names and what became of them", story, 3 * patienceMs);
