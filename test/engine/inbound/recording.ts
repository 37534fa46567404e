// What unmodified Baileys clients and the sandbox's phones really send to a session, recorded from its inbox.
import { type AnyMessageContent, type MiscMessageGenerationOptions, proto } from "@whiskeysockets/baileys";
import type { Face } from "../../../src/core/content.ts";
import type { Network } from "../../../src/sandbox/network/network.ts";
import type { Person } from "../../../src/sandbox/people/person.ts";
import { type Client, connectBaileys } from "../../support/baileys.ts";
import { startEngine, type TestEngine } from "../../support/engine.ts";
import { until } from "../../support/until.ts";
import type { Row } from "./golden.ts";
import { alice, bob, type KnownPeople, lid, me, pn } from "./stanzas.ts";

type Sent = { id: string };
type Stage = {
  rig: TestEngine;
  network: Network;
  people: Record<"me" | "alice", Person>;
  bob: Client;
  /** Another device of our own. */
  own: Client;
  groups: Record<"lid" | "pn", string>;
  /** What was sent before, by its name. */
  keys: Map<string, proto.IMessageKey>;
};
type Step = readonly [name: string, act: (stage: Stage) => unknown];
type Content = AnyMessageContent & Record<string, unknown>;

const chat = pn(me);
const jpeg = Buffer.from("ffd8ffe000104a46494600010100000100010000ffd9", "hex");
const thumbnail = jpeg.toString("base64");
/** Files are sealed as they are, and go nowhere. */
const upload = async () => ({ mediaUrl: "https://media.test/v/t62/file.enc", directPath: "/v/t62/file.enc" });

