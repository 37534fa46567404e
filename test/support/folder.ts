// A folder of a test's own that is gone when the test is.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Folder = Disposable & { readonly path: string };

export function createFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), "waygate-test-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
