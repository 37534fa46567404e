// A real ffmpeg, where this machine has one; and programs in its place that do not do what they should.
import { expect, test } from "bun:test";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MediaKind } from "../../../../src/core/content.ts";
import { createFfmpeg } from "../../../../src/engine/media/prepare/ffmpeg.ts";
import { sniff } from "../../../../src/engine/media/prepare/sniff.ts";
import { openSource } from "../../../../src/engine/media/prepare/source.ts";
import { until } from "../../../support/until.ts";
import { bytesOf, pathOf, startPreparing } from "./files.ts";

const program = Bun.which("ffmpeg");
if (program === null)
  process.stderr.write("ffmpeg.test.ts: this machine has no ffmpeg, so what it makes is not tested\n");
const real = test.skipIf(program === null);

/** A tone, as uncompressed sound. */
function wave(seconds: number): Buffer {
  const rate = 16_000;
  const samples = Buffer.alloc(seconds * rate * 2);
  for (let n = 0; n < seconds * rate; n++) samples.writeInt16LE(Math.round(9_000 * Math.sin(n / 6)), 2 * n);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + samples.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(samples.length, 40);
  return Buffer.concat([head, samples]);
}

async function typeOf(path: string) {
  await using source = await openSource(path);
  return await sniff(source);
}

real("what is no Opus becomes a voice note: uncompressed sound, an MP3, an M4A", async () => {
  using files = startPreparing();
  const transcode = createFfmpeg({ program: program! });
  for (const [given, seconds] of [
    [wave(3), 3],
    ["tone.mp3", 2],
    ["tone.m4a", 2],
  ] as const) {
    const { kind, path, media } = await files.prepare(given, "voice", { transcode });
    expect([kind, media.mimeType, await typeOf(path)]).toEqual(["voice", "audio/ogg; codecs=opus", "opus"]);
    expect(media.seconds).toBe(seconds);
    expect(media.waveform).toHaveLength(64);
  }
});

real("sounds, videos and GIFs that WhatsApp does not play are made into such as it does", async () => {
  using files = startPreparing();
  const transcode = createFfmpeg({ program: program! });
  const sound = await files.prepare(wave(2), "audio", { transcode });
  expect([sound.media.mimeType, sound.media.seconds, await typeOf(sound.path)]).toEqual(["audio/mp4", 2, "m4a"]);
  const clip = await files.prepare("clip.mp4", "video", { transcode });
  expect(clip.path).toBe(pathOf("clip.mp4"));
  expect(
    Buffer.from(clip.media.thumbnail ?? "", "base64")
      .subarray(0, 2)
      .toString("hex"),
  ).toBe("ffd8");
  const gif = await files.prepare("moving.gif", null, { transcode });
  expect([gif.kind, gif.media.mimeType, await typeOf(gif.path)]).toEqual(["gif", "video/mp4", "mp4"]);
});

real("a file that leads to others, or is none, is refused, and nothing is left of it", async () => {
  using files = startPreparing();
  const transcode = createFfmpeg({ program: program! });
  const secret = files.put(wave(1));
  const to = join(files.path, "made");
  const lists = [
    `#EXTM3U\n#EXTINF:1,\nfile://${secret}\n#EXT-X-ENDLIST\n`,
    `ffconcat version 1.0\nfile ${secret}\n`,
    "nothing at all",
  ];
  for (const text of lists) {
    const order = transcode({ from: files.put(Buffer.from(text)), to, as: "voice" });
    await expect(order).rejects.toThrow(/ffmpeg cannot make mono Opus in OGG of this file/);
    expect(existsSync(to)).toBe(false);
  }
  const { message } = await transcode({ from: join(files.path, "-nowhere"), to, as: "voice" }).then(
    () => new Error("it was made"),
    (error: Error) => error,
  );
  expect(message).not.toContain(files.path);
});

/** What a program in ffmpeg's place does. */
const impostors: [string, string, MediaKind, RegExp][] = [
  ["hangs", "while :; do sleep 0.1; done", "voice", /^300 milliseconds was not enough to make mono Opus in OGG/],
  ["never stops talking", "while :; do echo garbage >&2; done", "voice", /^300 milliseconds was not enough/],
  ["fails without a word", "exit 3", "audio", /^ffmpeg cannot make AAC in M4A of this file\. Convert/],
  ["says why it fails", "echo 'no such codec' >&2; exit 1", "voice", /of this file \(no such codec\)\. Convert/],
  ["makes nothing", "exit 0", "voice", /^ffmpeg made nothing of this file/],
  [
    "makes nonsense",
    'for to; do :; done; echo nonsense > "$(echo "$to" | cut -c6-)"',
    "voice",
    /^This voice note cannot be read/,
  ],
];
test.each(impostors)(
  "a program that %s ends in a sentence, and leaves nothing",
  async (_what, script, kind, sentence) => {
    using files = startPreparing();
    const impostor = join(files.path, "impostor");
    writeFileSync(impostor, `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`);
    chmodSync(impostor, 0o700);
    const transcode = createFfmpeg({ program: impostor, timeoutMs: 300 });
    const before = performance.now();
    const refusal = await files.prepare(wave(1), kind, { transcode }).then(
      () => null,
      (error: Error & { code?: string }) => error,
    );
    expect(refusal?.message).toMatch(sentence);
    expect(refusal?.code).toBe("invalid");
    expect(performance.now() - before).toBeLessThan(5_000);
    await until("nothing to be left", () => !existsSync(join(files.path, "made-2")));
  },
);

test("a program that is not there ends in a sentence too", async () => {
  using files = startPreparing();
  const transcode = createFfmpeg({ program: join(files.path, "nothing") });
  await expect(files.prepare(bytesOf("tone.mp3"), "voice", { transcode })).rejects.toThrow(/cannot be started/);
});
