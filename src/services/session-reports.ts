// What the engine is handed to tell of its sessions: each report is written down with its events before it settles.
import type { Log } from "../core/log.ts";
import type { Report } from "../core/ports.ts";
import { sessionReasons } from "../core/session.ts";
import type { Store } from "../store/store.ts";

/** `network` is the root key of the network that the engine runs on: what is linked is linked there. */
export type ReportNeeds = { store: Store; log: Log; network: string };

export function createSessionReports({ store, log, network }: ReportNeeds): Report {
  return async (report) => {
    const { sessionId, status, reason } = report;
    log.info(
      { session: sessionId, status, reason },
      reason === null ? "a session has moved on" : sessionReasons[reason],
    );
    await store.write("sessions.report", { report, network });
  };
}
