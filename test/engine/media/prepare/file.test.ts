// Everything but pictures: sounds, voice notes, videos, GIFs and documents; how large they may be, and what is made of
// them where there is a tool for it.
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MediaKind } from "../../../../src/core/content.ts";
import { sealTo } from "../../../../src/engine/media/crypto.ts";
import { prepareFile } from "../../../../src/engine/media/prepare/file.ts";
import { sniff } from "../../../../src/engine/media/prepare/sniff.ts";
import { secondsOf } from "../../../../src/engine/media/prepare/sound.ts";
import { openSource } from "../../../../src/engine/media/prepare/source.ts";
import type { Transcode } from "../../../../src/engine/media/prepare/transcode.ts";
import { createWaveformMeter } from "../../../../src/engine/media/prepare/waveform.ts";
import { branded, bytesOf, pathOf, startPreparing, zipped } from "./files.ts";

async function exactly(path: string): Promise<number | null> {
  await using source = await openSource(path);
  return await secondsOf(source, await sniff(source));
}

test.each<[string, string, number]>([
  ["tone.mp3", "audio/mpeg", 2.064],
  ["vbr.mp3", "audio/mpeg", 2.038],
  ["tone.m4a", "audio/mp4", 2],
  ["tone.aac", "audio/aac", 2.112],
  ["voice.ogg", "audio/ogg; codecs=opus", 4],
])("%s is an audio file as it is", async (name, mimeType, seconds) => {
  using files = startPreparing();
  const { kind, path, media } = await files.prepare(name, "audio");
  expect([kind, path]).toEqual(["audio", pathOf(name)]);
  expect(media).toMatchObject({ mimeType, seconds: Math.round(seconds), waveform: null, thumbnail: null });
  expect(await exactly(path)).toBeCloseTo(seconds, 3);
});

test("AMR is counted by its frames, and a tag before an MP3 is stepped over", async () => {
  using files = startPreparing();
  const frame = Buffer.concat([Buffer.from([0x3c]), Buffer.alloc(31)]);
  const amr = Buffer.concat([Buffer.from("#!AMR\n"), ...Array.from({ length: 100 }, () => frame)]);
  expect((await files.prepare(amr, "audio")).media).toMatchObject({ mimeType: "audio/amr", seconds: 2 });
  const mp3 = bytesOf("vbr.mp3");
  const frames = mp3.subarray(mp3.indexOf(Buffer.from([0xff, 0xfb])));
  const tag = Buffer.concat([Buffer.from("ID3\x04\0\0\0\0\x7f\x7f", "latin1"), Buffer.alloc(16_383, 0xff)]);
  const { path } = await files.prepare(Buffer.concat([tag, frames]), "audio");
  expect(await exactly(path)).toBeCloseTo(2.038, 3);
});

test("a voice note has its length and a waveform that rises where it is loud", async () => {
  using files = startPreparing();
  const { path, media } = await files.prepare("voice.ogg", "voice");
  expect(path).toBe(pathOf("voice.ogg"));
  expect(media).toMatchObject({ mimeType: "audio/ogg; codecs=opus", seconds: 4 });
  const waveform = media.waveform!;
  expect(waveform).toHaveLength(64);
  expect([Math.min(...waveform), Math.max(...waveform)]).toEqual([0, 100]);
  // Half a second of sound, half a second of silence, and so on.
  const mean = (from: number) => waveform.slice(from, from + 6).reduce((sum, value) => sum + value, 0) / 6;
  expect(mean(9)).toBeGreaterThan(90);
  expect(mean(17)).toBeLessThan(40);
  expect(mean(25)).toBeGreaterThan(90);
});

test("a waveform has 64 steps of however little or much", () => {
  const read = (packets: [number, number][]) => {
    const meter = createWaveformMeter();
    for (const [bytes, samples] of packets) meter.add(bytes, samples);
    return meter.read();
  };
  expect(read([[50, 960]])).toEqual(Array.from({ length: 64 }, () => 50));
  expect(read([])).toHaveLength(64);
  const day = Array.from({ length: 100_000 }, (_, index): [number, number] => [index < 50_000 ? 10 : 110, 48_000]);
  const waveform = read(day);
  expect([waveform.slice(0, 30), waveform.slice(34)]).toEqual([
    Array.from({ length: 30 }, () => 0),
    Array.from({ length: 30 }, () => 100),
  ]);
});

