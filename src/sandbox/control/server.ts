// The control API of a network that is a server of its own: the actions as routes under /control.

import type { SandboxControl } from "./actions.ts";
import { ControlError, type ControlErrorCode, type Input } from "./input.ts";

type Asked = { at: string[]; body: Input; query: URLSearchParams };
type Route = [method: string, pattern: RegExp, act: (control: SandboxControl, asked: Asked) => unknown];

const statuses: Record<ControlErrorCode, number> = { invalid: 422, not_found: 404, conflict: 409, timeout: 408 };
const head = "/control";
const number = "/phones/(\\+?\\d+)";
const path = (pattern: string) => new RegExp(`^${head}${pattern}$`);

const routes: Route[] = [
  ["GET", path("/?"), (control) => ({ ...control.endpoint, faults: control.faultNames() })],
  ["GET", path("/phones"), (control) => ({ data: control.phones.list() })],
  ["POST", path("/phones"), (control, { body }) => control.phones.add(body)],
  ["GET", path(number), (control, { at: [one = ""] }) => control.phones.get(one)],
  ["PATCH", path(number), (control, { at: [one = ""], body }) => control.phones.change(one, body)],
  ["POST", path(`${number}/scan`), (control, { at: [one = ""], body }) => control.phones.scan(one, body)],
  ["POST", path(`${number}/type-code`), (control, { at: [one = ""], body }) => control.phones.typeCode(one, body)],
  ["POST", path(`${number}/messages`), (control, { at: [one = ""], body }) => control.phones.send(one, body)],
  [
    "GET",
    path(`${number}/inbox`),
    (control, { at: [one = ""], query }) => control.phones.inbox(one, inboxQuery(query)),
  ],
  ["POST", path(`${number}/read`), (control, { at: [one = ""], body }) => control.phones.read(one, body)],
  ["POST", path(`${number}/typing`), (control, { at: [one = ""], body }) => control.phones.type(one, body)],
  ["GET", path(`${number}/typing`), (control, { at: [one = ""] }) => ({ data: control.phones.typing(one) })],
  ["POST", path(`${number}/presence`), (control, { at: [one = ""], body }) => control.phones.show(one, body)],
  ["POST", path(`${number}/chats`), (control, { at: [one = ""], body }) => control.phones.keepChat(one, body)],
  ["POST", path(`${number}/contacts`), (control, { at: [one = ""], body }) => control.phones.saveContact(one, body)],
  ["POST", path(`${number}/calls`), (control, { at: [one = ""], body }) => control.phones.call(one, body)],
  ["GET", path(`${number}/calls`), (control, { at: [one = ""] }) => ({ data: control.phones.calls(one) })],
  [
    "PATCH",
    path(`${number}/calls/(\\w+)`),
    (control, { at: [one = "", id = ""], body }) => control.phones.turnCall(one, id, body),
  ],
  [
    "DELETE",
    path(`${number}/calls/(\\w+)`),
    (control, { at: [one = "", id = ""] }) => void control.phones.hangUp(one, id),
  ],
  [
    "GET",
    path(`${number}/receipts/([\\w-]+)`),
    (control, { at: [one = "", id = ""] }) => control.phones.receipts(one, id),
  ],
  [
    "DELETE",
    path(`${number}/devices/(\\d+)`),
    (control, { at: [one = "", device = ""] }) => control.phones.unlink(one, Number(device)),
  ],
  ["GET", path("/media/([0-9a-f]{64})"), (control, { at: [id = ""] }) => new Response(control.media(id))],
  ["GET", path("/groups"), (control) => ({ data: control.groups() })],
  ["POST", path("/groups"), (control, { body }) => control.createGroup(body)],
  ["PATCH", path("/groups/([\\d@a-z.-]+)"), (control, { at: [id = ""], body }) => control.changeGroup(id, body)],
  ["GET", path("/faults"), (control) => ({ data: control.faults() })],
  ["POST", path("/faults"), (control, { body }) => control.addFault(body)],
  ["DELETE", path("/faults"), (control) => control.clearFaults()],
  ["DELETE", path("/faults/(\\d+)"), (control, { at: [id = ""] }) => control.removeFault(Number(id))],
  [
    "GET",
    path(`${number}/devices/(\\d+)/deliveries`),
    (control, { at: [one = "", device = ""] }) => control.phones.deliveries(one, Number(device)),
  ],
  ["GET", path("/settings"), (control) => ({ ...control.settings(), meanings: control.limitMeanings() })],
  ["PATCH", path("/settings"), (control, { body }) => control.changeSettings(body)],
  ["GET", path("/stats"), (control, { query }) => control.stats(query.get("id"))],
  [
    "GET",
    path("/frames"),
    (control, { query }) => ({ data: control.frames(Number(query.get("limit") ?? 100), query.get("who")) }),
  ],
  ["POST", path("/settle"), (control, { body }) => control.settle(body)],
  ["POST", path("/clock"), (control, { body }) => control.advance(body)],
  ["POST", path("/reset"), (control) => control.reset()],
];

export async function answerControl(control: SandboxControl, request: Request): Promise<Response> {
  const url = new URL(request.url);
  try {
    const fitting = routes.filter(([, pattern]) => pattern.test(url.pathname));
    const route = fitting.find(([method]) => method === request.method);
    if (route === undefined) throw new ControlError("not_found", `There is no ${request.method} ${url.pathname} here.`);
    const at = (route[1].exec(url.pathname) ?? []).slice(1);
    const done = await route[2](control, { at, body: await bodyOf(request), query: url.searchParams });
    if (done instanceof Response) return done;
    return done === undefined ? new Response(null, { status: 204 }) : Response.json(done);
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    return Response.json({ code: error.code, detail: error.message }, { status: statuses[error.code] });
  }
}

async function bodyOf(request: Request): Promise<Input> {
  const text = await request.text();
  if (text === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Input;
  } catch {
    // Told below, like every body that is no object.
  }
  throw new ControlError("invalid", "The body must be a JSON object.");
}

function inboxQuery(query: URLSearchParams) {
  return {
    after: query.get("after"),
    wait_ms: Number(query.get("wait") ?? 0) * 1_000,
    limit: Number(query.get("limit") ?? 100),
  };
}
