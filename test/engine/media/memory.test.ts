// Large files in little memory, in a process where nothing else happens.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { createFolder } from "../../support/folder.ts";
import { startForwardProxy } from "../../support/forward-proxy.ts";
import { startMediaHosts } from "../../support/media-hosts.ts";
import type { MediaOrder, MediaReport } from "../../support/media-process.ts";

const megabyte = 1024 * 1024;

test("a file of 128 MB passes through a proxy both ways without ever being held", async () => {
  using folder = createFolder();
  let got = 0;
  await using hosts = startMediaHosts(async (request) => {
    if (request.method === "GET") return new Response(Bun.file(join(folder.path, "sealed")));
    for await (const piece of request.body ?? []) got += piece.length;
    return Response.json({ url: "https://mmg.whatsapp.net/v/x", direct_path: "/v/x" });
  });
  await using proxy = await startForwardProxy({ kind: "socks5", keepsBytes: false });
  const bytes = 128 * megabyte;
  const { outcomes, grownBy } = await run({
    folder: folder.path,
    bytes,
    host: hosts.names[0]!,
    ca: hosts.ca,
    proxy: proxy.url,
  });
  expect(outcomes).toEqual(["done", "done"]);
  expect(got).toBeGreaterThan(bytes);
  // Some 16, 10 and 45 MB whatever the size: what the collector has not got round to.
  expect(grownBy.seal).toBeLessThan(64 * megabyte);
  expect(grownBy.upload).toBeLessThan(64 * megabyte);
  expect(grownBy.download).toBeLessThan(96 * megabyte);
}, 30_000);

async function run(order: MediaOrder): Promise<MediaReport> {
  const script = join(import.meta.dir, "../../support/media-process.ts");
  const child = Bun.spawn([process.execPath, script], {
    stdin: new Blob([JSON.stringify(order)]),
    stdout: "pipe",
    stderr: "inherit",
  });
  const output = await new Response(child.stdout).text();
  expect(await child.exited).toBe(0);
  return JSON.parse(output);
}