test("what a browser recorded is an audio file as well, in another wrapping", async () => {
  using files = startPreparing();
  const { media } = await files.prepare("browser.webm", "audio");
  expect(media).toMatchObject({ mimeType: "audio/ogg; codecs=opus", seconds: 3, waveform: null });
});

test.each<[string, Uint8Array, object]>([
  ["as it is", bytesOf("clip.mp4"), { mimeType: "video/mp4", seconds: 2, width: 128, height: 96 }],
  ["filmed upright", bytesOf("upright.mp4"), { mimeType: "video/mp4", seconds: 2, width: 96, height: 128 }],
  ["in fragments", bytesOf("fragments.mp4"), { mimeType: "video/mp4", seconds: null, width: 128, height: 96 }],
  ["of an iPhone", branded(bytesOf("clip.mp4"), "qt  "), { mimeType: "video/quicktime", seconds: 2, width: 128 }],
  ["of an old phone", branded(bytesOf("clip.mp4"), "3gp6"), { mimeType: "video/3gpp", seconds: 2, width: 128 }],
])("a video %s goes out as it is, with something to be seen before", async (_, bytes, facts) => {
  using files = startPreparing();
  for (const kind of ["video", "video_note", "gif"] as const) {
    const prepared = await files.prepare(bytes, kind);
    expect(prepared.kind).toBe(kind);
    expect(prepared.media).toMatchObject({ ...facts, bytes: bytes.length, isAnimated: kind === "gif" });
    const thumbnail = Buffer.from(prepared.media.thumbnail!, "base64");
    expect((await new Bun.Image(thumbnail).metadata()).format).toBe("jpeg");
  }
});

const office = zipped({ "[Content_Types].xml": "<x/>", "word/document.xml": "<x/>" });

