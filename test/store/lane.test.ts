import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { silentLog } from "../../src/core/log.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import { openLane } from "../../src/store/lane.ts";
import { upgradeDatabase } from "../../src/store/schema.ts";
import { threadUrl } from "../../src/store/threads.ts";
import { createFolder } from "../support/folder.ts";

const dyingWriter = `
const { parentPort } = require("node:worker_threads");
parentPort.on("message", (message) => {
  if ("open" in message) parentPort.postMessage({ opened: true });
  else throw new Error("out of memory");
});
`;

test("closing commits what was asked for before, and refuses what comes after", async () => {
  using folder = createFolder();
  upgradeDatabase({ dataDir: folder.path, wasLeftOpen: false, now: 0, log: silentLog });
  const file = databaseFile(folder.path);
  const { promise: _told, resolve: tell } = Promise.withResolvers<Error>();
  const lane = await openLane(file, threadUrl("writer"), { failed: tell, committed: () => {} });
  const writes = Array.from({ length: 3_000 }, () => lane.write("installation.ping", null));
  const closing = lane.close();
  await expect(lane.write("installation.ping", null)).rejects.toThrow("Waygate is stopping.");
  await closing;
  const outcomes = await Promise.allSettled(writes);
  expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(3_000);
  expect(lane.depth()).toBe(0);
});

test("when the writer's thread dies, what waits is refused, what comes is refused, and the owner is told", async () => {
  using folder = createFolder();
  const file = join(folder.path, "dying.js");
  writeFileSync(file, dyingWriter);
  const { promise: told, resolve: tell } = Promise.withResolvers<Error>();
  const lane = await openLane("unused.db", pathToFileURL(file), { failed: tell, committed: () => {} });
  const ping = () => lane.write("installation.ping", null);
  const refused = await Promise.allSettled([ping(), ping()]);
  expect(refused.map((outcome) => outcome.status)).toEqual(["rejected", "rejected"]);
  expect((await told).message).toContain("out of memory");
  await expect(ping()).rejects.toThrow("The writer stopped: ");
  expect(lane.depth()).toBe(0);
  await lane.close();
});
