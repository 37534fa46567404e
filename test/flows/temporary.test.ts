// Files that are nobody's: those that pass through, and what a kill left of them. And what the operator's ffmpeg makes.
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesOf } from "../engine/media/prepare/files.ts";
import { startHttpHost } from "../support/http-host.ts";
import { filesOnDisk } from "../support/sent-media.ts";
import { others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

test("what a kill left behind is gone after a start, and what is being written now is not", async () => {
  await using flow = await startFlow();
  await flow.link();
  const dataDir = String(flow.settings.dataDir);
  const temporary = join(dataDir, "temporary");
  const month = join(dataDir, "media", "2026-11");
  const young = join(month, "young.456789abcdef.part");
  await flow.restart(() => {
    writeFileSync(join(temporary, "waygate-left"), "of a kill");
    mkdirSync(month, { recursive: true });
    writeFileSync(join(month, "old.456789abcdef.part"), "of a kill");
    writeFileSync(young, "of somebody who writes on");
    // As it is when somebody writes on after the start.
    const later = new Date(Date.now() + 60_000);
    utimesSync(young, later, later);
  });
  expect(readdirSync(temporary)).toEqual([]);
  await until("the old one to be gone", () => filesOnDisk(flow).length === 1);
  expect(existsSync(young)).toBe(true);
  const media = { base64: bytesOf("photo.jpg").toString("base64") };
  const sent = await flow.call("/messages", { body: { session_id: "shop", to: others, media } });
  expect(sent.status).toBe(201);
  await until("nothing to be left there", () => readdirSync(temporary).length === 0);
});

test("an address is followed as far as the limit for files, and no further", async () => {
  await using flow = await startFlow({ mediaMaxMb: 1 });
  await flow.link();
  await using host = await startHttpHost((response) => response.end(Buffer.alloc(1024 ** 2 + 1)));
  const media = { url: `http://127.0.0.1:${host.port}/large.bin` };
  const { status, json } = await flow.call("/messages", { body: { session_id: "shop", to: others, media } });
  expect([status, json.errors[0].message]).toEqual([422, expect.stringContaining("larger than the 1048576 bytes")]);
  expect(filesOnDisk(flow)).toEqual([]);
});

const program = Bun.which("ffmpeg");
test.skipIf(program === null)("with an ffmpeg any sound becomes a voice note", async () => {
  await using flow = await startFlow({ ffmpeg: program });
  await flow.link();
  const media = { base64: bytesOf("tone.mp3").toString("base64") };
  const { status, json } = await flow.call("/messages", {
    body: { session_id: "shop", to: others, type: "voice", media },
  });
  expect([status, json.media?.mime_type, json.media?.waveform.length]).toEqual([201, "audio/ogg; codecs=opus", 64]);
});

test("an ffmpeg that is not there stops the start", async () => {
  await expect(startFlow({ ffmpeg: "/nowhere/ffmpeg" })).rejects.toThrow(/there is no such program/);
});
