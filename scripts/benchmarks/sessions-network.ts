// The network of the sessions benchmark, in a process of its own with checking off: phones link devices there, and a few
// people write to those, with so many messages on the way to each, and are written to. Its argument: its port, as JSON.
import { createNetwork } from "../../src/sandbox/network/network.ts";
import { type Person, phoneJid } from "../../src/sandbox/people/person.ts";
import { makeWritten, seal } from "../../src/sandbox/people/writing.ts";
import { handleMessage } from "../../src/sandbox/server/messages.ts";
import { node } from "../../src/sandbox/wire/node.ts";

export type Place = { ws: string; rootKey: string; people: string[] };
export type Scan = { phone: string; qr: string };
export type Writing = { phones: string[]; each: number; onTheWay: number };
/** Members who are away get what is written and say nothing of it. */
export type GroupWanted = { phone: string; members: number; areAway: boolean };
/** Times are of the wall clock, in milliseconds. */
export type Progress = {
  wanted: number;
  heard: number;
  firstAt: number | null;
  lastAt: number | null;
  retries: number;
};

type Line = { person: Person; device: number; left: number; round: Progress };

const howManyPeople = 10;
const text = "The order has left the house and will be with you tomorrow between nine and eleven.";
const lines = new Map<string, Line>();
const rounds: Progress[] = [];
/** What the people are to be written. */
let awaited = newRound(0);
const cameAt = new Map<string, number>();

const { port }: { port: number } = JSON.parse(process.argv[2] ?? "{}");
const network = await createNetwork({ port, answer });
network.setChecking(false);
const { world } = network;
const { registry, phones } = world;
const people = Array.from({ length: howManyPeople }, (_, index) =>
  registry.ensure({ phone: `1555900${1_000 + index}` }),
);

phones.noticeReceipt = (author, _reader, ids, type) => {
  if (type === undefined) for (const id of ids) heard(author, id);
};
const { receive, sendAgain } = phones;
phones.receive = (person, stanza) => {
  const { id, participant } = stanza.attrs;
  if (id !== undefined && (people.includes(person) || participant !== undefined)) {
    // In a group the first of those who get it stands for all.
    if (!cameAt.has(id)) count(awaited);
    if (!cameAt.has(id)) cameAt.set(id, performance.timeOrigin + performance.now());
  }
  receive(person, stanza);
};
phones.sendAgain = (author, asker, receipt) => {
  const line = lines.get(receipt.attrs.id ?? "");
  if (line !== undefined) line.round.retries += 1;
  sendAgain(author, asker, receipt);
};

async function answer(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  switch (pathname) {
    case "/healthz":
      return Response.json({ status: "ok" });
    case "/place":
      return Response.json(place());
    case "/scan":
      return Response.json(await scan((await request.json()) as Scan));
    case "/write":
      return Response.json(write((await request.json()) as Writing));
    case "/people":
      for (const phone of (await request.json()) as string[]) registry.ensure({ phone });
      return Response.json(null);
    case "/delay":
      delay(Number(searchParams.get("ms")));
      return Response.json(null);
    case "/arrivals":
      return Response.json(Object.fromEntries(cameAt));
    case "/group":
      return Response.json(group((await request.json()) as GroupWanted));
    case "/await":
      cameAt.clear();
      awaited = newRound(Number(searchParams.get("messages")));
      return Response.json(rounds.push(awaited) - 1);
    case "/progress":
      return Response.json(rounds[Number(searchParams.get("round"))]);
  }
  return new Response(null, { status: 404 });
}

function place(): Place {
  const { ws, rootKey } = network.endpoint;
  return { ws, rootKey, people: people.map(({ phone }) => phone) };
}

/** Every answer comes so much later, as from further away; 0 is as near as it is. */
function delay(delayMs: number): void {
  world.faults.clear();
  const always = { phone: null, probability: 1, count: null, code: null };
  if (delayMs > 0) world.faults.add({ name: "slow", delayMs, ...always });
}

function group({ phone, members, areAway }: GroupWanted): string {
  const prefix = areAway ? "1555700" : "1555800";
  const others = Array.from({ length: members }, (_, index) => registry.ensure({ phone: `${prefix}${1_000 + index}` }));
  for (const other of others) phones.setOnline(other, !areAway);
  const made = world.groups.create({ subject: "Orders", creator: registry.ensure({ phone }), members: others });
  return `${made.facts.id}@g.us`;
}

function newRound(wanted: number): Progress {
  return { wanted, heard: 0, firstAt: null, lastAt: null, retries: 0 };
}

function count(round: Progress): void {
  round.heard += 1;
  round.lastAt = performance.timeOrigin + performance.now();
  round.firstAt ??= round.lastAt;
}

function scan({ phone, qr }: Scan) {
  return world.pairings.scan(registry.ensure({ phone }), qr);
}

/** The number of the round, by which its progress is asked for. */
function write({ phones: numbers, each, onTheWay }: Writing): number {
  const round = newRound(numbers.length * each);
  rounds.push(round);
  for (const number of numbers) {
    const person = registry.ensure({ phone: number });
    const device = Math.max(...person.companions.keys());
    const line = { person, device, left: each, round };
    for (let sent = 0; sent < Math.min(onTheWay, each); sent++) writeOne(line);
  }
  return rounds.length - 1;
}

/** To that device alone: what the person's phone does with it is not what is measured. */
function writeOne(line: Line): void {
  const { person, device } = line;
  const author = people[line.left % howManyPeople];
  if (author === undefined) return;
  line.left -= 1;
  const own = { person: author, device: 0 };
  const chat = phoneJid(person);
  const written = makeWritten({ id: world.makeId(), chat, message: { conversation: text } });
  const { id, packed } = written;
  const sealed = seal(world, own, { person, device }, Buffer.from(packed, "latin1"));
  if (sealed === null) throw new Error(`${person.phone} has no keys to write to`);
  lines.set(id, line);
  // For whoever could not read it and asks for it again.
  phones.stateOf(author).written.set(id, written);
  const enc = node("enc", { v: "2", type: sealed.type }, sealed.body);
  const participants = node("participants", {}, [node("to", { jid: phoneJid(person, device) }, [enc])]);
  handleMessage(world, own, node("message", { id, to: chat, type: "text" }, [participants]), () => {});
}

function heard(author: Person, id: string): void {
  const line = lines.get(id);
  if (line === undefined) return;
  lines.delete(id);
  phones.stateOf(author).written.delete(id);
  count(line.round);
  if (line.left > 0) writeOne(line);
}
