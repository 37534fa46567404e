// /api/v1/sessions: the caller's WhatsApp numbers, made, changed, started and stopped.
import type { Session } from "../../core/session.ts";
import { callerOf } from "../call.ts";
import { routes } from "../surface.ts";
import type { Resource } from "./resource.ts";
import { createSessionAccess } from "./session-access.ts";
import {
  NewSession,
  readChanges,
  SessionChanges,
  SessionJson,
  sessionJson,
  sessionParameter,
} from "./session-shapes.ts";
import { listOf, NoContent, PageParameters, readPage, showPage } from "./shapes.ts";

/** As long as it may take until WhatsApp has unlinked a device, or is found out of reach. */
const unlinkSeconds = 60;

export function sessionRoutes({ services, operation }: Resource) {
  const { sessions, sessionRuns, ids } = services;
  const { reachOf, own } = createSessionAccess(services);
  const params = sessionParameter;
  const show = (session: Session) =>
    sessionJson({ session, live: sessionRuns.view(session), network: sessionRuns.networkOf(session) }, ids);
  const answer = { params, response: { 200: SessionJson } };

  return routes()
    .get(
      "/sessions",
      async ({ query, call }) => {
        const page = await sessions.list(reachOf(call), readPage(query, ids, "session"));
        return showPage(page, ids, "session", show);
      },
      operation(
        {
          id: "listSessions",
          summary: "List sessions",
          description: "Your WhatsApp numbers, newest first; with a key that is bound to sessions, those alone.",
          access: "read",
        },
        { query: PageParameters, response: { 200: listOf(SessionJson, "SessionList") } },
      ),
    )
    .post(
      "/sessions",
      async ({ body, call, status }) => {
        const { name, start } = body;
        const made = await sessions.create({ ...readChanges(body), name, start }, reachOf(call), callerOf(call));
        return status(201, show(made));
      },
      operation(
        {
          id: "createSession",
          summary: "Make a session",
          description:
            "Makes a session and starts it: it soon shows a QR (`GET …/qr?wait=30`) or gives a code (`POST …/pairing-code`), with which a phone links it.",
          access: "manage",
          faults: ["forbidden", "conflict", "limit_reached"],
        },
        { body: NewSession, response: { 201: SessionJson } },
      ),
    )
    .get(
      "/sessions/:id",
      async ({ params, call }) => show(await own(call, params.id)),
      operation(
        {
          id: "getSession",
          summary: "Get a session",
          description: "One session: where it stands and why, who it is on WhatsApp, its settings.",
          access: "read",
          faults: ["not_found"],
        },
        answer,
      ),
    )
    .patch(
      "/sessions/:id",
      async ({ params, body, call }) => {
        const session = await own(call, params.id);
        return show(await sessions.update(session, readChanges(body), callerOf(call)));
      },
      operation(
        {
          id: "updateSession",
          summary: "Change a session",
          description: "Changes what is given and leaves the rest. It holds at once, without a restart.",
          access: "manage",
          faults: ["not_found"],
        },
        { params, body: SessionChanges, response: { 200: SessionJson } },
      ),
    )
    .delete(
      "/sessions/:id",
      async ({ params, call, set }) => {
        const session = await own(call, params.id);
        call.takes(unlinkSeconds);
        await sessionRuns.remove(session, callerOf(call));
        set.status = 204;
      },
      operation(
        {
          id: "deleteSession",
          summary: "Delete a session",
          description: "Logs it out, if WhatsApp can be reached, and deletes it with everything that is kept of it.",
          access: "manage",
          faults: ["not_found"],
        },
        { params, response: { 204: NoContent } },
      ),
    )
    .post(
      "/sessions/:id/start",
      async ({ params, call }) => show(await sessionRuns.start(await own(call, params.id), callerOf(call))),
      operation(
        {
          id: "startSession",
          summary: "Start a session",
          description: "Lets it run, over restarts of the gateway too. One that runs already is left alone.",
          access: "manage",
          faults: ["not_found"],
        },
        answer,
      ),
    )
    .post(
      "/sessions/:id/stop",
      async ({ params, call }) => show(await sessionRuns.stop(await own(call, params.id), callerOf(call))),
      operation(
        {
          id: "stopSession",
          summary: "Stop a session",
          description:
            "Ends its connection. It stays linked, and what is written to it meanwhile comes when it starts.",
          access: "manage",
          faults: ["not_found"],
        },
        answer,
      ),
    )
    .post(
      "/sessions/:id/restart",
      async ({ params, call }) => show(await sessionRuns.restart(await own(call, params.id), callerOf(call))),
      operation(
        {
          id: "restartSession",
          summary: "Restart a session",
          description: "Ends its connection and makes it anew; a session that does not run is started.",
          access: "manage",
          faults: ["not_found"],
        },
        answer,
      ),
    )
    .post(
      "/sessions/:id/logout",
      async ({ params, call }) => {
        const session = await own(call, params.id);
        call.takes(unlinkSeconds);
        return show(await sessionRuns.logOut(session, callerOf(call)));
      },
      operation(
        {
          id: "logOutSession",
          summary: "Log a session out",
          description: "Unlinks it from its phone and forgets its credentials; start it to link it anew.",
          access: "manage",
          faults: ["not_found", "unavailable"],
        },
        answer,
      ),
    );
}
