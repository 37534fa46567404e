// The control API of a network that is a server of its own.
import { expect, test } from "bun:test";
import { createControl } from "../../src/sandbox/control/actions.ts";
import { answerControl } from "../../src/sandbox/control/server.ts";
import { createNetwork } from "../../src/sandbox/network/network.ts";
import { connectBaileys } from "../support/baileys.ts";

const mine = "15550001111";

async function start() {
  const network = await createNetwork();
  const control = createControl(network);
  const ask = async (method: string, path: string, body?: object) => {
    const init = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await answerControl(control, new Request(`http://localhost/control${path}`, init));
    const text = await response.text();
    return { status: response.status, json: text === "" ? null : JSON.parse(text) };
  };
  return { network, ask, [Symbol.asyncDispose]: () => network[Symbol.asyncDispose]() };
}

test("a person is made, links a client, writes, reads what comes, and everything is told", async () => {
  await using both = await start();
  const { network, ask } = both;
  expect((await ask("POST", "/phones", { number: "+1 555 000 1111", name: "Me" })).json).toMatchObject({
    number: mine,
    name: "Me",
  });
  const echo = await ask("POST", "/phones", { number: "15551000001", name: "Echo" });
  expect(echo.json.lid).toMatch(/^\d{15}$/);
  await ask("PATCH", "/phones/15551000001", {
    behaviour: { echo: true, auto_read: true, replies: [{ pattern: "my name is (\\w+)", reply: "Hello $1!" }] },
  });
  await using client = connectBaileys(network.endpoint);
  expect((await ask("POST", `/phones/${mine}/scan`, { qr: "nonsense" })).status).toBe(409);
  const linked = await ask("POST", `/phones/${mine}/scan`, { qr: await client.qr() });
  expect(linked.json).toEqual({ number: mine, device: 1, jid: `${mine}:1@s.whatsapp.net` });
  await client.opened();
  expect((await ask("POST", "/settle", {})).json).toEqual({ settled: true });

  const waiting = ask("GET", "/phones/15551000001/inbox?wait=5");
  const sent = await client.socket().sendMessage("15551000001@s.whatsapp.net", { text: "My name is Waygate" });
  const page = (await waiting).json;
  expect(page.data).toMatchObject([
    { id: sent?.key.id, from: mine, text: "My name is Waygate", kind: "extendedTextMessage" },
  ]);
  await client.received((message) => message.message?.conversation === "Hello Waygate!");
  await client.socket().sendMessage("15551000001@s.whatsapp.net", { text: "again" });
  await client.received((message) => message.message?.conversation === "again");
  await ask("POST", "/settle", {});
  const later = await ask("GET", `/phones/15551000001/inbox?after=${page.last}`);
  expect(later.json.data.map((item: { text: string; from_me: boolean }) => [item.text, item.from_me])).toEqual([
    ["Hello Waygate!", true],
    ["again", false],
    ["again", true],
  ]);
  const stats = await ask("GET", `/stats?id=${sent?.key.id}`);
  expect(stats.json).toMatchObject({ violations: [], messages: [{ acks: 1, copies: { "15551000001:0": 1 } }] });
  const frames = await ask("GET", "/frames?limit=500");
  expect(
    frames.json.data.some((frame: { stanza: string }) => frame.stanza.includes(`<message id="${sent?.key.id}"`)),
  ).toBe(true);
  expect((await ask("GET", `/phones/${mine}`)).json.devices).toMatchObject([{ device: 1, connected: true, queued: 0 }]);
  expect((await ask("DELETE", `/phones/${mine}/devices/1`)).status).toBe(204);
  expect(await client.closeCode()).toBe(401);
});

test("groups, reactions, edits, polls and deletions", async () => {
  await using both = await start();
  const { network, ask } = both;
  for (const number of [mine, "15551000001", "15551000002"]) await ask("POST", "/phones", { number });
  await using client = connectBaileys(network.endpoint);
  await ask("POST", `/phones/${mine}/scan`, { qr: await client.qr() });
  await client.opened();
  await ask("POST", "/settle", {});
  const group = (await ask("POST", "/groups", { subject: "G", creator: "15551000001", members: [mine] })).json;
  await ask("PATCH", `/groups/${group.id}`, { by: "15551000001", add: ["15551000002"], subject: "H" });
  const write = async (body: object) =>
    (await ask("POST", "/phones/15551000001/messages", { to: group.id, ...body })).json;
  const first = await write({ text: "first" });
  await write({ react: { id: first.id, emoji: "👍" } });
  await write({ text: "an answer", quote: first.id, mentions: [mine] });
  await write({ poll: { name: "When?", options: ["now", "later"] } });
  await write({ location: { latitude: 52.5, longitude: 13.4, name: "Here" } });
  await write({ contact: { name: "Somebody", number: "15551000002" } });
  await write({ edit: { id: first.id, text: "the first" } });
  await write({ revoke: first.id });
  await ask("POST", "/settle", {});
  const kinds = client.messages.flatMap((one) =>
    Object.keys(asPlain(one.message)).filter((name) => !/senderKey|messageContextInfo/.test(name)),
  );
  for (const kind of [
    "conversation",
    "reactionMessage",
    "extendedTextMessage",
    "pollCreationMessageV3",
    "locationMessage",
    "contactMessage",
    "protocolMessage",
  ]) {
    expect(kinds).toContain(kind);
  }
  expect((await ask("GET", "/groups")).json.data).toMatchObject([
    { subject: "H", members: expect.arrayContaining([{ number: mine, role: null }]) },
  ]);
  const { json } = await ask("GET", "/phones/15551000002/inbox");
  expect(json.data.find((item: { id: string }) => item.id === first.id)).toMatchObject({
    text: "the first",
    edited: true,
  });
  expect((await ask("GET", "/stats")).json.violations).toEqual([]);
});

