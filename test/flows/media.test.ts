// Files that people send to a number: fetched as they come, brought back by the phone when they are gone, and settled once.
import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { minute } from "../../src/core/clock.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import { openReader } from "../../src/store/database.ts";
import { hurry } from "../support/quick-timers.ts";
import { countDownloads, fileIs, filesOnDisk, sendFile, shownAs } from "../support/sent-media.ts";
import { type Flow, holds, mine, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const kinds = [
  ["image", "image/jpeg"],
  ["video", "video/mp4"],
  ["audio", "audio/mpeg"],
  ["ptt", "audio/ogg; codecs=opus"],
  ["document", "application/pdf"],
  ["sticker", "image/webp"],
] as const;

test("every kind of file arrives byte for byte, and is told of with its size", async () => {
  await using flow = await startFlow();
  await flow.link();
  const sent = kinds.map(([kind, mimetype], place) =>
    sendFile(flow, { kind, mimetype, bytes: randomBytes(place === 1 ? 3_000_001 : 1_000 * place + 1) }),
  );
  const shown = await Promise.all(sent.map((file) => fileIs(flow, file, "stored")));
  expect(shown.map(({ media }) => media.size)).toEqual(sent.map(({ bytes }) => bytes.length));
  const onDisk = filesOnDisk(flow).map((path) => readFileSync(path).toString("base64"));
  expect(onDisk.toSorted()).toEqual(sent.map(({ bytes }) => bytes.toString("base64")).toSorted());
});

test.each([410, 404, 403])("a file that the hosts answer %d for comes back from the phone", async (code) => {
  await using flow = await startFlow();
  await flow.link();
  flow.strike("media-expired", { code });
  const file = sendFile(flow);
  await fileIs(flow, file, "stored");
  expect(readFileSync(filesOnDisk(flow)[0]!).equals(file.bytes)).toBe(true);
  expect(flow.network.world.observer.readViolations()).toEqual([]);
});

test("a phone that was off brings a file back when it is on again, long after anybody waited for that", async () => {
  await using flow = await startFlow();
  await flow.link();
  const { phones } = flow.control;
  phones.change(mine, { online: false });
  flow.strike("media-expired");
  using _quick = hurry({ from: 30_000 }, 60);
  const asked = () => flow.network.world.phones.stateOf(flow.network.world.registry.find(mine)!).lost.length;
  const file = sendFile(flow);
  await until("the phone to be asked", () => asked() > 0);
  const isPostponed = () => countWanted(flow) === 1;
  await until("it to be given up for now", isPostponed);
  expect((await shownAs(flow, file)).media.status).toBe("wanted");
  phones.change(mine, { online: true });
  await fileIs(flow, file, "stored");
  expect(readFileSync(filesOnDisk(flow)[0]!).equals(file.bytes)).toBe(true);
  expect(flow.network.world.observer.readViolations()).toEqual([]);
});

/** Files that were tried, and are to be tried again. */
function countWanted(flow: Flow): number {
  const client = openReader(databaseFile(String(flow.settings.dataDir)));
  try {
    return client.query<{ n: number }, []>("SELECT count(*) AS n FROM media WHERE state = 0 AND attempts > 0").get()!.n;
  } finally {
    client.close();
  }
}

test("a file that the phone has no more is gone for good", async () => {
  await using flow = await startFlow();
  await flow.link();
  flow.network.world.media.put = () => "/v/never-there";
  await fileIs(flow, sendFile(flow), "gone");
  expect(filesOnDisk(flow)).toEqual([]);
});

test("a damaged file has failed, and nothing of it is left", async () => {
  await using flow = await startFlow();
  await flow.link();
  flow.strike("media-corrupt");
  await fileIs(flow, sendFile(flow), "failed");
  expect(filesOnDisk(flow)).toEqual([]);
});

test("a file beyond the limit has failed, and is not even begun", async () => {
  await using flow = await startFlow({ mediaMaxMb: 1 });
  await flow.link();
  const downloads = countDownloads(flow);
  await fileIs(flow, sendFile(flow, { bytes: randomBytes(1024 ** 2 + 1) }), "failed");
  await fileIs(flow, sendFile(flow, { bytes: randomBytes(1024 ** 2) }), "stored");
  expect(downloads()).toBe(1);
});

test("a host that fails is tried again later, and the file is fetched then", async () => {
  await using flow = await startFlow();
  await flow.link();
  const heal = flow.strike("media-expired", { code: 503, count: null });
  const file = sendFile(flow);
  await until("the message", () => shownAs(flow, file));
  await holds("it is still wanted", 300, async () => (await shownAs(flow, file)).media.status === "wanted");
  heal();
  flow.clock.advance(minute);
  await fileIs(flow, file, "stored");
});

test("files that stick hold up none of another session, and only their own places", async () => {
  await using flow = await startFlow();
  await flow.link();
  flow.control.phones.add({ number: "15550002222" });
  await flow.link("office", "15550002222");
  flow.strike("media-silence", { count: 2 });
  const stuck = [sendFile(flow), sendFile(flow)];
  await until("both to be under way", () => flow.control.faults().length === 0);
  const [own, other] = [sendFile(flow), sendFile(flow, { to: "15550002222" })];
  await Promise.all([fileIs(flow, own, "stored"), fileIs(flow, other, "stored")]);
  expect((await shownAs(flow, stuck[0]!)).media.status).toBe("wanted");
});

test("what was being fetched at the end is fetched after the next start, once, and its leftovers are gone", async () => {
  await using flow = await startFlow();
  await flow.link();
  flow.strike("media-silence");
  const file = sendFile(flow);
  await until("it to be under way", () => flow.control.faults().length === 0);
  const downloads = countDownloads(flow);
  await flow.restart(() => {
    const folder = join(String(flow.settings.dataDir), "media", "2026-11");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "0123.456789abcdef.part"), "of a crash");
  });
  await fileIs(flow, file, "stored");
  expect(filesOnDisk(flow).map((path) => readFileSync(path).equals(file.bytes))).toEqual([true]);
  await flow.restart();
  await flow.line().reaches("connected");
  await holds("it is not fetched again", 300, () => downloads() === 1);
});

test("a session that fetches nothing by itself leaves files where they are", async () => {
  await using flow = await startFlow();
  const downloads = countDownloads(flow);
  await flow.link("shop", undefined, { media_download: "off" });
  const file = sendFile(flow);
  await until("the message", () => shownAs(flow, file));
  await holds("nothing is fetched", 300, () => downloads() === 0);
  expect((await shownAs(flow, file)).media.status).toBe("wanted");
});
