// Campaigns: one message to many people, and the states that the whole of it and each of its recipients go through.
import type { Content, MediaFacts } from "./content.ts";
import type { MediaLocator } from "./inbound.ts";
import type { QuietHours } from "./quiet-hours.ts";

/** In the order of their codes in the database; only ever added to. */
export const campaignStates = [
  "draft", // being put together
  "scheduled", // starts by itself at its time
  "running",
  "paused", // by whoever owns it, or by itself: then `reason` says why
  "completed", // nobody waits any more
  "cancelled",
  "removed", // nobody sees it any more; its recipients are cleared away
] as const;
export type CampaignState = (typeof campaignStates)[number];

/** In the order of their codes in the database; only ever added to. */
export const recipientStates = [
  "waiting", // for their turn; in a cancelled campaign for nothing any more
  "queued", // their message is kept, and goes out as soon as it can
  "sent", // WhatsApp has it; the message knows what became of it then
  "failed", // refused, or could not be made
  "skipped", // on the suppression list, or taken back before it went out
] as const;
export type RecipientState = (typeof recipientStates)[number];

/** Why a campaign stopped by itself, and what to do. */
export const stopReasons = {
  failures:
    "Too many of its messages failed. Look at its failed recipients; when you know why, resume it: failures are counted anew from there.",
  reach_out_limit:
    "WhatsApp lets its number write only to people it has talked with for now (463). Resume it in some hours, more slowly: numbers that go on are banned.",
  rate_limited: "WhatsApp wants its number to be slower (429). Resume it later, with longer gaps.",
  no_session: "None of its sessions is linked any more. Link one again, or give it another, then resume it.",
} as const;
export type StopReason = keyof typeof stopReasons;

/** Why a running campaign hands nothing on just now; null for `until` where nobody knows. */
export const campaignWaits = [
  "gap", // between two of its messages
  "window", // it is not its time of day
  "offline", // none of its sessions is connected
  "busy", // other messages go first
  "quiet_hours",
  "cold_quota",
  "reach_out_limit",
  "rate_limited",
  "daily_limit", // the plan's messages of today are used up
] as const;
export type CampaignWait = { reason: (typeof campaignWaits)[number]; until: number | null };

export type StopRule = { percent: number; atLeast: number };
export type CampaignSettings = {
  /** Between two messages of one session; null leaves it to the session's own pacing. */
  gapMs: { least: number; most: number } | null;
  /** From when to when it sends, every day; null is always. */
  window: QuietHours | null;
  /** Null never stops it. */
  stopAfter: StopRule | null;
  /** Whoever answers with one of these alone is written to by no campaign any more; null is the usual ones. */
  optOutWords: string[] | null;
};

export type MediaContent = Extract<Content, { media: MediaFacts }>;
/** What it says; texts with `{{places}}` to be filled in. A file is prepared once, and the same for all. */
export type CampaignBody =
  | { kind: "text"; text: string; wantsPreview: boolean }
  | { kind: "file"; content: MediaContent; locator: MediaLocator; bytes: number }
  | { kind: "location"; latitude: number; longitude: number; name: string | null; address: string | null }
  | { kind: "contacts"; contacts: { name: string; phones: string[] }[] }
  | { kind: "poll"; question: string; options: string[]; selectable: number };
export type CampaignMessage = { body: CampaignBody; mentions: string[]; disappearsInSeconds: number | null };

/** How far it has come. */
export type CampaignCounts = { total: number; queued: number; sent: number; failed: number; skipped: number };
export type Campaign = CampaignCounts & {
  id: number;
  accountId: number;
  name: string | null;
  state: CampaignState;
  reason: StopReason | null;
  settings: CampaignSettings;
  columns: string[];
  upload: number;
  isUploading: boolean;
  duplicates: number;
  sentBefore: number;
  failedBefore: number;
  skippedBefore: number;
  startAt: number | null;
  createdAt: number;
  updatedAt: number;
  startedAt: number | null;
  resumedAt: number | null;
  endedAt: number | null;
};
/** With what it says, and the file that this is about. */
export type CampaignInFull = Campaign & { message: CampaignMessage; file: string | null };

export const campaignLimits = {
  recipients: 1_000_000,
  columns: 50,
  sessions: 20,
  /** Of those that are not over, of one account. */
  perAccount: 1_000,
} as const;

/** Nine of ten who do not want any more say it in one of these words. */
export const usualOptOutWords = [
  ...["STOP", "UNSUBSCRIBE", "CANCEL", "OPT OUT", "OPTOUT", "STOPALL"],
  ...["ABMELDEN", "ABBESTELLEN", "STOPP", "BAJA", "CANCELAR", "PARAR", "SAIR", "DESINSCREVER", "DÉSABONNER", "ARRET"],
  ...["ARRÊT", "DISISCRIVIMI", "CANCELLAMI", "AFMELDEN", "UITSCHRIJVEN", "СТОП", "ОТПИСАТЬСЯ", "ВІДПИСАТИСЯ"],
  ...[
    "ABONELIKTEN ÇIK",
    "IPTAL",
    "İPTAL",
    "WYPISZ",
    "BERHENTI",
    "הסר",
    "הסרה",
    "הפסק",
    "توقف",
    "إلغاء",
    "रोकें",
    "बंद",
    "退订",
    "停止",
    "配信停止",
  ],
];
export const usualStopRule: StopRule = { percent: 30, atLeast: 20 };

export const waitingOf = ({ total, queued, sent, failed, skipped }: CampaignCounts): number =>
  total - queued - sent - failed - skipped;
export const processedOf = ({ sent, failed, skipped }: CampaignCounts): number => sent + failed + skipped;

/** Whether so many have failed, since it was last set going, that it stops. */
export function hasFailedTooOften(campaign: Campaign): boolean {
  const { settings, sent, failed, sentBefore, failedBefore } = campaign;
  const failures = failed - failedBefore;
  const tried = failures + sent - sentBefore;
  const { stopAfter } = settings;
  return stopAfter !== null && failures >= stopAfter.atLeast && failures * 100 >= stopAfter.percent * tried;
}

/** How many a minute, since it was last set going, and when it will have written to everybody if that goes on. */
export function speedOf(campaign: Campaign, now: number): { perMinute: number | null; endsAt: number | null } {
  const { sentBefore, failedBefore, skippedBefore, resumedAt, state } = campaign;
  const done = processedOf(campaign) - sentBefore - failedBefore - skippedBefore;
  const ms = now - (resumedAt ?? now);
  if (state !== "running" || done === 0 || ms <= 0) return { perMinute: null, endsAt: null };
  const left = campaign.total - processedOf(campaign);
  return { perMinute: (done * 60_000) / ms, endsAt: Math.round(now + (left * ms) / done) };
}

/** As words are compared: "Stop!" is STOP. */
export function plainWord(text: string): string {
  return text
    .normalize("NFC")
    .replace(/[\p{P}\p{Cf}\p{Z}\p{Cc}]+/gu, " ")
    .trim()
    .toUpperCase();
}

const longestWord = 40;

/** Null for what is too long to be one. */
export function optOutWordIn(text: string): string | null {
  if (text.length > 2 * longestWord) return null;
  const word = plainWord(text);
  return word === "" || word.length > longestWord ? null : word;
}
