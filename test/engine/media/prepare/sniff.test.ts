// What files are, by what is in them.
import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { sniff } from "../../../../src/engine/media/prepare/sniff.ts";
import { openSource } from "../../../../src/engine/media/prepare/source.ts";
import { branded, bytesOf, startPreparing, zipped } from "./files.ts";

const latin = (text: string) => Buffer.from(text, "latin1");
const bmp = Buffer.concat([latin("BM"), Buffer.alloc(24), latin("\x01\0\x18\0"), Buffer.alloc(20)]);

async function typeOf(bytes: Uint8Array): Promise<string> {
  using files = startPreparing();
  await using source = await openSource(files.put(bytes));
  return await sniff(source);
}

test.each([
  ["photo.jpg", "jpeg"],
  ["opaque.png", "png"],
  ["still.webp", "webp"],
  ["moving.webp", "webp"],
  ["moving.gif", "gif"],
  ["clip.mp4", "mp4"],
  ["fragments.mp4", "mp4"],
  ["clip.webm", "webm"],
  ["tone.m4a", "m4a"],
  ["tone.mp3", "mp3"],
  ["vbr.mp3", "mp3"],
  ["tone.aac", "aac"],
  ["voice.ogg", "opus"],
  ["voice.webm", "webm_opus"],
  ["browser.webm", "webm_opus"],
])("%s is %s", async (name, type) => {
  expect(await typeOf(bytesOf(name))).toBe(type);
});

test.each<[string, Uint8Array]>([
  ["mov", branded(bytesOf("clip.mp4"), "qt  ")],
  ["3gp", branded(bytesOf("clip.mp4"), "3gp6")],
  ["heic", latin("\0\0\0\x18ftypheic\0\0\0\0mif1heic")],
  ["avif", latin("\0\0\0\x18ftypavif\0\0\0\0mif1avif")],
  ["mp4", latin("\0\0\0\x18ftypisom\0\0\0\0isomavc1")],
  ["bmp", bmp],
  ["mp3", Buffer.from(bytesOf("tone.mp3")).subarray(bytesOf("tone.mp3").indexOf(Buffer.from([0xff, 0xf3])))],
  ["wav", latin("RIFF\x24\0\0\0WAVEfmt ")],
  ["avi", latin("RIFF\x24\0\0\0AVI LIST")],
  ["ogg", latin(`OggS${"\0".repeat(24)}\x01\x1e\x01vorbis`)],
  ["flac", latin("fLaC\0\0\0\x22")],
  ["amr", latin("#!AMR\n\x3c\x48")],
  ["pdf", latin("%PDF-1.7\n%\xe2\xe3\xcf\xd3")],
  ["rtf", latin("{\\rtf1\\ansi}")],
  ["ole", latin("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")],
  ["docx", zipped({ "[Content_Types].xml": "<x/>", "_rels/.rels": "<x/>", "word/document.xml": "<x/>" })],
  ["xlsx", zipped({ "[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>" })],
  ["pptx", zipped({ "[Content_Types].xml": "<x/>", "ppt/presentation.xml": "<x/>" })],
  ["odt", zipped({ mimetype: "application/vnd.oasis.opendocument.text", "content.xml": "<x/>" })],
  ["zip", zipped({ "word/document.xml": "only looks like it" })],
  ["zip", latin("PK\x05\x06")],
  ["text", Buffer.from("Grüße aus Köln\n")],
  ["text", latin("BM is how this text begins, and it is no picture all the same")],
  ["unknown", latin("text with a \0 in it")],
  ["unknown", latin("caf\xe9 in another alphabet")],
  ["unknown", Buffer.concat([Buffer.alloc(4), randomBytes(100)])],
])("what begins like one is %s", async (type, bytes) => {
  expect(await typeOf(bytes)).toBe(type);
});

test("an office document that was written without going back is known by its directory", async () => {
  const streamed = zipped({ "[Content_Types].xml": "", "word/document.xml": "" });
  // Bit 3 of its flags: its length comes after it.
  streamed[6] = 8;
  expect(await typeOf(streamed)).toBe("docx");
});

test("a text whose last character lies across the end of what is looked at is still a text", async () => {
  expect(await typeOf(Buffer.from(`${"a".repeat(4_095)}ß and more`))).toBe("text");
});

test("files that break off anywhere, or have their bytes changed, are told to be something and break nothing", async () => {
  using files = startPreparing();
  for (const name of ["clip.mp4", "voice.webm", "browser.webm", "voice.ogg", "photo.jpg", "moving.gif", "vbr.mp3"]) {
    const whole = bytesOf(name);
    for (let end = 1; end < whole.length; end += Math.ceil(whole.length / 40)) {
      const changed = Buffer.from(whole.subarray(0, end));
      changed[end >> 1] = 0xff;
      for (const bytes of [whole.subarray(0, end), changed]) {
        await using source = await openSource(files.put(bytes));
        expect(typeof (await sniff(source))).toBe("string");
      }
    }
  }
});
