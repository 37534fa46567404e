// The audit: an append-only list of security events, each hashed onto the one before it.

export const auditActions = [
  "account.created",
  "account.updated",
  "account.disabled",
  "account.enabled",
  "account.removed",
  "account.registered",
  "password.changed",
  "password.failed",
  "login.succeeded",
  "login.failed",
  "login.ended",
  "login.ended_all",
  "key.created",
  "key.rotated",
  "key.revoked",
  "key_reset.failed",
  "limit.reached",
  "plan.created",
  "plan.updated",
  "invite.created",
  "invite.used",
  "invite.revoked",
  "session.created",
  "session.updated",
  "session.started",
  "session.stopped",
  "session.linked",
  "session.logged_out",
  "session.removed",
  "contact.forgotten",
  "webhook.created",
  "webhook.updated",
  "webhook.rotated",
  "webhook.paused",
  "webhook.resumed",
  "webhook.disabled",
  "webhook.removed",
  "campaign.created",
  "campaign.updated",
  "campaign.started",
  "campaign.paused",
  "campaign.resumed",
  "campaign.cancelled",
  "campaign.retried",
  "campaign.removed",
  "suppression.added",
  "suppression.removed",
  "backup.made",
  "backup.restored",
  "setup.completed",
] as const;

export type AuditAction = (typeof auditActions)[number];

/** Who did it: an account through a login or a key, the command line, or nobody who is known. */
export type Actor = {
  accountId: number | null;
  /** `login`, `key wg_live_ab12`, `command line`, `start`, `phone`, `anonymous`. */
  via: string;
  address: string | null;
};

export type AuditEvent = {
  action: AuditAction;
  actor: Actor;
  /** The account that it concerns, which may read the entry. */
  accountId: number | null;
  target: string | null;
  detail: Record<string, string | number | boolean | null | string[]>;
};

export type AuditEntry = AuditEvent & { id: number; at: number; hash: string };

export const commandLine: Actor = { accountId: null, via: "command line", address: null };
export const startUp: Actor = { accountId: null, via: "start", address: null };
/** Nobody: the gateway by itself. */
export const gatewayItself: Actor = { accountId: null, via: "gateway", address: null };
/** Whoever holds the phone that a session is linked to. */
export const phoneOwner: Actor = { accountId: null, via: "phone", address: null };
