// About, picture, privacy, blocking and disappearing messages: as clients ask and change them, and as a phone's owner
// does.
import { expect, test } from "bun:test";
import { createControl } from "../../src/sandbox/control/actions.ts";
import { createNetwork } from "../../src/sandbox/network/network.ts";
import { type Client, connectBaileys } from "../support/baileys.ts";
import { until } from "../support/until.ts";

const mine = "15550001111";
const alices = "15551000001";
const bobs = "15551000002";
const pn = (phone: string) => `${phone}@s.whatsapp.net`;
const jpeg = Buffer.from("a JPEG, as far as the network looks");
type BinaryNode = { tag: string; attrs: Record<string, string>; content?: unknown };

async function start() {
  const network = await createNetwork();
  const control = createControl(network);
  for (const number of [mine, alices, bobs]) control.phones.add({ number });
  const client = connectBaileys(network.endpoint);
  await control.phones.scan(mine, { qr: await client.qr() });
  await client.opened();
  await network.settled();
  return {
    network,
    control,
    client,
    socket: client.socket(),
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await network[Symbol.asyncDispose]();
    },
  };
}

function listen(client: Client, event: string): BinaryNode[] {
  const heard: BinaryNode[] = [];
  client.socket().ws.on(event, (node: BinaryNode) => void heard.push(node));
  return heard;
}

/** Baileys makes thumbnails with libraries that are not here: the request as it would send it. */
function pictureRequest(target: string | null, picture: Buffer | null) {
  const attrs = {
    to: "@s.whatsapp.net",
    type: "set",
    xmlns: "w:profile:picture",
    ...(target === null ? {} : { target }),
  };
  return {
    tag: "iq",
    attrs,
    ...(picture === null ? {} : { content: [{ tag: "picture", attrs: { type: "image" }, content: picture }] }),
  };
}

test("about: one's own is set and read, others' is what their owner says, and hidden when they hide it", async () => {
  await using all = await start();
  const { control, socket } = all;
  const aboutOf = async (jid: string) =>
    (await socket.fetchStatus(jid))?.[0]?.status as unknown as { status: string | null };
  await socket.updateProfileStatus("at work");
  expect(control.phones.get(mine).about).toBe("at work");
  expect(await aboutOf(pn(mine))).toMatchObject({ status: "at work" });
  control.phones.change(alices, { about: "on holiday" });
  const { lid } = control.phones.get(alices);
  expect(await aboutOf(pn(alices))).toMatchObject({ status: "on holiday" });
  expect(await aboutOf(`${lid}@lid`)).toMatchObject({ status: "on holiday" });
  control.phones.change(alices, { privacy: { status: "none" } });
  expect(await aboutOf(pn(alices))).toMatchObject({ status: "" });
  // Nothing to say is not the same as not telling.
  control.phones.change(alices, { about: "", privacy: { status: "all" } });
  expect(await aboutOf(pn(alices))).toMatchObject({ status: null });
});

test("pictures: set and removed by either side, told to whoever knows them, and nobody changes another's", async () => {
  await using all = await start();
  const { network, control, client, socket } = all;
  const told = listen(client, "CB:notification,type:picture");
  await socket.sendMessage(pn(alices), { text: "now we know each other" });
  control.phones.change(alices, { picture: jpeg.toString("base64") });
  const { picture } = control.phones.get(alices);
  expect(await socket.profilePictureUrl(pn(alices), "image")).toBe(
    `https://${network.endpoint.media}/pictures/${picture}.jpg`,
  );
  control.phones.change(bobs, { picture: jpeg.toString("base64") });
  await until("the notice", () => told.length > 0);
  expect(told.map((node) => node.attrs.from)).toEqual([pn(alices)]);
  expect(told[0]?.content).toMatchObject([{ tag: "set", attrs: { id: picture } }]);
  control.phones.change(alices, { privacy: { profile: "none" } });
  await expect(socket.profilePictureUrl(pn(alices))).rejects.toThrow("not-authorized");
  control.phones.change(alices, { privacy: { profile: "all" }, picture: null });
  await expect(socket.profilePictureUrl(pn(alices))).rejects.toThrow("item-not-found");

  await socket.query(pictureRequest(null, jpeg));
  expect(network.world.registry.find(mine)?.picture?.bytes).toEqual(jpeg);
  await socket.removeProfilePicture(pn(mine));
  expect(control.phones.get(mine).picture).toBeNull();
  await expect(socket.query(pictureRequest(pn(alices), jpeg))).rejects.toThrow("forbidden");
});

test("a group's picture: its members set it and hear of it, unless only admins may", async () => {
  await using all = await start();
  const { network, control, client, socket } = all;
  const told = listen(client, "CB:notification,type:picture");
  const { id } = control.createGroup({ subject: "G", creator: alices, members: [mine] });
  const foreign = control.createGroup({ subject: "H", creator: alices, members: [] });
  await socket.query(pictureRequest(id, jpeg));
  await until("the notice", () => told.length > 0);
  expect(told[0]).toMatchObject({ attrs: { from: id }, content: [{ tag: "set" }] });
  expect(await socket.profilePictureUrl(id)).toContain("/pictures/");
  const group = network.world.groups.find(id);
  if (group !== null) group.facts.locked = true;
  await expect(socket.query(pictureRequest(id, jpeg))).rejects.toThrow("forbidden");
  await expect(socket.query(pictureRequest(foreign.id, jpeg))).rejects.toThrow("forbidden");
});