/** By the name of its golden file; each brings one row. */
export const steps: readonly Step[] = [
  ["text", (on) => says(on, "text", { text: "Hello *there* 👋" })],
  ["text-by-lid", ({ bob }) => bob.socket().sendMessage(lid(me), { text: "by LID" })],
  ["text-from-a-phone", ({ network, people }) => fromPhone(network, people.alice, { conversation: "from a phone" })],
  ["mention", (on) => says(on, "mention", { text: "@15550001111 look", mentions: [chat, lid(alice)] })],
  [
    "reply",
    (on) => says(on, "reply", { text: "a reply" }, { quoted: quotedIn(on, "text", { conversation: "Hello" }) }),
  ],
  [
    "forwarded",
    (on) => says(on, "forwarded", { forward: quotedIn(on, "text", { conversation: "news" }), force: true }),
  ],
  ["disappearing", (on) => says(on, "disappearing", { text: "soon gone" }, { ephemeralExpiration: 86_400 })],
  ["edit", (on) => says(on, "edit", { text: "Hello you", edit: keyOf(on, "text") })],
  ["reaction", (on) => says(on, "reaction", { react: { text: "👍", key: keyOf(on, "text") } })],
  ["reaction-taken-back", (on) => says(on, "", { react: { text: "", key: keyOf(on, "text") } })],
  ["deletion", (on) => says(on, "", { delete: keyOf(on, "reply") })],
  ["poll", (on) => says(on, "poll", { poll: { name: "Lunch?", values: ["Soup", "Salad"], selectableCount: 1 } })],
  ["poll-of-many", (on) => says(on, "", { poll: { name: "Days", values: ["Mo", "Tu", "We"], selectableCount: 0 } })],
  ["location", (on) => says(on, "", { location: { degreesLatitude: 52.5, degreesLongitude: 13.4, name: "Home" } })],
  ["contact", (on) => says(on, "", { contacts: { contacts: [cardOf("Alice", alice)] } })],
  [
    "contacts",
    (on) => says(on, "", { contacts: { displayName: "2", contacts: [cardOf("Al", alice), cardOf("Bo", bob)] } }),
  ],
  ["event", (on) => says(on, "", { event: { name: "Party", description: "At ours", startDate: new Date(1.8e12) } })],
  ["pin", (on) => says(on, "", { pin: keyOf(on, "text"), type: 1, time: 86_400 })],
  ["album", (on) => says(on, "", { album: { expectedImageCount: 2, expectedVideoCount: 0 } })],
  ["button-choice", (on) => says(on, "", { type: "plain", buttonReply: { id: "b1", displayText: "Yes", index: 0 } })],
  [
    "template-choice",
    (on) => says(on, "", { type: "template", buttonReply: { id: "t1", displayText: "No", index: 1 } }),
  ],
  ["list-choice", (on) => says(on, "", { listReply: { title: "Soup", singleSelectReply: { selectedRowId: "r1" } } })],
  ["phone-number-asked-for", (on) => says(on, "", { requestPhoneNumber: true })],
  ["phone-number-shared", (on) => says(on, "", { sharePhoneNumber: true })],
  [
    "image",
    (on) => says(on, "image", { image: jpeg, caption: "a picture", jpegThumbnail: thumbnail, width: 8, height: 6 }),
  ],
  ["image-seen-once", (on) => says(on, "", { image: jpeg, jpegThumbnail: thumbnail, viewOnce: true })],
  ["video", (on) => says(on, "", { video: jpeg, caption: "a film", jpegThumbnail: thumbnail, seconds: 7 })],
  ["gif", (on) => says(on, "", { video: jpeg, gifPlayback: true, jpegThumbnail: thumbnail })],
  ["video-note", (on) => says(on, "", { video: jpeg, ptv: true, jpegThumbnail: thumbnail, seconds: 3 })],
  ["audio", (on) => says(on, "", { audio: jpeg, mimetype: "audio/mp4", seconds: 12 })],
  [
    "voice",
    (on) =>
      says(on, "", { audio: jpeg, ptt: true, seconds: 4, waveform: Uint8Array.from({ length: 64 }, (_, n) => n * 2) }),
  ],
  [
    "document",
    (on) => says(on, "", { document: jpeg, fileName: "plan.pdf", mimetype: "application/pdf", pageCount: 3 }),
  ],
  [
    "document-with-words",
    (on) => says(on, "", { document: jpeg, fileName: "a.txt", mimetype: "text/plain", caption: "read it" }),
  ],
  ["sticker", (on) => says(on, "", { sticker: jpeg, isAnimated: true, width: 512, height: 512 })],
  [
    "album-picture",
    (on) => says(on, "", { image: jpeg, jpegThumbnail: thumbnail, albumParentKey: keyOf(on, "image") }),
  ],
  ["group-text", (on) => says(on, "group-text", { text: "to all" }, {}, on.groups.lid)],
  ["group-text-by-number", (on) => says(on, "", { text: "to all, by number" }, {}, on.groups.pn)],
  ["group-text-again", (on) => says(on, "", { text: "once more" }, {}, on.groups.lid)],
  ["group-reaction", (on) => says(on, "", { react: { text: "❤️", key: keyOf(on, "group-text") } }, {}, on.groups.lid)],
  ["group-deletion-by-admin", deletedByAdmin],
  [
    "group-text-of-our-phone",
    ({ network, people, groups }) =>
      network.world.phones.send(people.me, { chat: groups.lid, message: { conversation: "we, to all" } }),
  ],
  [
    "own-text-from-the-phone",
    ({ network, people }) =>
      network.world.phones.send(people.me, { chat: pn(alice), message: { conversation: "we, to Alice" } }),
  ],
  [
    "own-text-by-lid",
    ({ network, people }) =>
      network.world.phones.send(people.me, { chat: lid(alice), message: { conversation: "we, by LID" } }),
  ],
  ["own-text-from-another-device", ({ own }) => own.socket().sendMessage(pn(alice), { text: "from the desktop" })],
  [
    "own-poll-from-another-device",
    ({ own }) => own.socket().sendMessage(pn(alice), { poll: { name: "Ours?", values: ["a", "b"] } }),
  ],
  [
    "own-reaction",
    (on) =>
      on.own.socket().sendMessage(pn(bob), {
        react: { text: "🙏", key: { ...keyOf(on, "text"), remoteJid: pn(bob), fromMe: false } },
      }),
  ],
  ["note-to-self", ({ own }) => own.socket().sendMessage(chat, { text: "do not forget" })],
  ["status", ({ bob }) => bob.socket().sendMessage("status@broadcast", { text: "my day" }, { statusJidList: [chat] })],
];

