// /api/whatsapp/session/…/send and the log of what was said.
import type { Static } from "@sinclair/typebox";
import { second } from "../../core/clock.ts";
import { WaygateError } from "../../core/errors.ts";
import { longestFetchMs } from "../../core/media-limits.ts";
import type { Session } from "../../core/session.ts";
import type { Call } from "../../http/call.ts";
import { readIdempotencyKey } from "../../http/idempotency.ts";
import type { About } from "../../http/operation.ts";
import { routes } from "../../http/surface.ts";
import type { Resource } from "../../http/v1/resource.ts";
import { createSessionAccess } from "../../http/v1/session-access.ts";
import { LogQuery, NewMessage, readLogQuery, readMessage } from "./read.ts";
import { MessageLog, SentMessage, sessionParameter, showLogged, showSent } from "./write.ts";

const waitMs = 15 * second;
/** And a file may take its time to be fetched first. */
const answerSeconds = longestFetchMs / second + 30;

export function messageRoutes({ services, operation }: Resource) {
  const { messages, sessions } = services;
  const { own, reachOf } = createSessionAccess(services);

  async function send(shown: string, body: Static<typeof NewMessage>, call: Call) {
    const session = await own(call, shown);
    const input = readMessage(body);
    refuseUnlinked(session);
    call.takes(answerSeconds);
    const { message } = await messages.send(session, input, { waitMs, key: readIdempotencyKey(call) });
    if (message.fault !== null) throw new WaygateError("conflict", message.fault.sentence, { named: "SEND_FAILED" });
    return showSent(message);
  }

  async function log(query: Static<typeof LogQuery>, call: Call) {
    const { page, limit, offset, session, direction } = readLogQuery(query);
    const reach = reachOf(call);
    const sessionIds = await sessions.idsWithin(reach, session);
    const filter = { accountId: reach.accountId, sessionIds, direction };
    const [{ rows, total }, all] = await Promise.all([
      messages.listPart(filter, { offset, limit }),
      sessions.listAll(reach.accountId),
    ]);
    const byId = new Map(all.map((one) => [one.id, one]));
    const shown = rows.flatMap((message) => {
      const of = byId.get(message.sessionId);
      return of === undefined ? [] : [showLogged(message, of)];
    });
    return { messages: shown, total, page, pages: Math.ceil(total / limit) };
  }

  const logAbout = {
    description: "What was sent and received, newest first, by pages.",
    access: "read",
    faults: ["not_found"],
  } satisfies Partial<About>;
  const logSchemas = { query: LogQuery, response: { 200: MessageLog } };

  return routes()
    .post(
      "/session/:id/send",
      ({ params, body, call }) => send(params.id, body, call),
      operation(
        {
          id: "wapiconnectSend",
          summary: "Send a message",
          description:
            "Answers when WhatsApp has it, or after 15 seconds: then it is kept, and goes out as soon as it can. An `Idempotency-Key` header makes it safe to ask again.",
          access: "send",
          carriesFiles: true,
          faults: ["not_found", "conflict", "daily_limit_reached", "unavailable"],
        },
        { params: sessionParameter, body: NewMessage, response: { 200: SentMessage } },
      ),
    )
    .get(
      "/messages",
      ({ query, call }) => log(query, call),
      operation({ id: "wapiconnectListMessages", summary: "The log of messages", ...logAbout }, logSchemas),
    )
    .get(
      "/logs",
      ({ query, call }) => log(query, call),
      operation(
        { id: "wapiconnectListLogs", summary: "The log of messages, by its other name", ...logAbout },
        logSchemas,
      ),
    );
}

export function refuseUnlinked({ name, identity }: Session): void {
  if (identity !== null) return;
  const sentence = `The session ${name} is not ready: it is linked to no number yet. Scan its QR first.`;
  throw new WaygateError("conflict", sentence, { named: "SESSION_NOT_READY" });
}