test.each<[Uint8Array, string | undefined, string | undefined, string, string]>([
  [bytesOf("photo.jpg"), "holiday.jpg", undefined, "holiday.jpg", "image/jpeg"],
  [bytesOf("photo.jpg"), undefined, undefined, "file.jpg", "image/jpeg"],
  // What is in it counts, not what it is said to be.
  [bytesOf("photo.jpg"), "report.pdf", "application/pdf", "report.pdf", "image/jpeg"],
  [office, "letter", "application/zip", "letter.docx", expect.stringContaining("wordprocessingml")],
  [Buffer.from("a,b\n1,2\n"), "table.csv", "text/csv", "table.csv", "text/csv"],
  [Buffer.from("a,b\n1,2\n"), "table", "text/csv; charset=utf-8", "table", "text/csv; charset=utf-8"],
  [Buffer.from([1, 0, 2]), undefined, "no type at all", "file", "application/octet-stream"],
  [Buffer.from([1, 0, 2]), "a.bin", "a/b\r\nX: y", "a.bin", "application/octet-stream"],
  [Buffer.from("x"), "../../etc/passwd", undefined, "passwd", "text/plain"],
  [Buffer.from("x"), "C:\\Temp\\a.txt", undefined, "a.txt", "text/plain"],
  // What is shown as "exe.txt" and is no text.
  [Buffer.from("x"), "txt.\u202Etxt\u0000.exe ", undefined, "txt.txt.exe", "text/plain"],
  [Buffer.from("x"), `${"n".repeat(400)}.txt`, undefined, `${"n".repeat(196)}.txt`, "text/plain"],
  [Buffer.from("x"), "\u200b", undefined, "file", "text/plain"],
])("a document keeps its bytes (%#)", async (bytes, fileName, mimeType, name, type) => {
  using files = startPreparing();
  const told = { ...(fileName === undefined ? {} : { fileName }), ...(mimeType === undefined ? {} : { mimeType }) };
  const { media } = await files.prepare(bytes, "document", told);
  expect(media).toMatchObject({ fileName: name, mimeType: type, bytes: bytes.length });
  expect(media.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
});

test.each<[Uint8Array, MediaKind]>([
  [bytesOf("photo.jpg"), "image"],
  [bytesOf("still.gif"), "image"],
  [bytesOf("moving.gif"), "document"],
  [bytesOf("moving.webp"), "sticker"],
  [bytesOf("clip.mp4"), "video"],
  [bytesOf("clip.webm"), "document"],
  [bytesOf("tone.mp3"), "audio"],
  [bytesOf("browser.webm"), "audio"],
  [office, "document"],
  [Buffer.from("RIFF\x24\0\0\0WAVEfmt "), "document"],
  [Buffer.from("%PDF-1.7\n"), "document"],
])("a file without a word goes out as what people would expect (%#)", async (bytes, kind) => {
  using files = startPreparing();
  expect((await files.prepare(bytes, null)).kind).toBe(kind);
});

test.each<[string | Uint8Array, MediaKind, string]>([
  ["moving.gif", "gif", "WhatsApp wants a GIF as an MP4 video, and this gateway cannot make one of it."],
  ["still.gif", "gif", "This GIF does not move; send it as a picture."],
  ["photo.jpg", "gif", "This is a JPEG picture, and no video."],
  ["clip.webm", "video", "This is a WebM video; WhatsApp plays MP4, 3GP and QuickTime."],
  ["tone.m4a", "video", "This is M4A audio, and no video."],
  ["tone.mp3", "voice", "This is MP3 audio; a voice note has to be Opus in OGG or WebM"],
  ["photo.jpg", "voice", "This is a JPEG picture, and no voice note."],
  [
    Buffer.from("RIFF\x24\0\0\0WAVEfmt "),
    "audio",
    "This is WAV audio; WhatsApp plays MP3, M4A, AAC, AMR and OGG-Opus.",
  ],
  ["clip.mp4", "audio", "This is an MP4 video, and no audio file."],
  [Buffer.alloc(0), "document", "This file is empty."],
  [
    Buffer.from("\0\0\0\x18ftypisom\0\0\0\0isomavc1"),
    "video",
    "This video cannot be read; it is damaged, or was cut off.",
  ],
  [
    bytesOf("voice.ogg").subarray(0, 60),
    "voice",
    "This voice note cannot be read: it is damaged, or has nothing in it.",
  ],
  [
    bytesOf("browser.webm").subarray(0, 160),
    "voice",
    "This voice note cannot be read: it is damaged, or has nothing in it.",
  ],
])("what WhatsApp would not play is refused with a sentence (%#)", async (file, kind, sentence) => {
  using files = startPreparing();
  const outcome = await files.prepare(file, kind).catch((error) => error);
  expect(outcome).toMatchObject({ code: "invalid", message: expect.stringContaining(sentence) });
  // Nothing is left behind but what was given.
  expect(readdirSync(files.path).filter((name) => name.startsWith("made"))).toEqual([]);
});

test.each<[MediaKind, string, number, string]>([
  [
    "image",
    "photo.jpg",
    16 * 1024 ** 2 + 1,
    "A picture may have at most 16 MB on WhatsApp. As a document it may be larger.",
  ],
  [
    "image",
    "opaque.png",
    64 * 1024 ** 2 + 1,
    "A picture may have at most 64 MB on WhatsApp. As a document it may be larger.",
  ],
  [
    "video",
    "clip.mp4",
    64 * 1024 ** 2 + 1,
    "A video may have at most 64 MB on WhatsApp. As a document it may be larger.",
  ],
  [
    "voice",
    "voice.ogg",
    16 * 1024 ** 2 + 1,
    "A voice note may have at most 16 MB on WhatsApp. As a document it may be larger.",
  ],
  [
    "sticker",
    "moving.webp",
    500 * 1024 + 1,
    "A sticker may have at most 500 KB on WhatsApp. As a document it may be larger.",
  ],
  ["document", "photo.jpg", 2_000 * 1024 ** 2 + 1, "A document may have at most 2000 MB on WhatsApp."],
])("a file that is larger than WhatsApp takes of %s is refused", async (kind, name, bytes, sentence) => {
  using files = startPreparing();
  const path = files.put(bytesOf(name));
  // Nothing is written for it: the system makes up zeros.
  truncateSync(path, bytes);
  const order = { path, kind, to: join(files.path, "made"), fileName: null, mimeType: null };
  await expect(prepareFile(order, { transcode: null })).rejects.toMatchObject({ code: "too_large", message: sentence });
});

test("what a file comes to is fixed with its key: encrypted again, it is the very same", async () => {
  using files = startPreparing();
  for (const [name, kind] of [
    ["photo.jpg", "image"],
    ["clip.mp4", "gif"],
    ["voice.ogg", "voice"],
  ] as const) {
    const { path, file, media } = await files.prepare(name, kind);
    const sealed = join(files.path, `sealed-${name}`);
    const again = await sealTo(sealed, path, file.type as never, Buffer.from(file.mediaKey!, "base64"));
    expect(Buffer.from(again.fileEncSha256).toString("base64")).toBe(file.fileEncSha256!);
    expect(
      createHash("sha256")
        .update(await Bun.file(sealed).bytes())
        .digest("base64"),
    ).toBe(file.fileEncSha256!);
    expect(Buffer.from(file.fileSha256!, "base64").toString("hex")).toBe(media.sha256!);
    expect(file).toMatchObject({ url: null, directPath: null, fileLength: media.bytes });
  }
  const [one, other] = [await files.prepare("photo.jpg", "image"), await files.prepare("photo.jpg", "image")];
  expect(one.file.mediaKey).not.toBe(other.file.mediaKey);
});

test("a tool that can make them makes voices, videos and GIFs of what WhatsApp does not play", async () => {
  using files = startPreparing();
  const made: Record<string, string> = {
    voice: "voice.ogg",
    audio: "tone.m4a",
    video: "clip.mp4",
    gif: "clip.mp4",
    frame: "photo.jpg",
  };
  const orders: string[] = [];
  const transcode: Transcode = async ({ from, to, as }) => {
    orders.push(as);
    expect(existsSync(from)).toBe(true);
    copyFileSync(pathOf(made[as]!), to);
  };
  const wav = Buffer.from("RIFF\x24\0\0\0WAVEfmt ");
  const prepare = async (file: string | Uint8Array, kind: MediaKind | null) => {
    const { kind: as, media } = await files.prepare(file, kind, { transcode });
    return [as, media.mimeType, media.seconds, media.width];
  };
  expect(await prepare("tone.mp3", "voice")).toEqual(["voice", "audio/ogg; codecs=opus", 4, null]);
  expect(await prepare(wav, null)).toEqual(["audio", "audio/mp4", 2, null]);
  expect(await prepare("clip.webm", null)).toEqual(["video", "video/mp4", 2, 128]);
  expect(await prepare("moving.gif", null)).toEqual(["gif", "video/mp4", 2, 128]);
  expect(orders).toEqual(["voice", "audio", "video", "frame", "gif", "frame"]);
  // What is seen first is the real thing then, and gone again from the disk.
  const { media } = await files.prepare("clip.mp4", "video", { transcode });
  expect(await new Bun.Image(Buffer.from(media.thumbnail!, "base64")).metadata()).toMatchObject({
    width: 100,
    height: 63,
  });
  expect(readdirSync(files.path).filter((name) => name.endsWith(".frame"))).toEqual([]);
});

test("a video is sent all the same when its first frame cannot be drawn", async () => {
  using files = startPreparing();
  const broken: Transcode = async ({ as, to }) => {
    writeFileSync(to, "not a picture");
    if (as === "frame") throw new Error("no such codec");
  };
  const { media } = await files.prepare("clip.mp4", "video", { transcode: broken });
  expect(media.thumbnail).toBe((await files.prepare("clip.mp4", "video")).media.thumbnail);
});

test("a file that breaks off anywhere, or is changed somewhere, is refused with a sentence or sent as it is", async () => {
  using files = startPreparing();
  const kinds: [string, MediaKind][] = [
    ["clip.mp4", "video"],
    ["voice.ogg", "voice"],
    ["browser.webm", "voice"],
    ["voice.webm", "audio"],
    ["vbr.mp3", "audio"],
    ["tone.aac", "audio"],
    ["tone.m4a", "audio"],
  ];
  for (const [name, kind] of kinds) {
    const whole = bytesOf(name);
    for (let at = 1; at < whole.length; at += Math.ceil(whole.length / 25)) {
      const changed = Buffer.from(whole);
      changed.fill(0xff, at, at + 3);
      for (const bytes of [whole.subarray(0, at), changed]) {
        const outcome = await files.prepare(bytes, kind).catch((error) => error.code);
        expect(outcome.kind ?? outcome).toBeOneOf([kind, "invalid"]);
      }
    }
  }
});
