// Pictures and stickers: what WhatsApp shows goes out as it is, everything else is made into it, and nothing that is
// made to do harm is ever decoded.
import { expect, test } from "bun:test";
import { crc32, deflateSync } from "node:zlib";
import type { MediaKind } from "../../../../src/core/content.ts";
import { isTransparent, readPixels, writePng } from "../../../../src/engine/media/prepare/canvas.ts";
import { thumbnailOf } from "../../../../src/engine/media/prepare/thumbnail.ts";
import { bytesOf, pathOf, startPreparing, turned } from "./files.ts";

const white = [255, 255, 255, 255];
const red = [255, 0, 0, 255];

async function pixelsOf(image: string | Uint8Array) {
  const png = await new Bun.Image(image).png({ compressionLevel: 0 }).buffer();
  const pixels = readPixels(png);
  const at = (x: number, y: number) => [
    ...pixels.data.subarray((y * pixels.width + x) * 4, (y * pixels.width + x) * 4 + 4),
  ];
  return { ...pixels, at };
}

const near = (actual: number[], wanted: number[]) =>
  actual.every((value, index) => Math.abs(value - wanted[index]!) < 25);
const typeOf = async (path: string) => (await new Bun.Image(path).metadata()).format;

test("a JPEG and a PNG that something shows through go out as they are", async () => {
  using files = startPreparing();
  const jpeg = await files.prepare("photo.jpg", "image");
  expect(jpeg).toMatchObject({ kind: "image", path: pathOf("photo.jpg") });
  expect(jpeg.media).toMatchObject({ mimeType: "image/jpeg", width: 320, height: 200, bytes: 4_884, fileName: null });
  const png = await files.prepare("transparent.png", "image");
  expect(png.path).toBe(pathOf("transparent.png"));
  expect(png.media).toMatchObject({ mimeType: "image/png", width: 120, height: 80 });
});

test.each([
  ["opaque.png", 160, 100],
  ["still.webp", 200, 100],
  ["still.gif", 48, 32],
  ["moving.gif", 48, 32],
])("%s becomes a JPEG of the same size", async (name, width, height) => {
  using files = startPreparing();
  const { path, media } = await files.prepare(name, "image");
  expect(path).not.toBe(pathOf(name));
  expect(await new Bun.Image(path).metadata()).toEqual({ width, height, format: "jpeg" });
  expect(media).toMatchObject({ mimeType: "image/jpeg", width, height, bytes: Bun.file(path).size });
});

test("a picture that lies on its side is set upright, its thumbnail too", async () => {
  using files = startPreparing();
  const { path, media } = await files.prepare(turned(bytesOf("photo.jpg"), 6), "image");
  expect(media).toMatchObject({ width: 200, height: 320 });
  // Read without looking at any note about which way up it is.
  const upright = await new Bun.Image(path, { autoOrient: false }).metadata();
  expect(upright).toEqual({ width: 200, height: 320, format: "jpeg" });
  const [before, after] = [await pixelsOf(bytesOf("photo.jpg")), await pixelsOf(path)];
  let difference = 0;
  for (let y = 0; y < 200; y++) {
    for (let x = 0; x < 320; x++) {
      const [one, other] = [before.at(x, y), after.at(199 - y, x)];
      difference += one.reduce((sum, value, index) => sum + Math.abs(value - other[index]!), 0) / 4;
    }
  }
  // Written anew as a JPEG, it is not the same to the last bit.
  expect(difference / (200 * 320)).toBeLessThan(4);
  const thumbnail = Buffer.from(media.thumbnail!, "base64");
  expect(await new Bun.Image(thumbnail).metadata()).toEqual({ width: 63, height: 100, format: "jpeg" });
  // Upright already, and said so.
  const noted = await files.prepare(turned(bytesOf("photo.jpg"), 1), "image");
  expect(noted.media).toMatchObject({ width: 320, height: 200, bytes: 4_884 + 36 });
});

test("thumbnails are small JPEGs of the same shape, on white where something shows through", async () => {
  const photo = Buffer.from((await thumbnailOf(pathOf("photo.jpg")))!, "base64");
  expect(await new Bun.Image(photo).metadata()).toEqual({ width: 100, height: 63, format: "jpeg" });
  expect(photo.length).toBeLessThan(4_000);
  // Red on its left; on its right nothing, with red beneath.
  const { at } = await pixelsOf(Buffer.from((await thumbnailOf(pathOf("transparent.png")))!, "base64"));
  expect([near(at(10, 30), red), near(at(90, 30), white)]).toEqual([true, true]);
  expect(await thumbnailOf(pathOf("voice.ogg"))).toBeNull();
  expect(await thumbnailOf("/nowhere")).toBeNull();
});

test.each(["photo.jpg", "transparent.png", "still.webp", "still.gif"])("%s becomes a sticker", async (name) => {
  using files = startPreparing();
  const { path, media } = await files.prepare(name, "sticker");
  expect(media).toMatchObject({ mimeType: "image/webp", width: 512, height: 512, isAnimated: false });
  expect(media.bytes).toBeLessThanOrEqual(100 * 1024);
  expect(await typeOf(path)).toBe("webp");
  const { width, height, at } = await pixelsOf(path);
  expect([width, height]).toEqual([512, 512]);
  // Above and below it there is nothing; it reaches from left to right.
  expect([at(256, 2)[3], at(256, 509)[3]]).toEqual([0, 0]);
  expect(at(100, 256)[3]).toBe(255);
});

