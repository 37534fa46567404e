// What a change of a schedule comes to: its times read again as a whole, what it says checked again as a whole.
import { invalidField } from "../core/errors.ts";
import type { Schedule, Timing } from "../core/schedule.ts";
import { readTiming, type TimingInput } from "../core/schedule-times.ts";
import type { Session } from "../core/session.ts";
import type { ScheduleChanges } from "../store/schedules.ts";
import type { KeptContent, ScheduleContents } from "./schedule-contents.ts";
import type { ScheduleUpdate } from "./schedules.ts";

export type Changed = { session: Session; update: ScheduleUpdate; now: number; contents: ScheduleContents };
export type Changes = {
  /** For the row as it stands when it is written. */
  changes(row: Schedule): ScheduleChanges;
  /** It is not changed after all. */
  discard(): Promise<void>;
};

export async function changesOf(schedule: Schedule, { session, update, now, contents }: Changed): Promise<Changes> {
  const { failsOffline, expiresInMs, isUrgent } = update;
  // Before anything is fetched for it.
  timesOf(schedule, update, now);
  const { kept, moved } = await contentOf(schedule, { session, update, now, contents });
  const how = Object.entries({ failsOffline, expiresInMs, isUrgent }).filter(([, value]) => value !== undefined);
  return {
    changes: (row) => ({
      ...kept,
      // What is not asked to change stays as it is then.
      target: update.to === undefined ? row.target : (kept ?? moved ?? row).target,
      ...Object.fromEntries(how),
      ...timesOf(row, update, now),
    }),
    discard: async () => {
      if (kept !== null) await contents.discard(kept);
    },
  };
}

type Content = { kept: KeptContent | null; moved: Pick<KeptContent, "target"> | null };

async function contentOf(schedule: Schedule, { session, update: { to, said }, contents }: Changed): Promise<Content> {
  const { target, said: before, cron } = schedule;
  if (said !== undefined) {
    return { kept: await contents.keep(session, { to: to ?? target, said, recurs: cron !== null }), moved: null };
  }
  // What it says stays as it is when this is written, and may be another than now.
  return { kept: null, moved: to === undefined ? null : { target: await contents.recheck(session, to, before) } };
}

function timesOf(row: Schedule, update: ScheduleUpdate, now: number): Partial<Timing & { nextAt: number }> {
  const { sendAt, cron, timeZone, endsAt, maxRuns, lateMs } = update;
  const isMoved = [sendAt, cron, timeZone, endsAt, maxRuns].some((value) => value !== undefined);
  if (!isMoved) return lateMs === undefined ? {} : { lateMs };
  refuseOtherSort(row, update);
  const { timing, nextAt } = readTiming(merged(row, update), now);
  if (timing.maxRuns !== null && timing.maxRuns <= row.runs)
    throw invalidField("/max_runs", `It has run ${row.runs} times already; cancel it instead.`);
  return { ...timing, nextAt };
}

function refuseOtherSort({ cron }: Schedule, update: ScheduleUpdate): void {
  const [path, given] = cron === null ? ["/cron", update.cron] : ["/send_at", update.sendAt];
  if (given === undefined) return;
  const sort = cron === null ? "is for one time" : "recurs";
  throw invalidField(path, `This schedule ${sort}, and stays so; cancel it and make another.`);
}

function merged(row: Schedule, update: ScheduleUpdate): TimingInput {
  const { lateMs = row.lateMs, endsAt = row.endsAt, maxRuns = row.maxRuns } = update;
  if (row.cron === null)
    return { sendAt: update.sendAt ?? row.sendAt ?? undefined, timeZone: update.timeZone, endsAt, maxRuns, lateMs };
  const { cron = row.cron, timeZone = row.timeZone ?? undefined } = update;
  return { cron, timeZone, endsAt, maxRuns, lateMs };
}
