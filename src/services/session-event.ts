// What the audit keeps of what was done to a session.
import type { Actor, AuditAction, AuditEvent } from "../core/audit.ts";
import type { Recorded } from "../store/audit.ts";

type About = {
  of: { accountId: number; name: string };
  actor: Actor;
  at: number;
  detail?: AuditEvent["detail"];
};

export function sessionEvent(
  action: AuditAction & `session.${string}`,
  { of, actor, at, detail = {} }: About,
): Recorded {
  return { action, actor, accountId: of.accountId, target: of.name, detail, at };
}
