// Videos, and the GIFs that on WhatsApp are videos without sound.
import { rm } from "node:fs/promises";
import { type Made, type Material, noFacts, type Tools } from "./material.ts";
import { readMovie } from "./movie.ts";
import { readPicture } from "./picture.ts";
import { refused } from "./refusal.ts";
import { openSource, type Source } from "./source.ts";
import { makeThumbnail, placeholder } from "./thumbnail.ts";
import { type FileType, familyOf, mimeTypeOf, nameOf } from "./types.ts";

const played: readonly FileType[] = ["mp4", "mov", "3gp"];

export async function prepareVideo({ source, type, order, tools }: Material): Promise<Made> {
  if (played.includes(type)) return described(source, type, tools);
  if (familyOf(type) !== "video") throw refused(`This is ${nameOf(type)}, and no video.`);
  if (tools.transcode === null) {
    throw refused(
      `This is ${nameOf(type)}; WhatsApp plays MP4, 3GP and QuickTime. Convert it, or send it as a document.`,
    );
  }
  await tools.transcode({ from: source.path, to: order.to, as: "video" });
  return describedAt(order.to, tools);
}

export async function prepareGif(material: Material): Promise<Made> {
  const { path, media } = await (material.type === "gif" ? converted(material) : prepareVideo(material));
  return { path, media: { ...media, isAnimated: true } };
}

async function converted({ source, type, order, tools }: Material): Promise<Made> {
  if ((await readPicture(source, type))?.isAnimated !== true)
    throw refused("This GIF does not move; send it as a picture.");
  if (tools.transcode === null) {
    throw refused(
      "WhatsApp wants a GIF as an MP4 video, and this gateway cannot make one of it. Send an MP4 instead, or send the GIF as a document, which keeps it moving, or as a picture, which does not.",
    );
  }
  await tools.transcode({ from: source.path, to: order.to, as: "gif" });
  return describedAt(order.to, tools);
}

async function describedAt(path: string, tools: Tools): Promise<Made> {
  await using made = await openSource(path);
  return await described(made, "mp4", tools);
}

async function described(source: Source, type: FileType, tools: Tools): Promise<Made> {
  const movie = await readMovie(source);
  if (movie === null || !movie.hasVideo) throw refused("This video cannot be read; it is damaged, or was cut off.");
  const { seconds, width, height } = movie;
  const thumbnail = await frameOf(source, tools);
  return { path: source.path, media: { ...noFacts, mimeType: mimeTypeOf(type), seconds, width, height, thumbnail } };
}

async function frameOf({ path }: Source, { transcode }: Tools): Promise<string> {
  if (transcode === null) return placeholder();
  const frame = `${path}.frame`;
  try {
    await transcode({ from: path, to: frame, as: "frame" });
    return (await makeThumbnail(frame)).base64;
  } catch {
    // A video is sent all the same where nothing can be seen of it before.
    return placeholder();
  } finally {
    await rm(frame, { force: true });
  }
}
