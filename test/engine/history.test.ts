// History from a phone on the sandbox to whoever keeps it: as it comes, over the session's own way, through failures,
// crashes and strangers.
import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { deflateSync } from "node:zlib";
import type { HistoryChunk, HistoryPart, HistorySink } from "../../src/engine/history/chunk.ts";
import type { Person } from "../../src/sandbox/people/person.ts";
import { phoneJid } from "../../src/sandbox/people/person.ts";
import { sendAppStateKey } from "../../src/sandbox/people/sync.ts";
import { seal } from "../../src/sandbox/people/writing.ts";
import { node } from "../../src/sandbox/wire/node.ts";
import { proto } from "../../src/sandbox/wire/proto.ts";
import { startEngine, type TestEngine, type TestEngineOptions } from "../support/engine.ts";
import { type HiddenMedia, hiddenMedia, hideMedia } from "../support/hidden-media.ts";
import { type Notice, sendHistory } from "../support/history.ts";
import { startMediaHosts } from "../support/media-hosts.ts";
import { until } from "../support/until.ts";

const mine = "15550001111";
const pn = (phone: string) => `${phone}@s.whatsapp.net`;
const lid = (user: string) => `${user}@lid`;

type Kept = { parts: HistoryPart[]; chunks: HistoryChunk[] };
type Rig = TestEngine & { kept: Kept; me: Person };

/** Without what the sandbox's phone sends by itself after the linking. */
async function startWithSink(options: TestEngineOptions = {}): Promise<Rig> {
  const kept: Kept = { parts: [], chunks: [] };
  const rig = await startEngine({ historyOf: () => keepingIn(kept), ...options });
  const me = rig.sandbox.world.registry.ensure({ phone: mine, name: "Ada" });
  return Object.assign(rig, { kept, me });
}

const keepingIn = (kept: Kept): HistorySink => ({
  part: async (part) => void kept.parts.push(part),
  chunk: async (chunk) => void kept.chunks.push(chunk),
});

/** Of the rows that the own devices brought: which have been acted upon. */
function rowsOf(rig: TestEngine): boolean[] {
  const rows = rig.read<{ taken: number }>("SELECT taken_at IS NOT NULL AS taken FROM inbox WHERE is_peer ORDER BY id");
  return rows.map(({ taken }) => taken === 1);
}

async function linked(rig: Rig, options: Parameters<TestEngine["addSession"]>[0] = {}) {
  const spec = await rig.link(await rig.addSession(options), rig.me);
  // The key of the app state and an empty history, by itself.
  await until("what comes by itself", () => rowsOf(rig).length === 2 && rowsOf(rig).every((isTaken) => isTaken));
  rig.kept.parts.length = 0;
  rig.kept.chunks.length = 0;
  return spec;
}

const message = (chat: string, id: string, fromMe = false): proto.IHistorySyncMsg => ({
  message: { key: { remoteJid: chat, id, fromMe }, message: { conversation: `text of ${id}` }, messageTimestamp: 1 },
});

const trust = (at: number, text: string, sentAt?: number) => ({
  tcToken: Buffer.from(text),
  tcTokenTimestamp: at,
  ...(sentAt === undefined ? {} : { tcTokenSenderTimestamp: sentAt }),
});

const peopleOf = (rig: TestEngine) =>
  rig.read<{ phone: string; lid: string }>("SELECT phone, lid FROM lid_mappings WHERE phone LIKE '1555200%'");
const tokensOf = (rig: TestEngine) =>
  rig
    .read<{ name: string }>("SELECT name FROM signal_keys WHERE kind = 'tctoken' ORDER BY name")
    .map(({ name }) => name);

