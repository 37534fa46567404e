// /api/v1/audit: security events; all of them for an admin, one's own for everybody else.
import { type Static, Type } from "@sinclair/typebox";
import { type AuditEntry, auditActions } from "../../core/audit.ts";
import { isoTime } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import { OneOf } from "../../core/one-of.ts";
import { isAdmin } from "../../core/principal.ts";
import { principalOf } from "../call.ts";
import { routes } from "../surface.ts";
import type { Resource } from "./resource.ts";
import { Id, IdOrNull, listOf, PageParameters, readPage, showPage, Time } from "./shapes.ts";

const AuditJson = Type.Object(
  {
    id: Id("audit", "The entry's id."),
    time: Time("When it happened."),
    action: OneOf(auditActions, { examples: ["key.created"] }),
    actor_id: IdOrNull("account", "The account that did it, if it is known."),
    via: Type.String({
      description: "How: a login, a key by its prefix, the command line.",
      examples: ["key wg_live_a1B2"],
    }),
    address: Type.Union([Type.String(), Type.Null()], { examples: ["203.0.113.7"] }),
    account_id: IdOrNull("account", "The account it concerns."),
    target: Type.Union([Type.String(), Type.Null()], {
      description: "What it was done to.",
      examples: ["wg_live_c3D4"],
    }),
    detail: Type.Record(Type.String(), Type.Unknown(), { description: "More about it, by action." }),
    hash: Type.String({
      description: "SHA-256 over the entry before and this one, hex.",
      examples: ["9f86d081884c7d65…"],
    }),
  },
  { title: "AuditEntry" },
);

export function auditRoutes({ services, operation }: Resource) {
  const { audit, ids } = services;
  return routes().get(
    "/audit",
    async ({ query, call }) => {
      const principal = principalOf(call);
      const whose = isAdmin(principal) ? null : principal.account.id;
      return showPage(await audit.list(whose, readPage(query, ids, "audit")), ids, "audit", (entry) =>
        auditJson(entry, ids),
      );
    },
    operation(
      {
        id: "listAudit",
        summary: "Read the audit",
        description:
          "Logins, keys, accounts and other security events, newest first: all of them for an admin, your own otherwise. Entries are never changed; each is hashed onto the one before.",
        access: "manage",
      },
      { query: PageParameters, response: { 200: listOf(AuditJson, "AuditList") } },
    ),
  );
}

function auditJson(entry: AuditEntry, ids: Ids): Static<typeof AuditJson> {
  const shown = (accountId: number | null) => (accountId === null ? null : ids.show("account", accountId));
  return {
    id: ids.show("audit", entry.id),
    time: isoTime(entry.at),
    action: entry.action,
    actor_id: shown(entry.actor.accountId),
    via: entry.actor.via,
    address: entry.actor.address,
    account_id: shown(entry.accountId),
    target: entry.target,
    detail: entry.detail,
    hash: entry.hash,
  };
}
