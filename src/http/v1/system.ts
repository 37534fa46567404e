// /api/v1/system: the installation itself; the admin's.
import { Type } from "@sinclair/typebox";
import { isoTime } from "../../core/clock.ts";
import { routes } from "../surface.ts";
import type { Resource } from "./resource.ts";
import { Time } from "./shapes.ts";

const SystemJson = Type.Object(
  {
    version: Type.String({ examples: ["0.1.0"] }),
    schema_version: Type.Integer({ description: "Of the database.", examples: [2] }),
    bun_version: Type.String({ examples: ["1.4.4"] }),
    started_at: Time("When it was started."),
    uptime_seconds: Type.Integer({ examples: [86_400] }),
    memory_bytes: Type.Integer({ description: "Resident memory of the process.", examples: [90_000_000] }),
    database_bytes: Type.Integer({ examples: [1_048_576] }),
    wal_bytes: Type.Integer({ description: "Of the write-ahead log.", examples: [32_768] }),
    writer_depth: Type.Integer({ description: "Transactions that wait to be committed.", examples: [0] }),
  },
  { title: "System" },
);

export function systemRoutes({ services, operation }: Resource) {
  return routes().get(
    "/system",
    () => {
      const report = services.system.report();
      return {
        version: report.version,
        schema_version: report.schemaVersion,
        bun_version: report.bunVersion,
        started_at: isoTime(report.startedAt),
        uptime_seconds: Math.floor(report.uptimeMs / 1_000),
        memory_bytes: report.memoryBytes,
        database_bytes: report.databaseBytes,
        wal_bytes: report.walBytes,
        writer_depth: report.writerDepth,
      };
    },
    operation(
      {
        id: "getSystem",
        summary: "How the gateway is",
        description: "What runs, since when, and how much it uses.",
        access: "admin",
      },
      { response: { 200: SystemJson } },
    ),
  );
}
