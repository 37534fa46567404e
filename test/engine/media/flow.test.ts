// Media with a real client on a real network: through proxies of both kinds and directly, what phones sent is fetched,
// what is sent they can read, and what was lost comes back. The client itself never touches a file.
import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type BinaryNode, generateWAMessage, type proto, type WAMessage } from "@whiskeysockets/baileys";
import { download, type MediaLocator } from "../../../src/engine/media/download.ts";
import { isMediaKind, type MediaKind } from "../../../src/engine/media/kinds.ts";
import { type AskAgainOptions, askAgain, askReceipt, readAnswer } from "../../../src/engine/media/re-request.ts";
import { type MediaConnection, upload } from "../../../src/engine/media/upload.ts";
import { openWayOut } from "../../../src/net/way-out.ts";
import { createNetwork, type Network } from "../../../src/sandbox/network/network.ts";
import { anywhere as rules } from "../../support/addresses.ts";
import { type Client, connectBaileys } from "../../support/baileys.ts";
import { createFolder } from "../../support/folder.ts";
import { startForwardProxy } from "../../support/forward-proxy.ts";
import { startTlsFront } from "../../support/tls-front.ts";

const mine = "15550001111";
const alices = "15551000001";
/** Names that exist for the proxies alone: whatever arrives has come through them. */
const web = "web.whatsapp.test";
const media = "media.whatsapp.test";
const kinds = [
  ["image", "image/jpeg", "image"],
  ["video", "video/mp4", "video"],
  ["audio", "audio/ogg; codecs=opus", "audio"],
  ["document", "application/octet-stream", "document"],
  ["sticker", "image/webp", "sticker"],
] as const;

test.each(["http", "socks5"] as const)(
  "every kind of media goes both ways through the %s proxy alone",
  async (kind) => {
    using folder = createFolder();
    await using network = await createNetwork();
    const mediaPort = Number(network.endpoint.media.split(":")[1]);
    await using webFront = await startTlsFront({ names: [web], to: { port: network.port } });
    await using mediaFront = await startTlsFront({ names: [media], to: { port: mediaPort, ca: network.endpoint.ca } });
    const names = { [web]: { port: webFront.port }, [media]: { port: mediaFront.port } };
    await using proxy = await startForwardProxy({ kind, login: { user: "a", password: "b" }, names });
    await using wayOut = openWayOut({ rules, proxy: proxy.url, ca: webFront.ca + mediaFront.ca });
    const ws = `wss://${web}/ws/chat`;
    await using client = connectBaileys({ ...network.endpoint, ws }, { agent: wayOut.webSocketAgent(ws)! });
    const alice = await settle(network, client);
    const connection = async (isFresh: boolean): Promise<MediaConnection> => ({
      ...(await client.socket().refreshMediaConn(isFresh)),
      hosts: [{ hostname: media }],
    });

    for (const [type, mimetype, of] of kinds) {
      const bytes = randomBytes(of === "video" ? 1_000_000 : 30_000);
      const id = await send(client, { type, mimetype, bytes, upload: { connection, wayOut } });
      await network.settled();
      const item = network.world.phones.stateOf(alice).inbox.find((one) => one.id === id);
      if (item?.media == null || !("path" in item.media)) throw new Error(`the phone cannot read the ${type}`);
      const file = network.world.media.plainFile(item.media.path);
      expect(Buffer.from(await file.arrayBuffer()).equals(bytes)).toBe(true);

      const received = randomBytes(30_000);
      const sent = network.sendMedia(alice, { to: mine, kind: type, mimetype, bytes: received });
      const message = await client.received(({ key }) => key.id === sent.id);
      const to = join(folder.path, type);
      const outcome = await download({ locator: locatorOf(message), to, wayOut, hosts: [media], maxBytes: 1_000_000 });
      expect(outcome).toMatchObject({ outcome: "done", bytes: received.length });
      expect(readFileSync(to).equals(received)).toBe(true);
    }

    const places = new Set(proxy.asked);
    expect(places).toEqual(new Set([`${web}:443`, `${media}:443`]));
    expect(webFront.connections() + mediaFront.connections()).toBe(proxy.tunnels.length);
    expect(network.world.observer.readViolations()).toEqual([]);
  },
);