test("privacy: set by the client or by the owner, it is read by both", async () => {
  await using all = await start();
  const { control, socket } = all;
  await socket.updateLastSeenPrivacy("none");
  control.phones.change(mine, { privacy: { readreceipts: "none" } });
  expect(await socket.fetchPrivacySettings(true)).toMatchObject({
    last: "none",
    readreceipts: "none",
    groupadd: "all",
  });
  expect(control.phones.get(mine).privacy).toMatchObject({ last: "none", readreceipts: "none" });
  expect(() => control.phones.change(mine, { privacy: { shoesize: "none" } })).toThrow("privacy: one of readreceipts");
});

test("presence goes to those who asked for it, and is not told of those who hide it", async () => {
  await using all = await start();
  const { network, control, client, socket } = all;
  await using alicesClient = connectBaileys(network.endpoint);
  await control.phones.scan(alices, { qr: await alicesClient.qr() });
  await alicesClient.opened();
  await network.settled();
  const heard = listen(client, "CB:presence");
  await alicesClient.socket().sendPresenceUpdate("available");
  await network.settled();
  expect(heard).toEqual([]);
  await socket.presenceSubscribe(pn(alices));
  await until("the first", () => heard.length === 1);
  // Who does not show itself is told nothing of others.
  await alicesClient.socket().sendPresenceUpdate("available");
  await network.settled();
  expect(heard.length).toBe(1);
  await socket.sendPresenceUpdate("available");
  await alicesClient.socket().sendPresenceUpdate("unavailable");
  await until("the second", () => heard.length === 2);
  control.phones.change(alices, { privacy: { last: "none" } });
  await socket.presenceSubscribe(pn(alices));
  await until("the third", () => heard.length === 3);
  const last = (at: number) => heard[at]?.attrs.last;
  expect(heard.map(({ attrs }) => attrs.type)).toEqual([undefined, "unavailable", "unavailable"]);
  expect([last(0), last(1), last(2)]).toEqual([undefined, expect.stringMatching(/^\d+$/), "deny"]);
});

test("blocking: whoever is blocked is acknowledged and not heard, by number or by LID, until they are unblocked", async () => {
  await using all = await start();
  const { network, control, client, socket } = all;
  await using other = connectBaileys(network.endpoint);
  await control.phones.scan(mine, { qr: await other.qr() });
  await other.opened();
  await network.settled();
  const told = listen(other, "CB:notification,type:account_sync");
  const { lid } = control.phones.get(alices);
  // A client must know a number's LID before it can block it.
  await socket.sendMessage(pn(alices), { text: "hello" });
  await socket.updateBlockStatus(pn(alices), "block");
  expect(await socket.fetchBlocklist()).toEqual([`${lid}@lid`]);
  expect(control.phones.get(mine).blocked).toEqual([alices]);
  await until("the other device to hear of it", () => told.length === 1);
  const silenced = control.phones.send(alices, { to: mine, text: "let me in" });
  expect(control.stats(silenced.id).messages).toMatchObject([{ acks: 1, copies: {} }]);
  await socket.updateBlockStatus(`${lid}@lid`, "unblock");
  expect(await socket.fetchBlocklist()).toEqual([]);
  control.phones.send(alices, { to: mine, text: "thank you" });
  await client.received((message) => message.message?.conversation === "thank you");
  expect(client.messages.map((message) => message.message?.conversation)).not.toContain("let me in");

  control.phones.change(alices, { blocked: [mine], picture: jpeg.toString("base64") });
  await expect(socket.profilePictureUrl(pn(alices))).rejects.toThrow("not-authorized");
  const { id } = (await socket.sendMessage(pn(alices), { text: "do you read me?" }))?.key ?? {};
  await network.settled();
  expect(control.stats(id ?? "").messages).toMatchObject([{ acks: 1, copies: { [`${mine}:0`]: 1 } }]);
  expect(() => control.phones.change(alices, { blocked: ["15559999999"] })).toThrow("There is no phone");
  expect(control.phones.get(alices).blocked).toEqual([mine]);
});

test("disappearing messages: set by the client or by the owner, and told of oneself and of others", async () => {
  await using all = await start();
  const { control, socket } = all;
  const secondsOf = async (jid: string) => {
    const [found] = (await socket.fetchDisappearingDuration(jid)) ?? [];
    return (found?.disappearing_mode as { duration: number } | undefined)?.duration;
  };
  expect(await secondsOf(pn(mine))).toBe(0);
  await socket.updateDefaultDisappearingMode(86_400);
  expect([await secondsOf(pn(mine)), control.phones.get(mine).disappearing_seconds]).toEqual([86_400, 86_400]);
  control.phones.change(alices, { disappearing_seconds: 604_800 });
  expect(await secondsOf(pn(alices))).toBe(604_800);
});

test("devices: who has asked for somebody's is told when they change, away or not; who has not is left alone", async () => {
  await using all = await start();
  const { network, control, client, socket } = all;
  await socket.sendMessage(pn(alices), { text: "now I know your devices" });
  await network.settled();
  const before = client.states.length;
  for (const link of network.world.links.all()) link.cut();
  await client.closeCode(before);
  for (const number of [alices, bobs]) {
    const linked = connectBaileys(network.endpoint);
    await using _linked = linked;
    await control.phones.scan(number, { qr: await linked.qr() });
    await linked.opened();
  }
  client.reconnect();
  const told = listen(client, "CB:notification,type:devices");
  await until("the notices", () => told.length === 2);
  const { lid } = control.phones.get(alices);
  expect(told.map(({ attrs }) => attrs.from).sort()).toEqual([pn(alices), `${lid}@lid`].sort());
});
