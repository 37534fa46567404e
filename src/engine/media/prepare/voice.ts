// Voice notes: Opus in OGG, as WhatsApp wants them. What a browser recorded is put into OGG packet by packet.
import { openPart } from "../../../net/part.ts";
import { createOggWriter, type OggPacket, packetsIn as oggPackets } from "./ogg.ts";
import { makeHead, makeTags, readHead, samplesOf, samplesPerSecond } from "./opus.ts";
import { refused } from "./refusal.ts";
import { openSource, type Source } from "./source.ts";
import { createWaveformMeter } from "./waveform.ts";
import { readWebm, packetsIn as webmPackets } from "./webm.ts";

export type Voice = { seconds: number; waveform: number[] };

const damaged = "This voice note cannot be read: it is damaged, or has nothing in it.";

/** Of an OGG-Opus file as it is. */
export async function readVoice(source: Source): Promise<Voice> {
  const meter = createWaveformMeter();
  let head: ReturnType<typeof readHead> = null;
  let last: OggPacket | null = null;
  let heard = 0;
  let count = 0;
  for await (const packet of oggPackets(source)) {
    count += 1;
    if (count === 1) head = readHead(packet.bytes);
    if (head === null) throw refused(damaged);
    if (count <= 2) continue;
    const samples = samplesOf(packet.bytes);
    meter.add(packet.bytes.length, samples);
    heard += samples;
    last = packet;
  }
  if (head === null || last === null || heard === 0) throw refused(damaged);
  // The end of the last packet may be cut off, and the beginning of the first always is.
  const told = last.granule > 0 ? last.granule - head.preSkip : heard;
  return { seconds: Math.max(0, Math.min(told, heard)) / samplesPerSecond, waveform: meter.read() };
}

/** The sound alone, as it is, into an OGG file; it appears once it is whole. */
export async function repackVoice(source: Source, to: string): Promise<Voice> {
  const { opus } = await readWebm(source);
  if (opus === null) throw refused(damaged);
  await using part = await openPart(to);
  const ogg = createOggWriter(part.write, samplesPerSecond);
  const told = opus.head === null ? null : readHead(opus.head);
  const head = told === null || opus.head === null ? makeHead(opus.channels) : opus.head;
  await ogg.packet(head, 0);
  await ogg.breakPage();
  await ogg.packet(makeTags(), 0);
  await ogg.breakPage();
  let heard = 0;
  for await (const packet of webmPackets(source, opus.number)) {
    const samples = samplesOf(packet);
    if (samples === 0) continue;
    heard += samples;
    await ogg.packet(packet, heard);
  }
  if (heard === 0) throw refused(damaged);
  await ogg.end();
  await part.keep();
  await using made = await openSource(to);
  return await readVoice(made);
}
