// The files that tests prepare: small real ones, and those that are made here because they need only a few right bytes.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MediaKind } from "../../../../src/core/content.ts";
import { prepareFile } from "../../../../src/engine/media/prepare/file.ts";
import type { Transcode } from "../../../../src/engine/media/prepare/transcode.ts";
import { createFolder } from "../../../support/folder.ts";

const folder = join(import.meta.dir, "files");

export const pathOf = (name: string): string => join(folder, name);
export const bytesOf = (name: string): Buffer => readFileSync(pathOf(name));

export type Told = { fileName?: string; mimeType?: string; transcode?: Transcode };

/** A folder to prepare files in. */
export function startPreparing() {
  const at = createFolder();
  let count = 0;
  const put = (bytes: Uint8Array): string => {
    const path = join(at.path, `given-${++count}`);
    writeFileSync(path, bytes);
    return path;
  };
  return {
    path: at.path,
    put,
    prepare(file: string | Uint8Array, kind: MediaKind | null, { fileName, mimeType, transcode }: Told = {}) {
      const path = typeof file === "string" ? pathOf(file) : put(file);
      const to = join(at.path, `made-${++count}`);
      const order = { path, kind, to, fileName: fileName ?? null, mimeType: mimeType ?? null };
      return prepareFile(order, { transcode: transcode ?? null });
    },
    [Symbol.dispose]: () => at[Symbol.dispose](),
  };
}

/** The JPEG with an EXIF block that says which way up it is. */
export function turned(jpeg: Buffer, orientation: number): Buffer {
  const tiff = Buffer.from("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0", "latin1");
  tiff.writeUInt16BE(orientation, 18);
  const block = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff]);
  const header = Buffer.from([0xff, 0xe1, 0, block.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), header, block, jpeg.subarray(2)]);
}

/** The same movie under another brand, as it stands at its very beginning. */
export function branded(mp4: Buffer, brand: string): Buffer {
  const copy = Buffer.from(mp4);
  copy.write(brand, 8, "latin1");
  return copy;
}

/** An archive of files that are stored as they are. */
export function zipped(files: Record<string, string>): Buffer {
  const parts = Object.entries(files).map(([name, content]) => {
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt32LE(content.length, 18);
    header.writeUInt32LE(content.length, 22);
    header.writeUInt16LE(name.length, 26);
    return Buffer.concat([header, Buffer.from(name + content, "latin1")]);
  });
  return Buffer.concat([...parts, Buffer.from("PK\x05\x06", "latin1"), Buffer.alloc(18)]);
}
