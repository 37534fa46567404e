// Opus packets: how long each of them sounds, and the head of a stream of them (RFC 6716, section 3.1, and RFC 7845).

/** Whatever it was recorded at, Opus counts in these. */
export const samplesPerSecond = 48_000;
/** Longer than this no packet sounds. */
const mostSamples = 5_760;

export type OpusHead = { channels: number; preSkip: number };

const magic = "OpusHead";

/** 0 for what is no packet. */
export function samplesOf(packet: Uint8Array): number {
  const [table] = packet;
  if (table === undefined) return 0;
  const frames = frameCount(packet, table & 3);
  const samples = frames * frameSamples(table >> 3);
  return samples > mostSamples ? 0 : samples;
}

function frameCount(packet: Uint8Array, code: number): number {
  if (code === 0) return 1;
  return code === 3 ? (packet[1] ?? 0) & 0x3f : 2;
}

/** Of one frame, by the number of its configuration. */
function frameSamples(configuration: number): number {
  if (configuration < 12) return [480, 960, 1_920, 2_880][configuration & 3] ?? 0;
  if (configuration < 16) return (configuration & 1) === 0 ? 480 : 960;
  return 120 << (configuration & 3);
}

export function readHead(packet: Buffer): OpusHead | null {
  if (packet.length < 19 || packet.toString("latin1", 0, 8) !== magic) return null;
  return { channels: packet[9] ?? 1, preSkip: packet.readUInt16LE(10) };
}

export function makeHead(channels: number): Buffer {
  const head = Buffer.alloc(19);
  head.write(magic, "latin1");
  head[8] = 1;
  head[9] = channels;
  head.writeUInt32LE(samplesPerSecond, 12);
  return head;
}

export function makeTags(): Buffer {
  const vendor = "Waygate";
  const tags = Buffer.alloc(8 + 4 + vendor.length + 4);
  tags.write("OpusTags", "latin1");
  tags.writeUInt32LE(vendor.length, 8);
  tags.write(vendor, 12, "latin1");
  return tags;
}
