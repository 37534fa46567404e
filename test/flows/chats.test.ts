// What is done in a chat beside writing in it: reading, and showing that one is about to write.
import { expect, test } from "bun:test";
import { type Flow, mine, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const unread = (flow: Flow, count: number) =>
  until(`${count} to be unread`, async () => {
    const { data } = (await flow.call("/chats?session=shop")).json;
    return data[0]?.unread === count ? data[0] : null;
  });

test("a chat that is marked as read counts nothing as unread, and who wrote in it is told", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  const ids = ["one", "two", "three"].map((text) => line.write(text));
  const chat = await unread(flow, 3);
  const read = await flow.call(`/chats/${chat.id}/read`, { method: "POST" });
  expect([read.status, read.json.unread]).toEqual([200, 0]);
  await flow.network.settled();
  for (const id of ids) expect(flow.control.phones.receipts(others, id).read).toEqual([mine]);
  expect((await flow.call(`/chats/${chat.id}`)).json.unread).toBe(0);
});

test("in a group everybody who wrote is told, under the address that they wrote from", async () => {
  await using flow = await startFlow();
  await flow.link();
  const group = flow.control.createGroup({ subject: "Neighbours", creator: others, members: [mine] });
  const { id } = flow.control.phones.send(others, { to: group.id, text: "to all" });
  const chat = await unread(flow, 1);
  expect(chat.type).toBe("group");
  await flow.call(`/chats/${chat.id}/read`, { method: "POST" });
  await flow.network.settled();
  expect(flow.control.phones.receipts(others, id).read).toEqual([mine]);
});

test("that one is typing is shown in the chat; none of it is possible while the session is away", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  line.write("hello");
  const chat = await unread(flow, 1);
  for (const state of ["typing", "recording", "paused"]) {
    expect((await flow.call(`/chats/${chat.id}/presence`, { body: { state } })).status).toBe(204);
  }
  const seen = () => flow.control.phones.typing(others).map(({ from, typing }) => [from, typing]);
  await until("the last of it", () => seen().length === 3);
  expect(seen()).toEqual([
    [mine, "text"],
    [mine, "audio"],
    [mine, null],
  ]);
  await flow.call("/sessions/shop/stop", { method: "POST" });
  expect((await flow.call(`/chats/${chat.id}/read`, { method: "POST" })).json.code).toBe("conflict");
  expect((await flow.call(`/chats/${chat.id}/presence`, { body: { state: "typing" } })).json.code).toBe("conflict");
  expect((await flow.call(`/chats/${chat.id}`)).json.unread).toBe(1);
});
