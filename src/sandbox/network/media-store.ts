// Files on the media host: as they were uploaded, encrypted, under their hash; and what phones decrypted of them.
import { createHash, randomBytes } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type MediaStore = ReturnType<typeof createMediaStore>;

export function createMediaStore(folder: string) {
  mkdirSync(join(folder, "plain"), { recursive: true });
  const gone = new Set<string>();
  let uploads = 0;
  const nameOf = (path: string) =>
    path
      .replace(/^\/v\//, "")
      .replace(/[?#].*$/, "")
      .replace(/[^\w=-]/g, "");
  const fileOf = (path: string) => join(folder, nameOf(path));

  return {
    /** Streamed to the disk; the path it can be had under. */
    async take(body: ReadableStream<Uint8Array> | null): Promise<{ path: string; sha256: string }> {
      const partial = join(folder, `.upload-${++uploads}`);
      const hash = createHash("sha256");
      const writer = Bun.file(partial).writer();
      for await (const chunk of body ?? []) {
        hash.update(chunk);
        writer.write(chunk);
        await writer.flush();
      }
      await writer.end();
      const digest = hash.digest();
      const name = digest.toString("base64url");
      renameSync(partial, join(folder, name));
      gone.delete(name);
      return { path: `/v/${name}`, sha256: digest.toString("base64url") };
    },
    put(file: Buffer): string {
      const name = createHash("sha256").update(file).digest("base64url");
      writeFileSync(join(folder, name), file);
      gone.delete(name);
      return `/v/${name}`;
    },
    read(path: string): Buffer | null {
      return nameOf(path) !== "" && existsSync(fileOf(path)) ? readFileSync(fileOf(path)) : null;
    },
    /** Null when it is not (or no longer) there. */
    fileFor: (path: string) =>
      nameOf(path) !== "" && existsSync(fileOf(path)) && !gone.has(nameOf(path)) ? Bun.file(fileOf(path)) : null,
    /** Expired for whoever asks. */
    expire: (path: string) => void gone.add(nameOf(path)),
    /** Once more, under a new path; null for what was never there. */
    again(path: string): string | null {
      if (nameOf(path) === "" || !existsSync(fileOf(path))) return null;
      const name = `${nameOf(path).slice(0, 32)}-${randomBytes(6).toString("hex")}`;
      copyFileSync(fileOf(path), join(folder, name));
      return `/v/${name}`;
    },
    keepPlain(plain: Buffer): { id: string; sha256: string } {
      const sha256 = createHash("sha256").update(plain).digest("hex");
      writeFileSync(join(folder, "plain", sha256), plain);
      return { id: sha256, sha256 };
    },
    plainFile: (id: string) => Bun.file(join(folder, "plain", id.replace(/[^0-9a-f]/g, ""))),
    clear() {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(join(folder, "plain"), { recursive: true });
    },
  };
}
