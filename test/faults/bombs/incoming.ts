// What a phone sends that is not what its message says: files longer and shorter than told, thumbnails and texts without
// measure. Each is there afterwards, in its order, and its file is settled.
import { sealMedia } from "../../../src/sandbox/people/media.ts";
import type { proto } from "../../../src/sandbox/wire/proto.ts";
import { until } from "../../support/until.ts";
import type { World } from "../sessions/world.ts";
import { asAdmin, must } from "../support/rig.ts";
import type { Faults } from "../support/suite.ts";

const megabyte = 1024 * 1024;
const settleMs = 60_000;

type Image = proto.Message.IImageMessage;
type Lie = { name: string; bytes: number; told: Image; ends: string };
type Shown = { wa_id: string; media: { status: string } | null };

function lies(mostBytes: number): Lie[] {
  return [
    {
      name: "a file of which a hundredth was told",
      bytes: 20 * megabyte,
      told: { fileLength: 200 * 1024 },
      ends: "failed",
    },
    {
      name: "a file larger than is fetched, told as small",
      bytes: mostBytes + megabyte,
      told: { fileLength: 10 },
      ends: "failed",
    },
    { name: "a small file, told as enormous", bytes: 1_000, told: { fileLength: 2 ** 45 }, ends: "failed" },
    {
      name: "a picture of more pixels than there are",
      bytes: 5_000,
      told: { width: 2 ** 31, height: 2 ** 31 },
      ends: "stored",
    },
    {
      name: "a thumbnail of 3 MB",
      bytes: 5_000,
      told: { jpegThumbnail: Buffer.alloc(3 * megabyte, 1) },
      ends: "stored",
    },
    { name: "a caption of 3 MB", bytes: 5_000, told: { caption: "long ".repeat(600_000) }, ends: "stored" },
    { name: "another hash than the file's", bytes: 5_000, told: { fileSha256: Buffer.alloc(32) }, ends: "failed" },
  ];
}

export type Between = { from: string; to: string; mostBytes: number };

export async function sendLies(world: World, { from, to, mostBytes }: Between, faults: Faults): Promise<number> {
  const sent = lies(mostBytes).map(({ bytes, told, ...lie }) => {
    const sealed = sealMedia(Buffer.alloc(bytes, "z"), "image");
    const directPath = world.network.world.media.put(sealed.file);
    const imageMessage = {
      url: `https://${world.network.world.mediaHost()}${directPath}`,
      directPath,
      mediaKey: sealed.key,
      fileSha256: sealed.plainHash,
      fileEncSha256: sealed.fileHash,
      fileLength: sealed.bytes,
      mimetype: "image/jpeg",
      ...told,
    };
    return { ...lie, id: send(world, { from, to, message: { imageMessage } }) };
  });
  const text = send(world, { from, to, message: { conversation: "long ".repeat(600_000) } });
  for (const { id, name, ends } of sent) {
    const isSettled = async () => {
      const found = await shown(world, id);
      return found?.media !== undefined && found.media !== null && found.media.status !== "wanted" ? found : null;
    };
    const found = await until(`${name} to be settled`, isSettled, settleMs).catch(() => null);
    const status = found?.media?.status ?? "unsettled";
    faults.check(status === ends, `${name} is ${status} in the end, not ${ends}`);
  }
  faults.check((await shown(world, text)) !== null, "a text of 3 MB did not come");
  return sent.length + 1;
}

type Sending = { from: string; to: string; message: proto.IMessage };

function send({ network }: World, { from, to, message }: Sending): string {
  const person = network.world.registry.find(from);
  if (person === null) throw new Error(`nobody has the number ${from}`);
  return network.world.phones.send(person, { chat: `${to}@s.whatsapp.net`, message, mediatype: "image" }).id;
}

async function shown({ rig }: World, id: string): Promise<Shown | null> {
  const { data } = await must<{ data: Shown[] }>(`${rig.origin()}/api/v1/messages?direction=in&limit=100`, {
    headers: asAdmin,
  });
  return data.find(({ wa_id }) => wa_id === id) ?? null;
}
