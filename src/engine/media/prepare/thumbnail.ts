// Thumbnails: small JPEGs that go along in a message, seen before its file has been fetched.
import { isTransparent, onWhite, readPixels, writePng } from "./canvas.ts";
import { checkPixels, draw } from "./drawing.ts";
import { readPicture } from "./picture.ts";
import { sniff } from "./sniff.ts";
import { openSource } from "./source.ts";

const side = 100;
const quality = 50;

export type Thumbnail = { base64: string; isTransparent: boolean };

/** For links and the like: null for whatever is no picture that can be shown. */
export async function thumbnailOf(path: string): Promise<string | null> {
  try {
    await using source = await openSource(path);
    checkPixels(await readPicture(source, await sniff(source)));
    return (await makeThumbnail(path)).base64;
  } catch {
    return null;
  }
}

export async function makeThumbnail(path: string): Promise<Thumbnail> {
  const small = await draw(path, (image) =>
    image.resize(side, side, { fit: "inside", withoutEnlargement: true }).png({ compressionLevel: 0 }).buffer(),
  );
  const pixels = readPixels(small);
  const shown = isTransparent(pixels) ? writePng(onWhite(pixels)) : small;
  const jpeg = await new Bun.Image(shown).jpeg({ quality }).buffer();
  return { base64: jpeg.toString("base64"), isTransparent: isTransparent(pixels) };
}

/** For videos, of which nothing can be drawn here: WhatsApp's clients show it until they have the video itself. */
let grey: Promise<string> | null = null;
export function placeholder(): Promise<string> {
  const pixels = { width: 16, height: 16, data: Buffer.alloc(16 * 16 * 4, 0x60) };
  for (let at = 3; at < pixels.data.length; at += 4) pixels.data[at] = 255;
  grey ??= new Bun.Image(writePng(pixels)).jpeg({ quality }).toBase64();
  return grey;
}
