// What the engine is handed to tell of its sessions: each report is written down with its events before it settles.
import type { Log } from "../core/log.ts";
import type { Report } from "../core/ports.ts";
import type { Store } from "../store/store.ts";

/** `network` is the root key of the network that the engine runs on: what is linked is linked there. */
export type ReportNeeds = { store: Store; log: Log; network: string };

export function createSessionReports({ store, log, network }: ReportNeeds): Report {
  return async (report) => {
    const reported = await store.write("sessions.report", { report, network });
    if (reported === null || reported.was === report.status) return;
    const { accountId, name, was } = reported;
    log.info({ accountId, session: name, was, status: report.status, reason: report.reason }, "a session moved on");
  };
}
