// Stickers: WebP of 512 by 512, with what is around the picture left empty.

import { maxStillStickerBytes } from "../../../core/media-limits.ts";
import { inSquare, readPixels, writePng } from "./canvas.ts";
import { checkPixels, draw } from "./drawing.ts";
import { checkSize } from "./limits.ts";
import { type Made, type Material, noFacts } from "./material.ts";
import { readPicture } from "./picture.ts";
import { refused, tooLarge } from "./refusal.ts";
import { mimeTypeOf, nameOf } from "./types.ts";

const side = 512;
/** The best that is small enough is taken. */
const qualities = [90, 75, 60, 40, 20, 5];

export async function prepareSticker({ source, type, order }: Material): Promise<Made> {
  if (!["webp", "png", "jpeg", "gif", "bmp"].includes(type))
    throw refused(`This is ${nameOf(type)}; a sticker is made from a WebP, PNG or JPEG picture.`);
  const { width, height, isAnimated } = checkPixels(await readPicture(source, type));
  const media = { ...noFacts, mimeType: mimeTypeOf("webp"), width: side, height: side };
  if (type === "webp" && isAnimated) {
    checkSize("sticker", source.bytes);
    return { path: source.path, media: { ...media, width, height, isAnimated: true } };
  }
  if (isAnimated) throw refused("A sticker that moves has to be an animated WebP.");
  if (type === "webp" && width === side && height === side && source.bytes <= maxStillStickerBytes)
    return { path: source.path, media };
  const fitted = await draw(source.path, (image) =>
    image.resize(side, side, { fit: "inside" }).png({ compressionLevel: 0 }).buffer(),
  );
  await Bun.write(order.to, await smallEnough(writePng(inSquare(readPixels(fitted), side))));
  return { path: order.to, media };
}

async function smallEnough(png: Buffer): Promise<Uint8Array> {
  for (const quality of qualities) {
    const webp = await new Bun.Image(png).webp({ quality }).bytes();
    if (webp.length <= maxStillStickerBytes) return webp;
  }
  throw tooLarge("This picture cannot be made into a sticker of at most 100 KB.");
}