test("without a proxy, a file that is gone comes back from the phone that has it", async () => {
  using folder = createFolder();
  await using network = await createNetwork();
  await using wayOut = openWayOut({ rules, proxy: null, ca: network.endpoint.ca });
  await using client = connectBaileys(network.endpoint);
  const alice = await settle(network, client);
  const bytes = randomBytes(10_000);
  const sent = network.sendMedia(alice, { to: mine, kind: "image", mimetype: "image/png", bytes });
  const message = await client.received(({ key }) => key.id === sent.id);
  const locator = locatorOf(message);
  const fetch = (directPath: string | null) =>
    download({
      locator: { ...locator, directPath },
      to: join(folder.path, "file"),
      wayOut,
      hosts: [network.endpoint.media],
      maxBytes: 1_000_000,
    });
  network.world.media.expire(locator.directPath ?? "");
  expect(await fetch(locator.directPath)).toMatchObject({ outcome: "gone" });

  const again = await askAgain(askingWith(client, message));
  if (again.outcome !== "done") throw new Error(again.reason);
  expect(await fetch(again.directPath)).toMatchObject({ outcome: "done", bytes: bytes.length });
  expect(readFileSync(join(folder.path, "file")).equals(bytes)).toBe(true);

  network.world.media.clear();
  expect(await askAgain(askingWith(client, message))).toEqual({
    outcome: "gone",
    reason: "The phone no longer has this file either.",
  });
  expect(network.world.observer.readViolations()).toEqual([]);
});

const lost = {
  message: { id: "3EB0AA", chat: "15551000001@s.whatsapp.net", fromMe: false, participant: null },
  mediaKey: Buffer.alloc(32, 3),
};

test("a phone that is silent, a connection that is gone and a question given up end the wait", async () => {
  let listeners = 0;
  const asking: AskAgainOptions = {
    ...lost,
    me: `${mine}:4@s.whatsapp.net`,
    sendNode: async () => {},
    onNotification() {
      listeners += 1;
      return () => {
        listeners -= 1;
      };
    },
    timeoutMs: 20,
  };
  const giveUp = new AbortController();
  const outcomes = await Promise.all([
    askAgain(asking),
    askAgain({ ...asking, timeoutMs: 60_000, sendNode: () => Promise.reject(new Error("closed")) }),
    askAgain({ ...asking, timeoutMs: 60_000, signal: AbortSignal.abort() }),
    askAgain({ ...asking, timeoutMs: 60_000, signal: giveUp.signal, sendNode: async () => giveUp.abort() }),
  ]);
  expect(outcomes.map((one) => one.outcome === "failed" && one.isRetryable && one.reason)).toEqual([
    "The phone did not answer; it may be off.",
    "The phone could not be asked: there is no connection.",
    "It was given up.",
    "It was given up.",
  ]);
  expect(listeners).toBe(0);
});

test("a question names the message, its author in a group, and the session's own number", () => {
  const message = { id: "3EB0AA", chat: "123@g.us", fromMe: false, participant: "15551000001@s.whatsapp.net" };
  const receipt = askReceipt({ message, mediaKey: lost.mediaKey, me: `${mine}:4@s.whatsapp.net` });
  expect(receipt).toMatchObject({
    tag: "receipt",
    attrs: { id: "3EB0AA", to: `${mine}@s.whatsapp.net`, type: "server-error" },
    content: [
      { tag: "encrypt" },
      { tag: "rmr", attrs: { jid: "123@g.us", from_me: "false", participant: "15551000001@s.whatsapp.net" } },
    ],
  });
});

