// Every kind of message on its way in: shown as what the phone sent, and its file byte for byte; and votes, both ways.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { bytesOf } from "../engine/media/prepare/files.ts";
import { adminKey } from "../support/gateway.ts";
import { type Flow, type Line, mine, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

let flow: Flow;
let line: Line;
beforeAll(async () => {
  flow = await startFlow();
  line = await flow.link();
});
afterAll(() => flow[Symbol.asyncDispose]());

const write = (more: object, from = others, to = mine) => flow.control.phones.send(from, { to, ...more }).id;

type Vote = { by: { from_me: boolean; phone: string | null }; options: string[] };
type Shown = Record<string, unknown> & { media: { status: string; url: string } | null; votes: Vote[] };

/** As the gateway shows it, once it is as it is to be. */
async function shown(waId: string, isReady: (message: Shown) => boolean = () => true): Promise<Shown> {
  return until(`${waId} to be as it is to be`, async () => {
    const { data } = (await flow.call("/messages?session=shop&limit=100")).json;
    const found = data.find(({ wa_id }: { wa_id: string }) => wa_id === waId);
    const whole = found === undefined ? null : (await flow.call(`/messages/${found.id}`)).json;
    return whole !== null && isReady(whole) ? whole : null;
  });
}

async function served(url: string): Promise<Buffer> {
  const response = await fetch(`${flow.gateway().url}${url}`, { headers: { "x-api-key": adminKey } });
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

/** What the phone calls it, the file, its type, what goes along, and what it is here. */
const files: [string, string, string, object, object][] = [
  ["image", "photo.jpg", "image/jpeg", { caption: "Our *new* shop" }, { type: "image", text: "Our *new* shop" }],
  ["video", "clip.mp4", "video/mp4", { caption: "moving" }, { type: "video", text: "moving" }],
  ["gif", "clip.mp4", "video/mp4", {}, { type: "gif" }],
  ["video_note", "clip.mp4", "video/mp4", {}, { type: "video_note" }],
  ["audio", "tone.mp3", "audio/mpeg", {}, { type: "audio" }],
  ["ptt", "voice.ogg", "audio/ogg; codecs=opus", {}, { type: "voice" }],
  ["document", "transparent.png", "image/png", { file_name: "Übersicht 1.png" }, { type: "document" }],
  ["sticker", "still.webp", "image/webp", {}, { type: "sticker" }],
];
for (const [kind, name, mimetype, more, expected] of files) {
  for (const view_once of kind === "document" || kind === "sticker" ? [false] : [false, true]) {
    test(`${kind} of ${name}${view_once ? ", to be seen once" : ""}`, async () => {
      const media = { kind, mimetype, base64: bytesOf(name).toString("base64"), view_once, ...more };
      const message = await shown(write({ media }), (one) => one.media?.status === "stored");
      expect(message).toMatchObject({ direction: "in", ...expected });
      expect(message.media).toMatchObject({
        mime_type: mimetype,
        view_once,
        size: bytesOf(name).length,
        file_name: "file_name" in more ? more.file_name : null,
      });
      expect((await served(message.media?.url ?? "")).equals(bytesOf(name))).toBe(true);
    });
  }
}

test("a place, a contact, a poll, an answer that names people", async () => {
  const location = { latitude: 52.52, longitude: 13.405, name: "Alexanderplatz" };
  expect(await shown(write({ location }))).toMatchObject({ type: "location", location });
  const card = await shown(write({ contact: { name: "Ada; L", number: "15551000001" } }));
  expect(card).toMatchObject({ type: "contacts", contacts: [{ name: "Ada; L", phones: ["15551000001"] }] });
  const question = write({ poll: { name: "When?", options: ["Mon", "Tue"], selectable: 2 } });
  const poll = { question: "When?", options: ["Mon", "Tue"], selectable: 2 };
  expect(await shown(question)).toMatchObject({ type: "poll", poll });
  const answer = await shown(write({ text: `@${mine} well?`, quote: question, mentions: [mine] }));
  expect(answer).toMatchObject({
    type: "text",
    reply_to: { wa_id: question, text: "When?\nMon\nTue" },
    mentions: [{ phone: `+${mine}` }],
  });
});

const votesFor = async (waId: string, isReady: (votes: Vote[]) => boolean) =>
  (await shown(waId, ({ votes }) => isReady(votes))).votes;

async function arrivedAt(phone: string, waId: string): Promise<void> {
  await until(`${waId} to arrive at ${phone}`, async () => {
    const { data } = await flow.control.phones.inbox(phone, { limit: 10_000 });
    return data.some(({ id }) => id === waId);
  });
}

test("a vote in a poll that was sent from here, changed and taken back", async () => {
  const poll = { question: "Who brings cake?", options: ["I", "You", "Nobody"], selectable: 2 };
  const { json } = await flow.call("/messages", { body: { session_id: "shop", to: others, poll } });
  await arrivedAt(others, json.wa_id);
  const vote = (...options: string[]) => write({ vote: { id: json.wa_id, options } });
  vote("You", "I");
  expect(await votesFor(json.wa_id, (votes) => votes.length === 1)).toMatchObject([
    { by: { phone: `+${others}` }, options: ["I", "You"] },
  ]);
  vote("Nobody");
  await votesFor(json.wa_id, ([one]) => one?.options.join() === "Nobody");
  vote();
  await votesFor(json.wa_id, ([one]) => one === undefined || one.options.length === 0);
  const told = (await line.allEvents()).filter(({ type }) => type === "poll.vote");
  expect(told.map(({ data }) => data.options)).toEqual([["I", "You"], ["Nobody"], []]);
});

test("votes in a poll that came from a phone: the asker's, and ours from our own phone", async () => {
  const id = write({ poll: { name: "When?", options: ["Mon", "Tue"], selectable: 1 } });
  await shown(id);
  write({ vote: { id, options: ["Mon"] } });
  write({ vote: { id, options: ["Tue"] } }, mine, others);
  const votes = await votesFor(id, (all) => all.length === 2);
  const named = votes.map(({ by, options }) => [by.from_me ? "me" : by.phone, ...options]);
  expect(named.toSorted()).toEqual(
    [
      [`+${others}`, "Mon"],
      ["me", "Tue"],
    ].toSorted(),
  );
});

test.each(["lid", "pn"] as const)("votes in a %s group, in both kinds of polls", async (addressing) => {
  const group = flow.control.createGroup({ subject: "Neighbours", creator: others, members: [mine], addressing });
  const poll = { question: "Who?", options: ["I", "You"] };
  const { json } = await flow.call("/messages", { body: { session_id: "shop", to: group.id, poll } });
  await arrivedAt(others, json.wa_id);
  write({ vote: { id: json.wa_id, options: ["You"] } }, others, group.id);
  const expected = [{ by: { phone: `+${others}` }, options: ["You"] }];
  expect(await votesFor(json.wa_id, (votes) => votes.length === 1)).toMatchObject(expected);
  const id = write({ poll: { name: "When?", options: ["Mon", "Tue"] } }, others, group.id);
  await shown(id);
  write({ vote: { id, options: ["Tue"] } }, mine, group.id);
  const [vote] = await votesFor(id, (votes) => votes.length === 1);
  expect(vote).toMatchObject({ by: { from_me: true }, options: ["Tue"] });
});
