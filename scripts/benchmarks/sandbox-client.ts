// Clients that do nothing but write ready-made messages, as fast as they are acknowledged: the network is measured, and
// not a client's own work. Its argument: where the network is and how long to write, as JSON. Prints one line of JSON.
import { gcmOpen, gcmSeal, hkdf, sha256 } from "../../src/sandbox/crypto/derive.ts";
import { agree, type KeyPair, makeKeyPair } from "../../src/sandbox/crypto/keys.ts";
import { decodeNode, encodeNode } from "../../src/sandbox/wire/codec.ts";
import { frame, intro } from "../../src/sandbox/wire/frames.ts";
import { node } from "../../src/sandbox/wire/node.ts";
import { proto } from "../../src/sandbox/wire/proto.ts";

type Orders = {
  ws: string;
  devices: { phone: string; seed: string }[];
  contacts: string[];
  seconds: number;
  inFlight: number;
};

const orders: Orders = JSON.parse(process.argv[2] ?? "{}");
const nothing = Buffer.alloc(0);
const delaysMs: number[] = [];
let acknowledged = 0;
let isCounting = false;

const links = await Promise.all(
  orders.devices.map((device) => logIn(device.phone, makeKeyPair(Buffer.from(device.seed, "base64")))),
);
await Bun.sleep(300);
isCounting = true;
const began = performance.now();
for (const link of links) for (let n = 0; n < orders.inFlight; n++) link.write();
await Bun.sleep(orders.seconds * 1_000);
const seconds = (performance.now() - began) / 1_000;
const { user, system } = process.cpuUsage();
const sorted = Float64Array.from(delaysMs).sort();
const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? 0;
const told = {
  acknowledged,
  perSecond: acknowledged / seconds,
  p50: at(0.5),
  p99: at(0.99),
  cpu: (user + system) / 1e6 / seconds,
};
process.stdout.write(`${JSON.stringify(told)}\n`);
process.exit(0);

async function logIn(phone: string, own: KeyPair) {
  const socket = new WebSocket(orders.ws);
  socket.binaryType = "arraybuffer";
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const { seal, open } = await shakeHands(socket, phone, own);
  const writtenAt = new Map<string, number>();
  let waiting: Buffer = Buffer.alloc(0);
  let count = 0;
  const body = Buffer.alloc(160, 7);

  function write(): void {
    const id = `3EB0${phone}${++count}`;
    const to = `${orders.contacts[count % orders.contacts.length]}@s.whatsapp.net`;
    const enc = node("enc", { v: "2", type: "msg" }, body);
    const participants = node("participants", {}, [node("to", { jid: to }, [enc])]);
    writtenAt.set(id, performance.now());
    socket.send(frame(seal(encodeNode(node("message", { id, to, type: "text" }, [participants])))));
  }

  socket.onmessage = ({ data }) => {
    waiting = Buffer.concat([waiting, Buffer.from(data as ArrayBuffer)]);
    while (waiting.length >= 3 && waiting.length >= 3 + waiting.readUIntBE(0, 3)) {
      const end = 3 + waiting.readUIntBE(0, 3);
      const stanza = decodeNode(open(waiting.subarray(3, end)) ?? Buffer.of(0));
      waiting = waiting.subarray(end);
      if (stanza.tag !== "ack") {
        if (stanza.tag === "receipt")
          socket.send(
            frame(seal(encodeNode(node("ack", { class: "receipt", id: stanza.attrs.id, to: stanza.attrs.from })))),
          );
        continue;
      }
      const sentAt = writtenAt.get(stanza.attrs.id ?? "");
      writtenAt.delete(stanza.attrs.id ?? "");
      if (isCounting && sentAt !== undefined) {
        acknowledged += 1;
        delaysMs.push(performance.now() - sentAt);
        write();
      }
    }
  };
  socket.send(
    frame(
      seal(encodeNode(node("iq", { id: "1", type: "set", xmlns: "passive", to: "@s.whatsapp.net" }, [node("active")]))),
    ),
  );
  return { write };
}

/** The client's side of Noise XX. */
async function shakeHands(socket: WebSocket, phone: string, own: KeyPair) {
  const ephemeral = makeKeyPair();
  const name = Buffer.from("Noise_XX_25519_AESGCM_SHA256\0\0\0\0");
  let [hash, salt, key, counter]: [Buffer, Buffer, Buffer, number] = [name, name, name, 0];
  const mixHash = (data: Uint8Array) => {
    hash = sha256(hash, data);
  };
  const mixKey = (secret: Buffer | null) => {
    const mixed = hkdf(secret ?? nothing, salt, "", 64);
    [salt, key, counter] = [mixed.subarray(0, 32), mixed.subarray(32), 0];
  };
  const opened = (sealed: Uint8Array) => {
    const plain = gcmOpen(key, iv(counter++), sealed, hash) ?? nothing;
    mixHash(sealed);
    return plain;
  };
  const sealed = (plain: Uint8Array) => {
    const box = gcmSeal(key, iv(counter++), plain, hash);
    mixHash(box);
    return box;
  };
  mixHash(intro);
  mixHash(ephemeral.pub);
  const hello = proto.HandshakeMessage.encode({ clientHello: { ephemeral: ephemeral.pub } }).finish();
  const answer = new Promise<Buffer>((resolve) => {
    socket.onmessage = ({ data }) => resolve(Buffer.from(data as ArrayBuffer).subarray(3));
  });
  socket.send(Buffer.concat([intro, frame(hello)]));
  const { serverHello } = proto.HandshakeMessage.decode(await answer);
  const theirs = Buffer.from(serverHello?.ephemeral ?? []);
  mixHash(theirs);
  mixKey(agree(ephemeral, theirs));
  const serverKey = opened(Buffer.from(serverHello?.static ?? []));
  mixKey(agree(ephemeral, serverKey));
  opened(Buffer.from(serverHello?.payload ?? []));
  const staticKey = sealed(own.pub);
  mixKey(agree(own, theirs));
  const payload = sealed(
    proto.ClientPayload.encode({ username: Number(phone), device: 1, passive: true, pull: true }).finish(),
  );
  socket.send(frame(proto.HandshakeMessage.encode({ clientFinish: { static: staticKey, payload } }).finish()));
  const keys = hkdf(nothing, salt, "", 64);
  let [written, read] = [0, 0];
  return {
    seal: (plain: Buffer) => gcmSeal(keys.subarray(0, 32), iv(written++), plain, nothing),
    open: (box: Buffer) => gcmOpen(keys.subarray(32), iv(read++), box, nothing),
  };
}

function iv(counter: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(counter, 8);
  return bytes;
}