test("answers about other messages are not for this question, and broken ones are failures", () => {
  const answer = (content: NonNullable<BinaryNode["content"]>, attrs = {}): BinaryNode => ({
    tag: "notification",
    attrs: { type: "mediaretry", id: lost.message.id, ...attrs },
    content,
  });
  const error = (code: string) => answer([{ tag: "error", attrs: { code } }]);
  const sealed = (enc_p: unknown, enc_iv: unknown) =>
    answer([
      {
        tag: "encrypt",
        attrs: {},
        content: Object.entries({ enc_p, enc_iv }).map(([tag, content]) => ({
          tag,
          attrs: {},
          content,
        })) as BinaryNode[],
      },
    ]);
  const others = [answer([], { id: "other" }), answer([], { type: "devices" }), { ...error("2"), tag: "receipt" }];
  expect(others.map((node) => readAnswer(node, lost))).toEqual([null, null, null]);
  const broken = [
    error("9"),
    answer([]),
    answer("text"),
    sealed(new Uint8Array(), new Uint8Array(12)),
    sealed("text", undefined),
    sealed(randomBytes(40), randomBytes(12)),
    sealed(randomBytes(3), randomBytes(12)),
  ];
  expect(broken.map((node) => readAnswer(node, lost)?.outcome)).toEqual(broken.map(() => "failed"));
  expect(readAnswer(error("2"), lost)?.outcome).toBe("gone");
});

async function settle(network: Network, client: Client) {
  const alice = network.world.registry.ensure({ phone: alices, name: "Alice" });
  const me = network.world.registry.ensure({ phone: mine, name: "Me" });
  await network.world.pairings.scan(me, await client.qr());
  await client.opened();
  await network.settled();
  return alice;
}

type Sending = {
  type: string;
  mimetype: string;
  bytes: Buffer;
  upload: Pick<Parameters<typeof upload>[0], "connection" | "wayOut">;
};

async function send(client: Client, { type, mimetype, bytes, upload: way }: Sending): Promise<string> {
  const extra = type === "audio" ? { ptt: true, seconds: 1, waveform: new Uint8Array(64) } : { jpegThumbnail: "" };
  const to = `${alices}@s.whatsapp.net`;
  const message = await generateWAMessage(to, { [type]: bytes, mimetype, ...extra } as never, {
    userJid: client.creds.me?.id ?? "",
    upload: async (file, { fileEncSha256B64, mediaType }) => {
      if (typeof file !== "string" || !isMediaKind(mediaType)) throw new Error(`${mediaType} is no kind`);
      const encSha256 = Buffer.from(fileEncSha256B64, "base64");
      const outcome = await upload({ file, encSha256, kind: mediaType, ...way });
      if (outcome.outcome !== "done") throw new Error(outcome.reason);
      return { mediaUrl: outcome.url, directPath: outcome.directPath };
    },
  });
  const { id } = message.key;
  if (id == null || message.message == null) throw new Error("nothing to send");
  await client.socket().relayMessage(to, message.message, { messageId: id });
  return id;
}

function locatorOf(message: WAMessage): MediaLocator {
  const [name = "", content] = Object.entries(message.message ?? {}).find(([, one]) => one?.mediaKey) ?? [];
  const { mediaKey, fileEncSha256, fileSha256, fileLength, url, directPath } = content as proto.Message.IImageMessage;
  return {
    kind: name.replace("Message", "") as MediaKind,
    mediaKey: mediaKey ?? null,
    fileEncSha256: fileEncSha256 ?? null,
    fileSha256: fileSha256 ?? null,
    fileLength: fileLength == null ? null : Number(fileLength),
    url: url ?? null,
    directPath: directPath ?? null,
  };
}

function askingWith(client: Client, message: WAMessage): AskAgainOptions {
  const { id, remoteJid, fromMe, participant } = message.key;
  const { ws } = client.socket();
  const name = "CB:notification,type:mediaretry";
  return {
    message: { id: id ?? "", chat: remoteJid ?? "", fromMe: fromMe === true, participant: participant ?? null },
    mediaKey: locatorOf(message).mediaKey ?? new Uint8Array(),
    me: client.creds.me?.id ?? "",
    sendNode: (node) => client.socket().sendNode(node),
    onNotification(listener) {
      ws.on(name, listener);
      return () => ws.off(name, listener);
    },
  };
}