test("it teaches who is who and who trusts us, and hands on chats with their messages", async () => {
  await using rig = await startWithSink();
  await linked(rig);
  const history = {
    progress: 40,
    chunkOrder: 7,
    conversations: [
      {
        id: pn("15552000001"),
        lidJid: lid("9001"),
        messages: [message(pn("15552000001"), "A1")],
        ...trust(100, "a", 5),
      },
      { id: lid("9002"), pnJid: pn("15552000002"), messages: [], ...trust(100, "b") },
      {
        id: lid("9003"),
        messages: [
          {
            message: {
              key: { remoteJid: lid("9003"), id: "C1", fromMe: true },
              userReceipt: [{ userJid: pn("15552000003") }],
            },
          },
        ],
      },
      { id: "123-456@g.us", messages: [message("123-456@g.us", "D1"), message("123-456@g.us", "D2")] },
      { id: pn("15552000004"), ...trust(100, "known by its mapping alone") },
    ],
    pushnames: [{ id: pn("15552000001"), pushname: "Bea" }],
    phoneNumberToLidMappings: [{ pnJid: pn("15552000004"), lidJid: lid("9004") }],
  };
  for (const inline of [true, false]) {
    sendHistory(rig.sandbox, rig.me, { history, inline });
    const chunk = await until("the chunk", () => rig.kept.chunks.pop());
    expect(chunk).toEqual({
      syncType: "recent",
      chunkOrder: 7,
      progress: 40,
      requestId: null,
      conversations: 5,
      messages: 4,
      pushNames: 1,
      mappings: inline ? 4 : 0,
      tokens: inline ? 3 : 0,
    });
    expect(rig.kept.parts.map((part) => (part.kind === "conversation" ? part.conversation.id : part.name))).toEqual([
      ...history.conversations.map(({ id }) => id),
      "Bea",
    ]);
    const [first] = rig.kept.parts.splice(0);
    expect(first?.kind === "conversation" && first.conversation.messages?.[0]?.message?.message?.conversation).toBe(
      "text of A1",
    );
  }
  expect(peopleOf(rig)).toEqual([1, 2, 3, 4].map((n) => ({ phone: `1555200000${n}`, lid: `900${n}` })));
  expect(tokensOf(rig)).toEqual(["9001@lid", "9002@lid", "9004@lid", "__index"]);
  await until("the rows to be marked", () => rowsOf(rig).every((isTaken) => isTaken));
  expect(readdirSync(rig.folder)).toEqual([]);
  expect(rig.sandbox.world.observer.readViolations()).toEqual([]);
});

test.each(["http", "socks5"] as const)(
  "its files come through the session's %s proxy alone, with an authority given at run time",
  async (kind) => {
    await using rig = await startHidden(kind);
    await linked(rig, { proxy: rig.hidden.proxy.url });
    sendHistory(rig.sandbox, rig.me, { history: { conversations: [{ id: pn("15552000001") }] } });
    const chunk = await until("the chunk", () => rig.kept.chunks[0]);
    expect(chunk.conversations).toBe(1);
    expect(rig.hidden.proxy.asked).toContain(`${hiddenMedia}:443`);
    expect(rig.hidden.connections()).toBe(1);
  },
);

test("a row waits until its file has been had, however often that fails, and longer each time", async () => {
  await using rig = await startHidden("http");
  await linked(rig, { proxy: rig.hidden.proxy.url });
  const failures = () => rig.logged.filter(({ message }) => message.includes("could not be taken in")).length;
  rig.hidden.hide(true);
  sendHistory(rig.sandbox, rig.me, { history: { conversations: [{ id: pn("15552000001") }] } });
  await until("a failure", () => failures() === 1);
  rig.clock.advance(5_000);
  await until("a second one", () => failures() === 2);
  rig.clock.advance(5_000);
  // What waits is looked at again and again, and what is nobody else's is marked meanwhile.
  sendAppStateKey(rig.sandbox.world, rig.me, 1);
  await until("the other row to be marked", () => rowsOf(rig)[3]);
  expect(rowsOf(rig)).toEqual([true, true, false, true]);
  expect(failures()).toBe(2);
  rig.hidden.hide(false);
  rig.clock.advance(5_000);
  await until("its row to be marked", () => rowsOf(rig)[2]);
  expect(rig.kept.chunks.length).toBe(1);
});

