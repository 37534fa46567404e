// The status table: what any credential gets from any operation, as one rule. 401 comes before 403, 403 before what is
// wrong with the request, and that before 404.
import { documented, type Operation } from "../support/document.ts";
import { collectionOf } from "../support/targets.ts";
import type { Credential, Meaning } from "./credentials.ts";

/** Whose thing the path names: nothing where it names none. */
export type Target = "none" | "own" | "foreign" | "stronger" | "wrong kind" | "garbage";
export type BodyKind = "good" | "malformed";

export type Cell = { op: Operation; credential: Credential; target: Target; body: BodyKind };
export type Expected = { status: number; code: string | null };

const unsafe = new Set(["POST", "PUT", "PATCH", "DELETE"]);
const refused = {
  unauthenticated: { status: 401, code: "unauthenticated" },
  forbidden: { status: 403, code: "forbidden" },
  session_required: { status: 403, code: "session_required" },
  malformed: { status: 400, code: "malformed" },
  not_found: { status: 404, code: "not_found" },
  conflict: { status: 409, code: "conflict" },
} as const;

/** Open to all, and yet not done: once an admin exists nobody sets the gateway up again. */
const closedToAll: Record<string, Expected> = {
  setUp: refused.conflict,
  // The document's example names nobody's key.
  clientsResetKey: refused.unauthenticated,
};

/** Codes of ours under the names that a dialect's document has for them. */
const clientsNames: Record<string, string> = {
  unauthenticated: "auth_error",
  forbidden: "access_denied",
  malformed: "invalid_request",
  conflict: "session_not_ready",
};
/** Its faults have the status in place of a code. */
const hasNoCodes = (op: Operation) => /EnvelopeError$/.test(String(op.fault.schema.$ref));
const namesOf = (op: Operation) => (/ClientsError$/.test(String(op.fault.schema.$ref)) ? clientsNames : {});

/** What only a number that is linked and connected can do: these are neither. */
const notConnected = refused.conflict;
const needsConnection: ReadonlySet<string> = new Set([
  "getSessionQr",
  "createPairingCode",
  "getSessionProfile",
  "updateSessionProfile",
  "setSessionPicture",
  "getSessionPrivacy",
  "updateSessionPrivacy",
  "getBlocklist",
  "changeBlocklist",
  "checkContacts",
  "cancelMessage",
  "reactToMessage",
  "editMessage",
  "deleteMessage",
  "showChatPresence",
  "updateSchedule",
  "runSchedule",
]);

/** What belongs to one session, and is not there for a key that is bound to another. */
const ofSessions: ReadonlySet<string> = new Set([
  "/api/v1/sessions",
  "/api/v1/messages",
  "/api/v1/chats",
  "/api/v1/contacts",
  "/api/v1/schedules",
  "/api/v1/events/consumers",
  "/api/v1/campaigns",
  "/api/v1/suppressions",
  "/api/v1/webhooks",
  "/api/v1/webhooks/{id}/deliveries",
  "/webhooks",
  "/api/whatsapp/session",
  "/api/whatsapp/bulk-job",
  "/api/qr",
  "/api/received-messages",
  "/api/incoming-calls",
]);

const makesSession: ReadonlySet<string> = new Set(["createSession", "wapiconnectCreateSession", "clientsAddNumber"]);

/** Of a session that is linked to no number. */
const notReady: Record<string, Expected> = {
  wapiconnectSend: { status: 400, code: "session_not_ready" },
  wapiconnectSendBulk: { status: 400, code: "session_not_ready" },
  // A draft, without recipients and of a session that is not linked.
  startCampaign: refused.conflict,
  pauseCampaign: refused.conflict,
  resumeCampaign: refused.conflict,
  retryCampaign: refused.conflict,
  clientsSendText: { status: 400, code: "session_not_ready" },
  clientsGetQr: { status: 404, code: "qr_not_available" },
};

/** A login has no key that could be replaced. */
const replacesKey: ReadonlySet<string> = new Set(["wapiconnectResetApiKey"]);
/** What ends the key that asks. */
export const endsOwnKey = ({ id }: Operation) => replacesKey.has(id);

/** The session that the document's example names is nobody's here. */
const namesNoSession: ReadonlySet<string> = new Set([
  ...["createCampaign", "planCampaign", "sendMessage", "createSchedule"],
  ...["clientsSendMessage", "clientsScheduleMessage", "clientsUpdateWebhook"],
]);

/** A key may not be read by one that may do less. */
const showsClientKey: ReadonlySet<string> = new Set(["getClientKey"]);
const clientScopes = ["read", "send", "manage"] as const;

export const changes = (op: Operation) => unsafe.has(op.method);
/** Whoever holds such a thing may use it, whosoever's it is. */
const bearersOwn: ReadonlySet<string> = new Set(["getLinkedMedia"]);

/** What only an admin handles belongs to the installation; all else belongs to an account. */
export const isOwned = (op: Operation) => op.access !== "admin" && !bearersOwn.has(op.id);

export function expectedOf(cell: Cell): Expected {
  const { status, code } = natively(cell);
  // What is not found has a name of its own for each kind of thing.
  const isNamed = !hasNoCodes(cell.op) && (cell.op.isNative || status !== 404);
  return { status: documented(cell.op, status), code: isNamed ? (namesOf(cell.op)[code ?? ""] ?? code) : null };
}

function natively({ op, credential: { meaning }, target, body }: Cell): Expected {
  if (op.access !== "public") {
    const refusal = refusalOf(op, meaning);
    if (refusal !== null) return refusal;
  }
  if (showsClientKey.has(op.id) && "scopes" in meaning && !clientScopes.every((one) => meaning.scopes.includes(one))) {
    return refused.forbidden;
  }
  if (body === "malformed") return refused.malformed;
  if (target === "foreign" && isOwned(op)) return refused.not_found;
  if (target === "wrong kind" || target === "garbage") return refused.not_found;
  // Nobody ends or renews what may do more than he may himself.
  if (target === "stronger" && changes(op)) return refused.forbidden;
  if (meaning.kind === "key" && meaning.isBound === true) {
    const refusal = boundRefusalOf(op);
    if (refusal !== null) return refusal;
  }
  if (namesNoSession.has(op.id)) return refused.not_found;
  if (needsConnection.has(op.id)) return notConnected;
  if (replacesKey.has(op.id) && meaning.kind === "login") return refused.conflict;
  return notReady[op.id] ?? closedToAll[op.id] ?? { status: op.success.status, code: null };
}

function refusalOf(op: Operation, meaning: Meaning): Expected | null {
  if (meaning.kind === "nobody") return refused.unauthenticated;
  if (meaning.kind === "elsewhere") return refused.forbidden;
  if (meaning.kind === "login" && meaning.isCrossSite && changes(op)) return refused.forbidden;
  if (op.access === "login") return meaning.kind === "login" ? null : refused.session_required;
  return meaning.scopes.some((scope) => scope === op.access) ? null : refused.forbidden;
}

/** What is the whole account's, and not for a key that is bound to some of its sessions. */
const ofAccount: ReadonlySet<string> = new Set(["listSuppressions", "addSuppressions"]);

/** Other sessions are not there for it; and what is good for all of them is beyond it. */
function boundRefusalOf(op: Operation): Expected | null {
  const collection = collectionOf(op.path);
  if (collection !== null && ofSessions.has(collection)) return refused.not_found;
  if (ofAccount.has(op.id)) return refused.forbidden;
  return makesSession.has(op.id) || (collection === "/api/v1/keys" && changes(op)) ? refused.forbidden : null;
}
