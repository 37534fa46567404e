// Audio files, which are listened to as they are, and voice notes, which are Opus in OGG and nothing else.
import { type Made, type Material, noFacts } from "./material.ts";
import { refused } from "./refusal.ts";
import { secondsOf } from "./sound.ts";
import { openSource } from "./source.ts";
import { type FileType, familyOf, mimeTypeOf, nameOf } from "./types.ts";
import { readVoice, repackVoice } from "./voice.ts";

const played: readonly FileType[] = ["mp3", "m4a", "aac", "amr", "opus"];

export async function prepareAudio({ source, type, order, tools }: Material): Promise<Made> {
  if (played.includes(type)) return described(source.path, type, await secondsOf(source, type));
  if (type === "webm_opus") return described(order.to, "opus", (await repackVoice(source, order.to)).seconds);
  if (familyOf(type) !== "sound") throw refused(`This is ${nameOf(type)}, and no audio file.`);
  if (tools.transcode === null) {
    throw refused(
      `This is ${nameOf(type)}; WhatsApp plays MP3, M4A, AAC, AMR and OGG-Opus. Convert it, or send it as a document.`,
    );
  }
  await tools.transcode({ from: source.path, to: order.to, as: "audio" });
  await using made = await openSource(order.to);
  return described(order.to, "m4a", await secondsOf(made, "m4a"));
}

function described(path: string, type: FileType, seconds: number | null): Made {
  return { path, media: { ...noFacts, mimeType: mimeTypeOf(type), seconds } };
}

export async function prepareVoice({ source, type, order, tools }: Material): Promise<Made> {
  const media = { ...noFacts, mimeType: mimeTypeOf("opus") };
  if (type === "opus") return { path: source.path, media: { ...media, ...(await readVoice(source)) } };
  if (type === "webm_opus") return { path: order.to, media: { ...media, ...(await repackVoice(source, order.to)) } };
  if (familyOf(type) !== "sound") throw refused(`This is ${nameOf(type)}, and no voice note.`);
  if (tools.transcode === null) {
    throw refused(
      `This is ${nameOf(type)}; a voice note has to be Opus in OGG or WebM, as browsers and phones record it. Convert it, or send it as an audio file.`,
    );
  }
  await tools.transcode({ from: source.path, to: order.to, as: "voice" });
  await using made = await openSource(order.to);
  return { path: order.to, media: { ...media, ...(await readVoice(made)) } };
}