test("a sticker that is one already, and one that moves, go out as they are", async () => {
  using files = startPreparing();
  const made = await files.prepare("photo.jpg", "sticker");
  const again = await files.prepare(await Bun.file(made.path).bytes(), "sticker");
  expect(again.media.sha256).toBe(made.media.sha256);
  const moving = await files.prepare("moving.webp", "sticker");
  expect(moving.path).toBe(pathOf("moving.webp"));
  expect(moving.media).toMatchObject({ isAnimated: true, width: 64, height: 64 });
});

test("a picture of much detail is made into a sticker that is small enough", async () => {
  using files = startPreparing();
  const noise = { width: 512, height: 512, data: Buffer.alloc(512 * 512 * 4) };
  crypto.getRandomValues(noise.data.subarray(0, 65_536));
  for (let at = 65_536; at < noise.data.length; at += 65_536) noise.data.copyWithin(at, 0, 65_536);
  for (let at = 3; at < noise.data.length; at += 4) noise.data[at] = 255;
  const { media } = await files.prepare(writePng(noise), "sticker");
  expect(media.bytes).toBeLessThanOrEqual(100 * 1024);
});

test("pixels come back from what Bun writes, however it filtered its rows", async () => {
  const pixels = { width: 37, height: 41, data: Buffer.alloc(37 * 41 * 4) };
  for (let at = 0; at < pixels.data.length; at++) pixels.data[at] = (at * 7 + (at >> 5)) & 255;
  for (let at = 3; at < pixels.data.length; at += 4) pixels.data[at] = 255;
  for (const compressionLevel of [0, 6, 9]) {
    const png = await new Bun.Image(writePng(pixels)).png({ compressionLevel }).buffer();
    expect(readPixels(png).data.equals(pixels.data)).toBe(true);
  }
  const clear = { width: 1, height: 1, data: Buffer.from([1, 2, 3, 254]) };
  expect([isTransparent(clear), isTransparent(pixels)]).toEqual([true, false]);
});

/** A PNG that says it is so large, with so little in it. */
function claiming(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6], 8);
  const chunk = (type: string, content: Buffer) => {
    const named = Buffer.concat([Buffer.from(type, "latin1"), content]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(content.length);
    sum.writeUInt32BE(crc32(named));
    return Buffer.concat([length, named, sum]);
  };
  const start = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([
    start,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.alloc(100))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A JPEG whose last scan comes again and again. */
async function scannedOften(times: number): Promise<Buffer> {
  const whole = await new Bun.Image(pathOf("photo.jpg")).jpeg({ progressive: true }).buffer();
  const last = whole.subarray(whole.lastIndexOf(Buffer.from([0xff, 0xda])), -2);
  return Buffer.concat([whole.subarray(0, -2), ...Array.from({ length: times }, () => last), whole.subarray(-2)]);
}

test("pictures that would take too much memory or time are refused by what their headers say", async () => {
  using files = startPreparing();
  const tooMany = {
    code: "too_large",
    message: "A picture may have at most 40 megapixels. As a document it may have more.",
  };
  const damaged = { code: "invalid", message: "This picture cannot be read; it is damaged." };
  for (const kind of ["image", "sticker"] as const) {
    const prepare = (bytes: Uint8Array) => files.prepare(bytes, kind);
    await expect(prepare(claiming(30_000, 30_000))).rejects.toMatchObject(tooMany);
    await expect(prepare(claiming(0xffffffff, 1))).rejects.toMatchObject(tooMany);
    await expect(prepare(claiming(0, 10))).rejects.toMatchObject(damaged);
    await expect(prepare(claiming(5_000, 5_000))).rejects.toMatchObject(damaged);
    await expect(prepare(await scannedOften(200))).rejects.toMatchObject(damaged);
  }
  expect((await files.prepare(await scannedOften(20), "image")).media.width).toBe(320);
  expect(await thumbnailOf(files.put(claiming(30_000, 30_000)))).toBeNull();
});

test("a picture that breaks off is refused with a sentence, or shown as far as it goes", async () => {
  using files = startPreparing();
  for (const name of ["photo.jpg", "opaque.png", "still.webp", "still.gif", "moving.webp"]) {
    const whole = bytesOf(name);
    for (let end = 30; end < whole.length; end += Math.ceil(whole.length / 12)) {
      const outcome = await files.prepare(whole.subarray(0, end), "image").catch((error) => error.code);
      expect(outcome.kind ?? outcome).toBeOneOf(["image", "invalid"]);
    }
  }
});

test.each<[string, MediaKind, string]>([
  [
    "moving.webp",
    "image",
    "This WebP moves, which a picture on WhatsApp cannot. Send it as a sticker or as a document.",
  ],
  ["clip.mp4", "image", "This is an MP4 video, which WhatsApp does not show as a picture. Send it as a document."],
  ["moving.gif", "sticker", "A sticker that moves has to be an animated WebP."],
  ["voice.ogg", "sticker", "This is OGG-Opus audio; a sticker is made from a WebP, PNG or JPEG picture."],
])("%s as %s is refused", async (name, kind, sentence) => {
  using files = startPreparing();
  await expect(files.prepare(name, kind)).rejects.toMatchObject({ code: "invalid", message: sentence });
});

test("a picture of a kind that cannot be read here is refused with what to do about it", async () => {
  using files = startPreparing();
  const heic = Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1");
  await expect(files.prepare(heic, "image")).rejects.toThrow(
    "This is a HEIC picture, which WhatsApp does not show as a picture. Convert it to JPEG or PNG, or send it as a document.",
  );
});
