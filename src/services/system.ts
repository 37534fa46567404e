// The installation itself: what runs, for how long, how large it is; backups of it.
import { isAbsolute } from "node:path";
import type { Actor } from "../core/audit.ts";
import type { Clock } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { Metrics } from "../core/metrics.ts";
import { version } from "../core/version.ts";
import type { Copy } from "../store/copies.ts";
import { schemaVersion } from "../store/migrations.ts";
import type { Store, StoreSizes } from "../store/store.ts";

/** What only the process itself knows. */
export type ProcessFacts = { readonly pid: number; memoryBytes(): number; cpuSeconds(): number };

export type SystemReport = {
  version: string;
  schemaVersion: number;
  bunVersion: string;
  startedAt: number;
  uptimeMs: number;
  memoryBytes: number;
} & StoreSizes;

export type System = ReturnType<typeof createSystem>;
type Needs = { store: Store; clock: Clock; metrics: Metrics; process: ProcessFacts };

export function createSystem({ store, clock, metrics, process }: Needs) {
  const startedAt = clock.now();

  metrics.gauge("process_resident_memory_bytes", "Memory in use.", process.memoryBytes);
  metrics.gauge("process_cpu_seconds", "Processor time used so far.", process.cpuSeconds);
  metrics.gauge("process_start_time_seconds", "When the process started.", () => startedAt / 1_000);
  metrics.gauge("waygate_info", "The version that runs.", () => [[{ version }, 1]]);
  metrics.gauge("waygate_database_bytes", "Size of the database.", () => store.sizes().databaseBytes);
  metrics.gauge("waygate_wal_bytes", "Size of the write-ahead log.", () => store.sizes().walBytes);
  metrics.gauge("waygate_writer_depth", "Transactions waiting to be committed.", () => store.sizes().writerDepth);

  return {
    report: (): SystemReport => ({
      version,
      schemaVersion,
      bunVersion: Bun.version,
      startedAt,
      uptimeMs: clock.now() - startedAt,
      memoryBytes: process.memoryBytes(),
      ...store.sizes(),
    }),
    /** Throws unless the writer answers. */
    checkWritable: (): Promise<void> => store.write("installation.ping", null),
    async backup(target: string, actor: Actor): Promise<Copy> {
      if (!isAbsolute(target)) throw new WaygateError("invalid", "The backup needs a whole path.");
      const copy = await store.backup(target);
      const detail = { bytes: copy.bytes, sha256: copy.sha256 };
      const event = { action: "backup.made", actor, accountId: null, target, detail, at: clock.now() } as const;
      await store.write("audit.append", event);
      return copy;
    },
  };
}
