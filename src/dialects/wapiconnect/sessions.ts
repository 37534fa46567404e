// /api/whatsapp/session: numbers linked, looked after and let go.
import { type Static, Type } from "@sinclair/typebox";
import { WaygateError } from "../../core/errors.ts";
import { type Session, SessionName } from "../../core/session.ts";
import { type Call, callerOf } from "../../http/call.ts";
import { routes } from "../../http/surface.ts";
import type { Resource } from "../../http/v1/resource.ts";
import { createSessionAccess } from "../../http/v1/session-access.ts";
import { OrNull } from "./read.ts";
import { SessionWord, sessionWord } from "./write.ts";

const NewSession = Type.Object(
  { sessionId: SessionName, name: OrNull(Type.String({ maxLength: 100, description: "For people." })) },
  { title: "WapiconnectNewSession", examples: [{ sessionId: "main", name: "Sales Number" }] },
);
const MadeSession = Type.Object(
  { success: Type.Literal(true), sessionId: Type.String(), isNew: Type.Boolean(), status: SessionWord },
  {
    title: "WapiconnectMadeSession",
    examples: [{ success: true, sessionId: "main", isNew: true, status: "initializing" }],
  },
);

export function sessionRoutes({ services, operation }: Resource) {
  const { sessions, sessionRuns } = services;
  const { reachOf, own } = createSessionAccess(services);
  const wordOf = (session: Session) => sessionWord(session, sessionRuns.view(session));

  /** What is there already is started again, if it does not run. */
  async function ensure({ sessionId: name, name: label }: Static<typeof NewSession>, call: Call) {
    const known = await own(call, name).catch(nullIfNotFound);
    if (known !== null) return { isNew: false, session: await sessionRuns.start(known, callerOf(call)) };
    const session = await sessions.create({ name, label: label || null }, reachOf(call), callerOf(call));
    return { isNew: true, session };
  }

  return routes().post(
    "/session",
    async ({ body, call }) => {
      const { isNew, session } = await ensure(body, call);
      const status = isNew ? ("initializing" as const) : wordOf(session);
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
  );
}

function nullIfNotFound(error: unknown): null {
  if (error instanceof WaygateError && error.code === "not_found") return null;
  throw error;
}
