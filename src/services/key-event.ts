// What the audit keeps of what was done to a key.
import type { Actor, AuditAction, AuditEvent } from "../core/audit.ts";
import type { Recorded } from "../store/audit.ts";

type AboutKey = { accountId: number; prefix: string };
type Done = { actor: Actor; at: number; detail: AuditEvent["detail"] };

export function keyEvent(
  action: AuditAction & `key.${string}`,
  { accountId, prefix }: AboutKey,
  { actor, at, detail }: Done,
): Recorded {
  return { action, actor, accountId, target: prefix, detail, at };
}
