// A large file sealed, uploaded and downloaded in a process of its own, which says how far its memory grew meanwhile.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Sealed, sealTo } from "../../src/engine/media/crypto.ts";
import { download } from "../../src/engine/media/download.ts";
import { upload } from "../../src/engine/media/upload.ts";
import { openWayOut } from "../../src/net/way-out.ts";
import { anywhere as rules } from "./addresses.ts";

export type MediaOrder = { folder: string; bytes: number; host: string; ca: string; proxy: string | null };
export type MediaReport = { outcomes: string[]; grownBy: Record<"seal" | "upload" | "download", number> };

const order: MediaOrder = await Bun.stdin.json();
const { folder, bytes, host } = order;
const sealed = join(folder, "sealed");
await using wayOut = openWayOut({ ...order, rules });
const outcomes: string[] = [];
const connection = async () => ({ auth: "a", hosts: [{ hostname: host }] });

async function* large() {
  const piece = crypto.getRandomValues(new Uint8Array(64 * 1024));
  for (let at = 0; at < bytes; at += piece.length) yield piece;
}

async function grownBy(work: () => Promise<void>): Promise<number> {
  Bun.gc(true);
  const before = process.memoryUsage().rss;
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 2);
  await work();
  clearInterval(timer);
  return peak - before;
}

let facts: Sealed | undefined;
const report: MediaReport["grownBy"] = {
  seal: await grownBy(async () => {
    facts = await sealTo(sealed, large(), "video");
  }),
  upload: await grownBy(async () => {
    const encSha256 = facts!.fileEncSha256;
    outcomes.push((await upload({ file: sealed, encSha256, kind: "video", connection, wayOut })).outcome);
  }),
  download: await grownBy(async () => {
    const locator = { ...facts!, kind: "video", url: null, directPath: "/v/x" } as const;
    const to = join(folder, "opened");
    outcomes.push((await download({ locator, to, wayOut, hosts: [host], maxBytes: bytes })).outcome);
  }),
};
rmSync(sealed);
process.stdout.write(JSON.stringify({ outcomes, grownBy: report } satisfies MediaReport));
