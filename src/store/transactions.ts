// Every named transaction, gathered from the nouns. What is not listed here cannot be written.
import { accountWrites } from "./accounts.ts";
import { actionWrites } from "./actions.ts";
import { auditWrites } from "./audit.ts";
import { callWrites } from "./calls.ts";
import { feedingWrites } from "./campaign-feeding.ts";
import { recipientWrites } from "./campaign-recipients.ts";
import { campaignWrites } from "./campaigns.ts";
import type { Handle } from "./database.ts";
import { deliveryWrites } from "./deliveries.ts";
import { deliveryRetentionWrites } from "./delivery-retention.ts";
import { eventConsumerWrites } from "./event-consumers.ts";
import { fileWrites } from "./file-rows.ts";
import { forgettingWrites } from "./forgetting.ts";
import { groupNewsWrites } from "./group-news.ts";
import { groupWrites } from "./groups.ts";
import { idempotencyWrites } from "./idempotency.ts";
import { installationWrites } from "./installation.ts";
import { intakeWrites } from "./intake.ts";
import { inviteWrites } from "./invites.ts";
import { journalWrites } from "./journal.ts";
import { keepingWrites } from "./keeping.ts";
import { keyWrites } from "./keys.ts";
import { loginWrites } from "./logins.ts";
import { mediaWrites } from "./media.ts";
import { mediaRetentionWrites } from "./media-retention.ts";
import { outboxWrites } from "./outbox.ts";
import { pacingWrites } from "./pacing.ts";
import { planWrites } from "./plans.ts";
import { presenceWrites } from "./presence.ts";
import { readingWrites } from "./reading.ts";
import { receiptWrites } from "./receipts.ts";
import { resealWrites } from "./reseal.ts";
import { retentionWrites } from "./retention.ts";
import { scheduleEndWrites } from "./schedule-ends.ts";
import { scheduleRunWrites } from "./schedule-runs.ts";
import { scheduleWrites } from "./schedules.ts";
import { sessionReportWrites } from "./session-reports.ts";
import { sessionWrites } from "./sessions.ts";
import { signalWrites } from "./signal-writes.ts";
import { suppressionWrites } from "./suppressions.ts";
import { uploadWrites } from "./uploads.ts";
import { usageWrites } from "./usage.ts";
import { webhookWrites } from "./webhooks.ts";

export function namedTransactions(db: Handle) {
  return {
    ...accountWrites(db),
    ...actionWrites(db),
    ...auditWrites(db),
    ...callWrites(db),
    ...campaignWrites(db),
    ...deliveryRetentionWrites(db),
    ...deliveryWrites(db),
    ...eventConsumerWrites(db),
    ...feedingWrites(db),
    ...fileWrites(db),
    ...idempotencyWrites(db),
    ...groupNewsWrites(db),
    ...groupWrites(db),
    ...forgettingWrites(db),
    ...installationWrites(db),
    ...inviteWrites(db),
    ...journalWrites(db),
    ...keepingWrites(db),
    ...keyWrites(db),
    ...loginWrites(db),
    ...intakeWrites(db),
    ...mediaRetentionWrites(db),
    ...mediaWrites(db),
    ...outboxWrites(db),
    ...pacingWrites(db),
    ...planWrites(db),
    ...presenceWrites(db),
    ...readingWrites(db),
    ...receiptWrites(db),
    ...recipientWrites(db),
    ...resealWrites(db),
    ...retentionWrites(db),
    ...scheduleEndWrites(db),
    ...scheduleRunWrites(db),
    ...scheduleWrites(db),
    ...signalWrites(db),
    ...sessionReportWrites(db),
    ...sessionWrites(db),
    ...suppressionWrites(db),
    ...uploadWrites(db),
    ...usageWrites(db),
    ...webhookWrites(db),
  };
}

type Transactions = ReturnType<typeof namedTransactions>;
export type TransactionName = keyof Transactions;
export type TransactionInput<N extends TransactionName> = Parameters<Transactions[N]>[0];
export type TransactionResult<N extends TransactionName> = Awaited<ReturnType<Transactions[N]>>;
