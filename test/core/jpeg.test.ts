import { expect, test } from "bun:test";
import { jpegSize } from "../../src/core/jpeg.ts";

const head = "ffd8ffe000104a46494600010100000100010000";
const frame = "ffc0000b08012c0190010111 00".replace(" ", "");
const bytes = (hex: string) => Buffer.from(hex, "hex");

test("the size of a JPEG is told from its frame, wherever that stands", () => {
  expect(jpegSize(bytes(`${head}${frame}`))).toEqual({ width: 400, height: 300 });
  expect(jpegSize(bytes(`${head}fffe0004abcdff${frame}`))).toEqual({ width: 400, height: 300 });
  expect(jpegSize(bytes(`${head}ffc40004abcd${frame.replace("ffc0", "ffc2")}`))).toEqual({ width: 400, height: 300 });
});

test.each([
  ["nothing", ""],
  ["a PNG", "89504e470d0a1a0a0000000d49484452"],
  ["a JPEG's start alone", "ffd8ff"],
  ["a JPEG that ends before its frame", head],
  ["a JPEG that is over before its frame", `${head}ffd9${frame}`],
  ["a scan before the frame", `${head}ffda${frame}`],
  ["lengths that lead astray", `${head}ffe1ffff${frame}`],
  ["an HTML page", Buffer.from("<html>".padEnd(40)).toString("hex")],
])("%s is no JPEG", (_what, hex) => {
  expect(jpegSize(bytes(hex))).toBeNull();
});
