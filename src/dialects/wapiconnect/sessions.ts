// /api/whatsapp/session: numbers linked, looked after and let go.
import { type Static, Type } from "@sinclair/typebox";
import { type ErrorCode, WaygateError } from "../../core/errors.ts";
import { type Session, SessionName } from "../../core/session.ts";
import { type Call, callerOf, principalOf } from "../../http/call.ts";
import { routes } from "../../http/surface.ts";
import type { Resource } from "../../http/v1/resource.ts";
import { createSessionAccess } from "../../http/v1/session-access.ts";
import { lenient, OrNull } from "../shapes.ts";
import {
  EndedSession,
  MadeSession,
  SessionList,
  SessionStatus,
  sessionParameter,
  sessionWord,
  showSession,
  showStatus,
} from "./write.ts";

const NewSession = Type.Object(
  { sessionId: SessionName, name: OrNull(Type.String({ maxLength: 100, description: "For people." })) },
  { ...lenient, title: "WapiconnectNewSession", examples: [{ sessionId: "main", name: "Sales Number" }] },
);

/** As long as it may take until WhatsApp has unlinked a device, or is found out of reach. */
const unlinkSeconds = 60;

export function sessionRoutes({ services, operation }: Resource) {
  const { sessions, sessionRuns } = services;
  const { reachOf, own } = createSessionAccess(services);
  const standingOf = (session: Session) => ({ session, live: sessionRuns.view(session) });
  const params = sessionParameter;

  /** What is there already is started again, if it does not run. */
  async function ensure(body: Static<typeof NewSession>, call: Call): Promise<{ isNew: boolean; session: Session }> {
    const { sessionId: name, name: label } = body;
    const known = await own(call, name).catch(nullIf("not_found"));
    if (known !== null) return { isNew: false, session: await sessionRuns.start(known, callerOf(call)) };
    const making = sessions.create({ name, label: label || null }, reachOf(call), callerOf(call));
    const session = await making.catch(nullIf("conflict"));
    // Somebody else has just made it.
    return session === null ? ensure(body, call) : { isNew: true, session };
  }

  async function end(shown: string, call: Call): Promise<Static<typeof EndedSession>> {
    const session = await own(call, shown);
    call.takes(unlinkSeconds);
    if (session.identity !== null) await sessionRuns.logOut(session, callerOf(call));
    await sessionRuns.stop(session, callerOf(call));
    return { success: true, sessionId: session.name, status: "disconnected" };
  }

  return routes()
    .post(
      "/session",
      async ({ body, call }) => {
        const { isNew, session } = await ensure(body, call);
        const status = isNew ? ("initializing" as const) : sessionWord(standingOf(session));
        return { success: true as const, sessionId: session.name, isNew, status };
      },
      operation(
        {
          id: "wapiconnectCreateSession",
          summary: "Make a session, or start it again",
          description: "Makes a session and starts it; its status soon has a QR. One that is there already is started.",
          access: "manage",
          faults: ["forbidden", "conflict", "limit_reached"],
        },
        { body: NewSession, response: { 200: MadeSession } },
      ),
    )
    .get(
      "/session/:id/status",
      async ({ params, call }) => {
        const mayLink = principalOf(call).scopes.includes("manage");
        return showStatus(standingOf(await own(call, params.id)), mayLink);
      },
      operation(
        {
          id: "wapiconnectGetSessionStatus",
          summary: "Where a session stands",
          description: "Its status, the QR while there is one to scan, and its number once it is linked.",
          access: "read",
          faults: ["not_found"],
        },
        { params, response: { 200: SessionStatus } },
      ),
    )
    .get(
      "/sessions",
      async ({ call }) => {
        const { rows } = await sessions.list(reachOf(call), { before: null, limit: mostSessions });
        return { sessions: rows.map((session) => showSession(standingOf(session))) };
      },
      operation(
        {
          id: "wapiconnectListSessions",
          summary: "All sessions",
          description: "The account's sessions, newest first; with a key that is bound to sessions, those alone.",
          access: "read",
        },
        { response: { 200: SessionList } },
      ),
    )
    .delete(
      "/session/:id",
      ({ params, call }) => end(params.id, call),
      operation(
        {
          id: "wapiconnectDeleteSession",
          summary: "Log a session out",
          description: "Unlinks it from its phone and stops it. It stays in the list, and can be linked anew.",
          access: "manage",
          faults: ["not_found", "unavailable"],
        },
        { params, response: { 200: EndedSession } },
      ),
    )
    .post(
      "/session/:id/disconnect",
      ({ params, call }) => end(params.id, call),
      operation(
        {
          id: "wapiconnectDisconnectSession",
          summary: "Log a session out, by POST",
          description: "The same as DELETE: unlinks it from its phone and stops it.",
          access: "manage",
          faults: ["not_found", "unavailable"],
        },
        { params, response: { 200: EndedSession } },
      ),
    );
}

const mostSessions = 10_000;

function nullIf(code: ErrorCode) {
  return (error: unknown): null => {
    if (error instanceof WaygateError && error.code === code) return null;
    throw error;
  };
}