test("a file that is gone, or never was what the message says, is given up with a word in the log", async () => {
  await using rig = await startWithSink();
  await linked(rig);
  const history = { conversations: [{ id: pn("15552000001") }] };
  const send = (facts: Notice, inline = false) => sendHistory(rig.sandbox, rig.me, { history, inline, facts });
  rig.sandbox.world.media.expire(send({}) ?? "");
  send({ mediaKey: Buffer.alloc(32, 1) });
  send({ fileEncSha256: null });
  send({ directPath: null });
  send({ initialHistBootstrapInlinePayload: randomBytes(99) }, true);
  send({ initialHistBootstrapInlinePayload: deflateSync(Buffer.of(0x12, 0x7f)) }, true);
  await until("them to be given up", () => rowsOf(rig).length === 8 && rowsOf(rig).every((isTaken) => isTaken));
  const reasons = () =>
    rig.logged.filter(({ message }) => message === "a piece of history is left out").map(({ fields }) => fields.reason);
  expect(reasons()).toEqual([
    "WhatsApp no longer has this file.",
    // Whichever is seen first: what it opens to, or its digest.
    expect.stringMatching(/The file was not encrypted with the message's key, or was changed since\.|header/),
    "The message brings nothing that the file could be checked by.",
    "The message does not say where its file is.",
    expect.stringMatching(/header/),
    "The history cannot be read.",
  ]);
  // What is not the file it should be may have been damaged on the way: it is asked for three times.
  send({ fileEncSha256: randomBytes(32) });
  const waits = () => rig.logged.filter(({ message }) => message.includes("could not be taken in")).length;
  for (const [place, pauseMs] of [5_000, 10_000].entries()) {
    await until("it to be asked for", () => waits() === place + 1);
    rig.clock.advance(pauseMs);
  }
  await until("it to be given up", () => reasons()[6]);
  expect(reasons()[6]).toBe("What is in the file is not what the message speaks of.");
  expect(rig.kept).toEqual({ parts: [], chunks: [] });
  expect(readdirSync(rig.folder)).toEqual([]);
});

test("what could not be kept comes again from its beginning, after a new start as well", async () => {
  await using rig = await startWithSink();
  const spec = await linked(rig);
  const fail = () => Promise.reject(new Error("no room"));
  const startFailing = async (sink: Partial<HistorySink>) => {
    rig.logged.length = 0;
    await rig.restart({ historyOf: () => ({ ...keepingIn(rig.kept), ...sink }) });
    await rig.engine.run(spec);
    await rig.connected(spec);
  };
  const failed = () => until("a failure", () => rig.logged.some(({ fields }) => fields.reason === "no room"));
  await startFailing({ part: fail });
  sendHistory(rig.sandbox, rig.me, { history: { conversations: [{ id: pn("15552000001") }] } });
  await failed();
  await startFailing({ chunk: fail });
  await failed();
  expect([rowsOf(rig)[2], rig.kept.parts.length]).toEqual([false, 1]);
  await startFailing({});
  await until("its row to be marked", () => rowsOf(rig)[2]);
  expect([rig.kept.parts.length, rig.kept.chunks.length]).toEqual([2, 1]);
});

test("a session that ends lets go of a file at once, and takes it up when it is back", async () => {
  let isSilent = true;
  const never = Promise.withResolvers<Response>();
  const find = ({ url }: Request) => rig.sandbox.world.media.fileFor(new URL(url).pathname);
  await using hosts = startMediaHosts((request) => (isSilent ? never.promise : new Response(find(request))));
  await using rig = await startWithSink({
    network: async ({ world }) => {
      world.mediaHost = () => hosts.names[0] ?? "";
      return { ca: hosts.ca };
    },
  });
  const spec = await linked(rig);
  sendHistory(rig.sandbox, rig.me, { history: { conversations: [{ id: pn("15552000001") }] } });
  await until("it to be asked for", () => hosts.asked[0]?.length === 1);
  const began = performance.now();
  await rig.engine.stop(spec.id);
  expect(performance.now() - began).toBeLessThan(1_000);
  expect([rowsOf(rig)[2], rig.kept.chunks.length]).toEqual([false, 0]);
  expect(readdirSync(rig.folder)).toEqual([]);
  isSilent = false;
  await rig.engine.run(spec);
  await until("its row to be marked", () => rowsOf(rig)[2]);
  expect(rig.kept.chunks.length).toBe(1);
  expect(rig.logged.filter(({ message }) => message.includes("piece of history"))).toEqual([]);
});

test("history from a stranger teaches nothing and is handed to nobody", async () => {
  await using rig = await startWithSink();
  await linked(rig);
  const mallory = rig.sandbox.world.registry.ensure({ phone: "15552000009", name: "Mallory" });
  const poison = { conversations: [{ id: pn("15552000001"), lidJid: lid("6666"), ...trust(9, "mine") }] };
  sendSpoofed(rig, mallory, poison);
  await until("its row to be marked", () => rowsOf(rig)[2]);
  expect(rig.logged.map(({ fields }) => fields.reason)).toContain("It does not come from the account's own phone.");
  expect([rig.kept.parts, rig.kept.chunks, tokensOf(rig)]).toEqual([[], [], []]);
  expect(peopleOf(rig).filter(({ phone }) => phone !== mallory.phone)).toEqual([]);
});

test("with no history wanted only the bootstrap's people are learnt; what was asked for comes in any case", async () => {
  await using rig = await startWithSink();
  await linked(rig, { settings: { history: "none" } });
  const { INITIAL_BOOTSTRAP, RECENT, FULL, ON_DEMAND } = proto.HistorySync.HistorySyncType;
  const chatWith = (n: number) => ({
    id: pn(`1555200000${n}`),
    lidJid: lid(`900${n}`),
    messages: [],
    ...trust(5, "t"),
  });
  const files = [RECENT, FULL].map((syncType, n) =>
    sendHistory(rig.sandbox, rig.me, { history: { syncType, conversations: [chatWith(n)] } }),
  );
  for (const path of files) rig.sandbox.world.media.expire(path ?? "");
  sendHistory(rig.sandbox, rig.me, { history: { syncType: INITIAL_BOOTSTRAP, conversations: [chatWith(2)] } });
  await until("their rows to be marked", () => rowsOf(rig).length === 5 && rowsOf(rig).every((isTaken) => isTaken));
  expect(peopleOf(rig)).toEqual([{ phone: "15552000002", lid: "9002" }]);
  expect([rig.kept.parts, rig.kept.chunks, tokensOf(rig)]).toEqual([[], [], []]);
  expect(rig.logged.filter(({ message }) => message.includes("left out"))).toEqual([]);
  sendHistory(rig.sandbox, rig.me, {
    history: { syncType: ON_DEMAND, conversations: [chatWith(3)] },
    facts: { peerDataRequestSessionId: "asked" },
  });
  expect(await until("the chunk", () => rig.kept.chunks[0])).toMatchObject({
    syncType: "on_demand",
    requestId: "asked",
  });
});

/** As a peer message, which only an own device may send. */
function sendSpoofed({ sandbox: { world }, me }: Rig, from: Person, history: proto.IHistorySync): void {
  const protocolMessage = {
    type: proto.Message.ProtocolMessage.Type.HISTORY_SYNC_NOTIFICATION,
    historySyncNotification: {
      initialHistBootstrapInlinePayload: deflateSync(proto.HistorySync.encode(history as proto.HistorySync).finish()),
    },
  };
  const target = { person: me, device: 1 };
  const sealed = seal(world, { person: from, device: 0 }, target, proto.Message.encode({ protocolMessage }).finish());
  const attrs = { from: phoneJid(from), id: world.makeId(), t: world.nowSeconds(), type: "text", category: "peer" };
  world.links.deliver(target, node("message", attrs, [node("enc", { v: "2", type: sealed!.type }, sealed!.body)]));
}

async function startHidden(kind: "http" | "socks5") {
  const opened = new AsyncDisposableStack();
  let hidden: HiddenMedia | undefined;
  const network = async (sandbox: TestEngine["sandbox"]) => {
    hidden = opened.use(await hideMedia(sandbox, kind));
    return { ca: hidden.ca };
  };
  const rig = opened.use(await startWithSink({ network }));
  return Object.assign(rig, { hidden: hidden!, [Symbol.asyncDispose]: () => opened.disposeAsync() });
}