test("settings, what waits for a device, and what an owner sets are told and changed", async () => {
  await using both = await start();
  const { network, ask } = both;
  for (const number of [mine, "15551000001"]) await ask("POST", "/phones", { number });
  await using client = connectBaileys(network.endpoint);
  await ask("POST", `/phones/${mine}/scan`, { qr: await client.qr() });
  await client.opened();
  await ask("POST", "/settle", {});
  expect((await ask("GET", "/settings")).json).toMatchObject({
    checking: true,
    limits: { frames: 2_000 },
    meanings: { queue: expect.stringContaining("dropped") },
  });
  expect((await ask("PATCH", "/settings", { limits: { frames: 9 } })).json).toMatchObject({ limits: { frames: 9 } });
  for (const link of network.world.links.all()) link.silence();
  const written = await ask("POST", "/phones/15551000001/messages", { to: mine, text: "into the silence" });
  expect((await ask("GET", `/phones/${mine}/devices/1/deliveries`)).json).toMatchObject({
    queued: [],
    unacknowledged: [written.json.id],
    refused: [],
    dropped: [],
  });
  expect((await ask("GET", `/phones/${mine}/devices/7/deliveries`)).status).toBe(404);
  const picture = Buffer.from("a picture").toString("base64");
  const changes = { about: "", picture, privacy: { last: "none" }, blocked: [mine], disappearing_seconds: 60 };
  const changed = await ask("PATCH", "/phones/15551000001", changes);
  expect(changed.json).toMatchObject({
    ...changes,
    picture: expect.stringMatching(/^\d+$/),
    privacy: { last: "none" },
  });
  const forged = { to: mine, protocol: { type: "app_state_sync_key_share" } };
  expect((await ask("POST", "/phones/15551000001/messages", forged)).json).toMatchObject({ kind: "protocolMessage" });
});

test("mistakes are told apart, with a sentence", async () => {
  await using both = await start();
  const { ask } = both;
  await ask("POST", "/phones", { number: mine });
  const told = async (method: string, path: string, body?: object) => {
    const { status, json } = await ask(method, path, body);
    return [status, json.code];
  };
  expect(await told("POST", "/phones", { number: mine })).toEqual([409, "conflict"]);
  expect(await told("POST", "/phones", { number: "12" })).toEqual([422, "invalid"]);
  expect(await told("GET", "/phones/15559999999")).toEqual([404, "not_found"]);
  expect(await told("GET", "/nothing")).toEqual([404, "not_found"]);
  expect(await told("POST", `/phones/${mine}/messages`, { to: "15559999999", text: "x" })).toEqual([404, "not_found"]);
  expect(await told("POST", `/phones/${mine}/messages`, { to: mine })).toEqual([422, "invalid"]);
  expect(await told("POST", `/phones/${mine}/type-code`, { code: "ABCD1234" })).toEqual([409, "conflict"]);
  expect(await told("POST", `/phones/${mine}/messages`, { to: mine, protocol: { type: "greeting" } })).toEqual([
    422,
    "invalid",
  ]);
  expect(await told("PATCH", "/settings", { limits: { frames: "many" } })).toEqual([422, "invalid"]);
  expect(await told("POST", "/faults", { name: "earthquake" })).toEqual([422, "invalid"]);
  expect(await told("DELETE", "/faults/99")).toEqual([404, "not_found"]);
  expect((await ask("GET", `/phones/${mine}/inbox?wait=0.05`)).json).toEqual({ data: [], last: null });
  expect((await ask("POST", "/reset")).status).toBe(204);
  expect((await ask("GET", "/phones")).json).toEqual({ data: [] });
});

/** Only the fields that are set. */
function asPlain(message: unknown): object {
  return JSON.parse(JSON.stringify(message ?? {}));
}
