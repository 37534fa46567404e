// How far a message came: whoever wants to waits until it is on a device, and sees when it was sent, got there and was
// read, in a group by each of its members; and hears of every step.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { bytesOf } from "../engine/media/prepare/files.ts";
import { hurry } from "../support/quick-timers.ts";
import { type Flow, type Line, mine, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const friend = "15551000009";
let flow: Flow;
let line: Line;
beforeAll(async () => {
  flow = await startFlow();
  flow.control.phones.add({ number: friend, name: "A friend" });
  line = await flow.link();
});
afterAll(() => flow[Symbol.asyncDispose]());

const send = (body: object, query = "") =>
  flow.call(`/messages${query}`, { body: { session_id: "shop", to: others, text: "Hello!", ...body } });
const reaches = (id: string, status: string) =>
  until(`${id} to be ${status}`, async () => {
    const { json } = await flow.call(`/messages/${id}`);
    return json.status === status ? json : null;
  });
const told = async (id: string) => {
  const row = flow.gateway().gateway.services.ids.read("message", id);
  return (await line.allEvents()).filter(({ data }) => data.messageId === row).map(({ type }) => type);
};
const online = (number: string, isOnline: boolean) => flow.control.phones.change(number, { online: isOnline });

test("wait=device answers once the message is on a device, and says so", async () => {
  const { status, json } = await send({}, "?wait=device");
  expect([status, json.status]).toEqual([201, "delivered"]);
  expect([json.sent_at, json.delivered_at].map((time) => time !== null)).toEqual([true, true]);
  expect(await told(json.id)).toEqual(["message.queued", "message.sent", "message.delivered"]);
});

test("it waits no longer than it may: 202 with how far it came, and the receipt counts when it comes", async () => {
  online(others, false);
  const began = performance.now();
  using _quick = hurry({ from: 15_000 }, 10);
  const { status, json } = await send({}, "?wait=device");
  expect([status, json.status]).toEqual([202, "sent"]);
  expect(performance.now() - began).toBeWithin(1_400, 10_000);
  online(others, true);
  await reaches(json.id, "delivered");
}, 15_000);

test("whoever waits for a device is told at once that there is nothing to wait for", async () => {
  line.strike("ack-error", { code: 479 });
  const { status, json } = await send({ to: friend }, "?wait=device");
  expect([status, json.status, json.error.code]).toEqual([201, "failed", "479"]);
  expect(json.failed_at).not.toBeNull();
  expect(await told(json.id)).toEqual(["message.queued", "message.failed"]);
  expect((await send({}, "?wait=phone")).status).toBe(422);
});

test("while the session rests nobody waits, for a device neither", async () => {
  const desk = await flow.link("desk", friend);
  await desk.act("stop");
  const { status, json } = await send({ session_id: "desk" }, "?wait=device");
  expect([status, json.status]).toEqual([202, "queued"]);
});

test("read by one person: when, by whom, and told of once", async () => {
  const media = { base64: bytesOf("voice.ogg").toString("base64") };
  const { json: sent } = await send({ type: "voice", media, text: undefined }, "?wait=device");
  flow.control.phones.read(others, { ids: [sent.wa_id] });
  const read = await until("it to be read", async () => {
    const { json } = await flow.call(`/messages/${sent.id}`);
    return json.read_at === null ? null : json;
  });
  expect(read.receipts).toMatchObject([{ by: { phone: `+${others}`, from_me: false } }]);
  expect(read.receipts[0].read_at).toBe(read.read_at);
  expect(await told(sent.id)).toEqual(["message.queued", "message.sent", "message.delivered", "message.read"]);
});

test("in a group: delivered with the first who has it, and who has got and read it, one by one", async () => {
  const { id: group } = flow.control.createGroup({ subject: "Us", creator: others, members: [mine, friend] });
  await until("the session to know of it", async () => (await send({ to: group, text: "ping" })).status === 201);
  online(friend, false);
  const { status, json: sent } = await send({ to: group, text: "who is there?" }, "?wait=device");
  expect([status, sent.status]).toEqual([201, "delivered"]);
  flow.control.phones.read(others, { ids: [sent.wa_id] });
  const read = await reaches(sent.id, "read");
  expect(read.receipts).toHaveLength(1);
  expect(read.receipts[0]).toMatchObject({ by: { phone: `+${others}` }, played_at: null });
  online(friend, true);
  const both = await until("the other to have it", async () => {
    const { json } = await flow.call(`/messages/${sent.id}`);
    return json.receipts.length === 2 ? json : null;
  });
  const theirs = both.receipts.find(({ by }: { by: { phone: string } }) => by.phone === `+${friend}`);
  expect([theirs.delivered_at !== null, theirs.read_at]).toEqual([true, null]);
  expect(both.status).toBe("read");
  expect((await told(sent.id)).filter((type) => type === "message.delivered")).toHaveLength(1);
});
