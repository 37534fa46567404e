import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openLane } from "../../src/store/lane.ts";
import { createFolder } from "../support/folder.ts";

const dyingWriter = `
const { parentPort } = require("node:worker_threads");
parentPort.on("message", (message) => {
  if ("open" in message) parentPort.postMessage({ opened: true });
  else throw new Error("out of memory");
});
`;

test("when the writer's thread dies, what waits is refused, what comes is refused, and the owner is told", async () => {
  using folder = createFolder();
  const file = join(folder.path, "dying.js");
  writeFileSync(file, dyingWriter);
  const { promise: told, resolve: tell } = Promise.withResolvers<Error>();
  const lane = await openLane("unused.db", pathToFileURL(file), tell);
  const ping = () => lane.write("installation.ping", null);
  const refused = await Promise.allSettled([ping(), ping()]);
  expect(refused.map((outcome) => outcome.status)).toEqual(["rejected", "rejected"]);
  expect((await told).message).toContain("out of memory");
  await expect(ping()).rejects.toThrow("The writer stopped: ");
  expect(lane.depth()).toBe(0);
  await lane.close();
});
