// Pictures: JPEG as it is, everything else made into one, or into a PNG where something shows through it.
import { checkPixels, draw } from "./drawing.ts";
import { type Made, type Material, noFacts } from "./material.ts";
import { type Picture, readPicture } from "./picture.ts";
import { refused } from "./refusal.ts";
import { makeThumbnail } from "./thumbnail.ts";
import { familyOf, mimeTypeOf, nameOf } from "./types.ts";

const quality = 90;
const readable = ["jpeg", "png", "webp", "gif", "bmp"];

export async function prepareImage({ source, type, order }: Material): Promise<Made> {
  if (!readable.includes(type)) {
    const advice = familyOf(type) === "picture" ? "Convert it to JPEG or PNG, or send" : "Send";
    throw refused(`This is ${nameOf(type)}, which WhatsApp does not show as a picture. ${advice} it as a document.`);
  }
  const picture = checkPixels(await readPicture(source, type));
  if (type === "webp" && picture.isAnimated)
    throw refused("This WebP moves, which a picture on WhatsApp cannot. Send it as a sticker or as a document.");
  const { base64, isTransparent } = await makeThumbnail(source.path);
  // A JPEG would show what lies beneath the transparent parts: black, or whatever was left there.
  const form = isTransparent ? "png" : "jpeg";
  const isAsItShouldBe = type === form && picture.orientation === 1;
  if (!isAsItShouldBe) await draw(source.path, (image) => formed(image, form).write(Bun.file(order.to)));
  return {
    path: isAsItShouldBe ? source.path : order.to,
    media: { ...noFacts, mimeType: mimeTypeOf(form), ...uprightSize(picture), thumbnail: base64 },
  };
}

function formed(image: Bun.Image, form: "png" | "jpeg"): Bun.Image {
  return form === "png" ? image.png() : image.jpeg({ quality });
}

function uprightSize({ width, height, orientation }: Picture): { width: number; height: number } {
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}