export async function record(each: (name: string, row: Row) => void): Promise<void> {
  await using stage = await setTheStage();
  const { rig } = stage;
  const rows = () => rig.read<{ stanza: Uint8Array }>("SELECT stanza FROM inbox ORDER BY id");
  const known = peopleOf(stage.network);
  for (const [name, act] of steps) {
    const before = rows().length;
    await act(stage);
    await stage.network.settled();
    const row = await until(`a row for ${name}`, () => rows()[before]?.stanza);
    each(name, { me, people: known, row });
  }
}

async function setTheStage(): Promise<Stage & AsyncDisposable> {
  await using opened = new AsyncDisposableStack();
  const rig = opened.use(await startEngine());
  const network = rig.sandbox;
  const ensure = ({ phone, lid }: Face, name: string) => network.world.registry.ensure({ phone: phone!, name, lid });
  const people = { me: ensure(me, "Me"), alice: ensure(alice, "Alice"), bob: ensure(bob, "Bob") };
  const spec = await rig.addSession();
  await rig.link(spec, people.me);
  const link = async (person: Person) => {
    const client = opened.use(connectBaileys(network.endpoint));
    await network.world.pairings.scan(person, await client.qr());
    await client.opened();
    await network.settled();
    return client;
  };
  const [bobs, own] = [await link(people.bob), await link(people.me)];
  const members = [people.me, people.bob];
  const make = (addressing: "lid" | "pn") =>
    network.world.groups.create({ subject: "G", creator: people.alice, members, addressing }).jid;
  const groups = { lid: make("lid"), pn: make("pn") };
  const keep = opened.move();
  const stage = { rig, network, people, bob: bobs, own, groups, keys: new Map<string, proto.IMessageKey>() };
  return { ...stage, [Symbol.asyncDispose]: () => keep.disposeAsync() };
}

function peopleOf(network: Network): KnownPeople {
  return Object.fromEntries(network.world.registry.all().map((person) => [person.phone, person.lid ?? ""]));
}

async function says(on: Stage, name: string, content: Content, more: MiscMessageGenerationOptions = {}, to = chat) {
  const options = { upload, ...more } as MiscMessageGenerationOptions;
  const sent = await on.bob.socket().sendMessage(to, content as AnyMessageContent, options);
  if (name !== "" && sent !== undefined) on.keys.set(name, sent.key);
}

function fromPhone({ world }: Network, person: Person, message: proto.IMessage): Sent {
  return world.phones.send(person, { chat, message });
}

function keyOf({ keys }: Stage, name: string): proto.IMessageKey {
  const key = keys.get(name);
  if (key === undefined) throw new Error(`nothing was sent as ${name}`);
  return key;
}

function quotedIn(on: Stage, name: string, message: proto.IMessage) {
  return { key: { ...keyOf(on, name), id: keyOf(on, name).id ?? "" }, message };
}

function deletedByAdmin(on: Stage): Sent {
  const key = { ...keyOf(on, "group-text"), fromMe: false, participant: lid(bob) };
  const protocolMessage = { key, type: proto.Message.ProtocolMessage.Type.REVOKE };
  return on.network.world.phones.send(on.people.alice, {
    chat: on.groups.lid,
    message: { protocolMessage },
    edit: "8",
  });
}

function cardOf(name: string, { phone }: Face): proto.Message.IContactMessage {
  const vcard = `BEGIN:VCARD\nVERSION:3.0\nFN:${name}\nitem1.TEL;waid=${phone}:+${phone}\nEND:VCARD`;
  return { displayName: name, vcard };
}
