// What is done to messages that are there: a phone reads it as what was asked, the API shows it once WhatsApp has it, and
// what was accepted goes out once, in its order, whatever happens in between.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { hour, minute } from "../../src/core/clock.ts";
import { bytesOf } from "../engine/media/prepare/files.ts";
import type { Answer } from "../support/gateway.ts";
import { type Flow, type Line, mine, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const friend = "15551000009";
let flow: Flow;
let line: Line;
beforeAll(async () => {
  flow = await startFlow();
  flow.control.phones.add({ number: friend, name: "A friend" });
  line = await flow.link("shop", mine, { pacing: "off" });
});
afterAll(() => flow[Symbol.asyncDispose]());

const send = (body: object, query = "", on = flow) =>
  on.call(`/messages${query}`, { body: { session_id: "shop", to: others, text: "Hello!", ...body } });
type Options = { query?: string; key?: string; on?: Flow };
const doTo = (method: string, path: string, body: object | undefined, { query = "", key, on = flow }: Options = {}) =>
  on.call(`/messages/${path}${query}`, {
    method,
    ...(body === undefined ? {} : { body }),
    headers: key === undefined ? {} : { "idempotency-key": key },
  });
const react = (id: string, emoji: string | null, options?: Options) =>
  doTo("PUT", `${id}/reaction`, { emoji }, options);
const edit = (id: string, text: string, options?: Options) => doTo("PATCH", id, { text }, options);
const remove = (id: string, options?: Options) => doTo("DELETE", id, undefined, options);

const inboxOf = async (phone = others, on = flow) => (await on.control.phones.inbox(phone, { limit: 10_000 })).data;
/** As the phone has it. */
const arrived = (waId: string, phone = others, on = flow) =>
  until(`${waId} to arrive`, async () => (await inboxOf(phone, on)).find(({ id }) => id === waId) ?? null);
const told = async (id: string, on = line) =>
  (await on.allEvents()).filter(({ data }) => data.messageId === rowOf(id)).map(({ type }) => type);

/** The journal has the rows' own numbers. */
const rowOf = (id: string, on = flow) => on.gateway().gateway.services.ids.read("message", id);

/** What somebody wrote, as the API has it. */
async function written(text: string, from = others) {
  line.write(text, from);
  return until(`${text} to be there`, async () => {
    const { data } = (await flow.call(`/messages?direction=in&text=${encodeURIComponent(`"${text}"`)}`)).json;
    return data[0] ?? null;
  });
}

test("a reaction to what somebody wrote, another in its place, and none: a phone reads each, and so does the API", async () => {
  const hers = await written("do you like it?");
  const first = await react(hers.id, "👍");
  expect([first.status, first.json.action]).toMatchObject([
    200,
    { type: "reaction", emoji: "👍", status: "sent", error: null },
  ]);
  expect(first.json.reactions).toMatchObject([{ emoji: "👍", by: { from_me: true } }]);
  const item = await arrived(first.json.action.wa_id);
  expect([item.kind, item.message]).toMatchObject([
    "reactionMessage",
    { reactionMessage: { text: "👍", key: { id: hers.wa_id, remoteJid: `${others}@s.whatsapp.net` } } },
  ]);
  expect(JSON.stringify(item.message)).not.toContain('"fromMe":true');

  const second = await react(hers.id, "❤️");
  expect(second.json.reactions).toMatchObject([{ emoji: "❤️" }]);
  const none = await react(hers.id, null);
  expect([none.status, none.json.reactions, none.json.action.emoji]).toEqual([200, [], null]);
  expect((await arrived(none.json.action.wa_id)).text ?? "").toBe("");
  expect((await react(hers.id, "")).json.reactions).toEqual([]);
  const { json } = await flow.call(`/messages/${hers.id}`);
  expect(json.actions.map((one: { emoji: string | null }) => one.emoji)).toEqual(["👍", "❤️", null, null]);
  expect(await told(hers.id)).toEqual(["message.received", ...Array(4).fill("message.reaction")]);
});

test("a text of one's own is edited: the phone shows the new one, and so do list, search and quotes", async () => {
  const { json: sent } = await send({ text: "we open at tne" });
  await arrived(sent.wa_id);
  const { status, json } = await edit(sent.id, "we open at ten");
  expect([status, json.text, json.action.status, json.action.text]).toEqual([
    200,
    "we open at ten",
    "sent",
    "we open at ten",
  ]);
  expect(json.edited_at).not.toBeNull();
  await until("the phone to show it", async () => (await arrived(sent.wa_id)).text === "we open at ten");
  expect((await arrived(sent.wa_id)).edited).toBe(true);
  expect((await flow.call("/messages?text=tne")).json.data).toEqual([]);
  expect((await flow.call("/messages?text=open at ten")).json.data).toMatchObject([{ id: sent.id }]);
  expect(await told(sent.id)).toContain("message.edited");
  const answer = (await send({ text: "that is right", reply_to: sent.id })).json;
  expect((await arrived(answer.wa_id)).message).toMatchObject({
    extendedTextMessage: {
      contextInfo: { quotedMessage: { extendedTextMessage: { text: "we open at ten" } } },
    },
  });
});

test("a caption is edited, and its file stays as it is; what has neither text nor caption is 409", async () => {
  const media = { base64: bytesOf("photo.jpg").toString("base64") };
  const { json: sent } = await send({ media, text: "Our shpo" });
  await arrived(sent.wa_id);
  const { status, json } = await edit(sent.id, "Our shop");
  expect([status, json.text, json.media]).toEqual([200, "Our shop", sent.media]);
  await until("the phone to show it", async () => (await arrived(sent.wa_id)).text === "Our shop");
  const bare = (await send({ media, text: undefined })).json;
  const poll = (await send({ text: undefined, poll: { question: "?", options: ["a", "b"] } })).json;
  for (const { id } of [bare, poll]) {
    const refused = await edit(id, "something");
    expect([refused.status, refused.json.code]).toEqual([409, "conflict"]);
    expect(refused.json.detail).toContain("captions");
  }
});

test("deleted for everybody: the phone is told, and the message shows nothing of itself any more", async () => {
  const { json: sent } = await send({ text: "not for you" });
  await arrived(sent.wa_id);
  await react(sent.id, "😅");
  const { status, json } = await remove(sent.id);
  expect([status, json.text, json.action.type, json.action.status]).toEqual([200, null, "deletion", "sent"]);
  expect(json.deleted_at).not.toBeNull();
  const item = await arrived(json.action.wa_id);
  expect([item.kind, item.message]).toMatchObject([
    "protocolMessage",
    { protocolMessage: { type: "REVOKE", key: { id: sent.wa_id, fromMe: true } } },
  ]);
  const again = await remove(sent.id);
  expect([again.status, again.json.action, again.json.deleted_at]).toEqual([200, null, json.deleted_at]);
  expect([(await edit(sent.id, "x")).status, (await react(sent.id, "👍")).status]).toEqual([409, 409]);
  expect((await told(sent.id)).filter((type) => type === "message.deleted")).toHaveLength(1);
});

test("in a group people are named as the group names them", async () => {
  const { id: group } = flow.control.createGroup({ subject: "Us", creator: others, members: [mine, friend] });
  flow.control.phones.send(friend, { to: group, text: "who comes?" });
  const asked = await until("the question", async () => {
    const { data } = (await flow.call('/messages?text="who comes"')).json;
    return data[0] ?? null;
  });
  const { json } = await react(asked.id, "🙋");
  expect(json.action.status).toBe("sent");
  const lid = flow.control.phones.get(friend).lid;
  for (const phone of [others, friend]) {
    const { message } = await arrived(json.action.wa_id, phone);
    const { key } = (message as { reactionMessage: { key: Record<string, string> } }).reactionMessage;
    expect([`${friend}@s.whatsapp.net`, `${lid}@lid`]).toContain(String(key.participant));
    expect([key.id, key.remoteJid]).toEqual([asked.wa_id, asked.chat.jid]);
  }
  const { json: own } = await send({ to: group, text: "me to" });
  await edit(own.id, "me too");
  await until("all to read it", async () => {
    const read = await Promise.all([others, friend].map(async (phone) => (await arrived(own.wa_id, phone)).text));
    return read.every((text) => text === "me too");
  });
  const { json: deleted } = await remove(own.id);
  expect((await arrived(deleted.action.wa_id, friend)).kind).toBe("protocolMessage");
});

test("others' messages are neither edited nor deleted, one's own only for as long as WhatsApp lets them be", async () => {
  const hers = await written("mine alone");
  const [edited, deleted] = [await edit(hers.id, "x"), await remove(hers.id)];
  expect([edited.status, deleted.status]).toEqual([409, 409]);
  expect(edited.json.detail).toContain("one's own");

  await using apart = await startFlow();
  await apart.link();
  const { json: sent } = await send({}, "", apart);
  apart.clock.advance(15 * minute + 1);
  const late = await edit(sent.id, "x", { on: apart });
  expect([late.status, late.json.detail]).toEqual([
    409,
    "WhatsApp lets a message be edited for 15 minutes after it was sent.",
  ]);
  apart.clock.advance(60 * hour);
  const gone = await remove(sent.id, { on: apart });
  expect([gone.status, gone.json.detail]).toEqual([
    409,
    "WhatsApp lets a message be deleted for everybody for 60 hours after it was sent.",
  ]);
  expect((await react(sent.id, "👍", { on: apart })).status).toBe(200);
});

test("an edit names whom it says, else whom the message named; what it answered is quoted still", async () => {
  const hers = await written("shall we meet?");
  const names = { text: `yes, with @${friend}`, mentions: [friend], reply_to: hers.id };
  const { json: sent } = await send(names);
  const quoted = { stanzaId: hers.wa_id, quotedMessage: {} };
  const contextOf = async (text: string) => {
    const item = await until(`it to be ${text}`, async () => {
      const found = await arrived(sent.wa_id);
      return found.text === text ? found : null;
    });
    return (item.message as { extendedTextMessage: { contextInfo: object } }).extendedTextMessage.contextInfo;
  };
  await edit(sent.id, `yes: with @${friend}`);
  const mentionedJid = [`${friend}@s.whatsapp.net`];
  expect(await contextOf(`yes: with @${friend}`)).toMatchObject({ ...quoted, mentionedJid });
  const { json } = await doTo("PATCH", sent.id, { text: `no, with @${mine}`, mentions: [mine] });
  expect([json.mentions, json.reply_to.wa_id]).toMatchObject([[{ phone: `+${mine}` }], hers.wa_id]);
  expect(await contextOf(`no, with @${mine}`)).toMatchObject({ ...quoted, mentionedJid: [`${mine}@s.whatsapp.net`] });
});

test("what cannot be is said before anything is kept", async () => {
  const { json: sent } = await send({});
  for (const emoji of ["ok", "👍👍", "1", 7, undefined]) {
    const { status, json } = await doTo("PUT", `${sent.id}/reaction`, { emoji });
    expect([emoji, status, json.errors[0].path]).toEqual([emoji, 422, "/emoji"]);
  }
  for (const emoji of ["❤", "👩‍👩‍👧", "🇩🇪", "1️⃣", "👍🏽"]) expect((await react(sent.id, emoji)).status).toBe(200);
  expect((await edit(sent.id, "")).status).toBe(422);
  expect((await doTo("PATCH", sent.id, { text: "x", type: "y" })).status).toBe(422);
  expect((await doTo("PATCH", sent.id, { text: "x", mentions: ["nobody"] })).json.errors[0].path).toBe("/mentions");
  expect((await remove(sent.id, { query: "?wait=device" })).status).toBe(422);
  expect((await react("msg_AAAAAAAA", "👍")).status).toBe(404);
  const { json: after } = await flow.call(`/messages/${sent.id}`);
  expect(after.actions).toHaveLength(5);
});

test("WhatsApp's refusal is told with the action, and nothing holds", async () => {
  const { json: sent } = await send({ text: "as it was" });
  line.strike("ack-error", { code: 479 });
  const { status, json } = await edit(sent.id, "as it is not");
  expect([status, json.action.status, json.action.error.code, json.text]).toEqual([200, "failed", "479", "as it was"]);
  expect([json.edited_at, await told(sent.id)]).toEqual([null, expect.not.arrayContaining(["message.edited"])]);
});

test("asked for twice with one key it is done once", async () => {
  const { json: sent } = await send({});
  const first = await react(sent.id, "🎉", { key: "party" });
  const again = await react(sent.id, "🎉", { key: "party" });
  expect([first, again].map(({ status, json }) => [status, json.action.id])).toEqual([
    [200, first.json.action.id],
    [200, first.json.action.id],
  ]);
  expect([first, again].map(({ headers }) => headers.get("idempotency-replayed"))).toEqual([null, "true"]);
  expect([
    (await react(sent.id, "👎", { key: "party" })).status,
    (await remove(sent.id, { key: "party" })).status,
  ]).toEqual([422, 422]);
  const other = await flow.call("/messages", {
    body: { session_id: "shop", to: others, text: "x" },
    headers: { "idempotency-key": "party" },
  });
  expect(other.status).toBe(422);
  expect((await inboxOf()).filter(({ text }) => text === "🎉")).toHaveLength(1);
});

test("while the session is away all of it waits, over a restart, and goes out once and in its order with the messages", async () => {
  await using flow = await startFlow();
  const shop = await flow.link();
  const on = { on: flow, query: "?wait=none" };
  const before = (await send({ text: "before" }, "", flow)).json;
  await shop.act("stop");
  const asked: Answer[] = [];
  asked.push(await react(before.id, "1️⃣", on));
  const queued = (await send({ text: "frist" }, "?wait=none", flow)).json;
  const reworded = await edit(queued.id, "first", { ...on, key: "reworded" });
  const repeated = await edit(queued.id, "first", { ...on, key: "reworded" });
  for (const { status, json } of [reworded, repeated])
    expect([status, json.text, json.status, json.action]).toEqual([200, "first", "queued", null]);
  expect(repeated.headers.get("idempotency-replayed")).toBe("true");
  asked.push(await react(queued.id, "2️⃣", on));
  const dropped = (await send({ text: "never to be seen" }, "?wait=none", flow)).json;
  asked.push(await react(dropped.id, "3️⃣", on));
  const { json: cancelled } = await remove(dropped.id, on);
  expect([cancelled.status, cancelled.action, cancelled.failed_at !== null]).toEqual(["cancelled", null, true]);
  await send({ text: "last" }, "?wait=none", flow);
  asked.push(await remove(before.id, on));
  expect((await edit(before.id, "x", on)).json.detail).toBe("This message is being deleted.");
  expect((await remove(before.id, on)).json.action.id).toBe(asked.at(-1)?.json.action.id);
  expect(asked.map(({ status, json }) => [status, json.action.status])).toEqual(Array(4).fill([202, "queued"]));

  const heard = (await inboxOf(others, flow)).length;
  await flow.restart();
  await shop.act("start");
  const settled = await until("all to be settled", async () => {
    const messages = await Promise.all([before, queued, dropped].map(({ id }) => flow.call(`/messages/${id}`)));
    const actions = messages.flatMap(({ json }) => json.actions);
    return actions.every(({ status }) => status !== "queued") ? actions : null;
  });
  expect(settled.map(({ status, error }) => [status, error?.code])).toEqual([
    ["sent", undefined],
    ["sent", undefined],
    ["sent", undefined],
    ["failed", "not_sent"],
  ]);
  await flow.network.settled();
  const items = (await inboxOf(others, flow)).slice(heard);
  expect(items.map(({ kind, text, copies }) => [kind, text, copies])).toEqual([
    ["reactionMessage", "1️⃣", 1],
    ["extendedTextMessage", "first", 1],
    ["reactionMessage", "2️⃣", 1],
    ["extendedTextMessage", "last", 1],
    ["protocolMessage", null, 1],
  ]);
  expect(items[0]?.id).toBe(asked[0]?.json.action.wa_id);
  // What it was to say at first nobody has read.
  expect(items[1]?.edited).toBe(false);
  expect(flow.control.stats(null).violations).toEqual([]);
}, 20_000);

test("cut off before WhatsApp's answer it goes out again with the same id, and is there once", async () => {
  await using flow = await startFlow();
  const shop = await flow.link();
  const { json: sent } = await send({}, "", flow);
  flow.strike("drop-ack", { phone: mine });
  const { status, json } = await react(sent.id, "👍", { on: flow, query: "?wait=none" });
  expect([status, json.reactions]).toEqual([202, []]);
  await arrived(json.action.wa_id, others, flow);
  await flow.restart();
  await shop.letIn(2);
  const done = await until("it to be settled", async () => {
    const { json } = await flow.call(`/messages/${sent.id}`);
    return json.actions[0].status === "sent" ? json : null;
  });
  expect([done.reactions.length, done.actions[0].wa_id]).toEqual([1, json.action.wa_id]);
  await flow.network.settled();
  expect((await inboxOf(others, flow)).filter(({ kind }) => kind === "reactionMessage")).toMatchObject([
    { id: json.action.wa_id },
  ]);
}, 20_000);

test("a device that could not read it asks again and gets it", async () => {
  const desk = await flow.link("desk", friend);
  const { json: sent } = await send({ to: friend, text: "read this" });
  const theirs = await until("it to be there", async () => {
    const { data } = (await flow.call("/messages?session=desk&text=read this")).json;
    return data[0] ?? null;
  });
  desk.strike("unreadable");
  const { json } = await react(sent.id, "🔁");
  const { reactions } = await until("the reaction to be there", async () => {
    const { json } = await flow.call(`/messages/${theirs.id}`);
    return json.reactions.length > 0 ? json : null;
  });
  expect(reactions).toMatchObject([{ emoji: "🔁", by: { phone: `+${mine}`, from_me: false } }]);
  expect(flow.control.stats(json.action.wa_id).messages).toMatchObject([{ resent: 1 }]);
});

test("a caption is changed while its file waits to be brought there", async () => {
  await using flow = await startFlow();
  const shop = await flow.link();
  await shop.act("stop");
  const media = { base64: bytesOf("photo.jpg").toString("base64") };
  const { json: sent } = await send({ media, text: "Our shpo" }, "", flow);
  const { status, json } = await edit(sent.id, "Our shop", { on: flow });
  expect([status, json.text, json.action]).toEqual([200, "Our shop", null]);
  await shop.act("start");
  const item = await arrived(sent.wa_id, others, flow);
  expect([item.text, item.edited, item.media]).toMatchObject(["Our shop", false, { sha256: sent.media.sha256 }]);
}, 20_000);

test("too late it is not done: an edit whose time is over when the session comes back", async () => {
  await using flow = await startFlow();
  const shop = await flow.link();
  const { json: sent } = await send({ text: "as it was" }, "", flow);
  await shop.act("stop");
  await edit(sent.id, "too late", { on: flow, query: "?wait=none" });
  flow.clock.advance(15 * minute + 1);
  await shop.act("start");
  const { text, actions } = await until("it to fail", async () => {
    const { json } = await flow.call(`/messages/${sent.id}`);
    return json.actions[0].status === "failed" ? json : null;
  });
  expect([text, actions[0].error.code]).toEqual(["as it was", "expired"]);
}, 20_000);
