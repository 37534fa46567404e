// /api/v1/sandbox: the WhatsApp network in the box and the people on it. There only while the gateway runs with it.
import { type Static, Type } from "@sinclair/typebox";
import { type ErrorCode, WaygateError } from "../../core/errors.ts";
import type { SandboxControl } from "../../sandbox/control/actions.ts";
import type { ControlError } from "../../sandbox/control/input.ts";
import { routes } from "../surface.ts";
import type { Resource } from "./resource.ts";
import * as shapes from "./sandbox-shapes.ts";
import { NoContent } from "./shapes.ts";

const { phoneParameter, groupParameter, faultParameter, deviceParameter } = shapes;
const notFound = { faults: ["not_found" as const] };
const mayClash = { faults: ["not_found" as const, "conflict" as const] };
const listed = <T extends Parameters<typeof Type.Array>[0]>(item: T, title: string) =>
  Type.Object({ data: Type.Array(item) }, { title });

export function sandboxRoutes({ operation }: Resource, sandbox: SandboxControl) {
  const { phones } = sandbox;

  const read = (id: string, summary: string, description: string) =>
    ({ id, summary, description, access: "read" }) as const;
  const change = (id: string, summary: string, description: string) =>
    ({ id, summary, description, access: "manage" }) as const;

  return routes()
    .get(
      "/sandbox",
      () => ({ ...sandbox.endpoint, faults: sandbox.faultNames() }),
      operation(
        read(
          "getSandbox",
          "Where the sandbox is",
          "Its socket, root key, CA and media host, for other clients; and the faults it knows.",
        ),
        {
          response: { 200: shapes.Anything },
        },
      ),
    )
    .get(
      "/sandbox/phones",
      () => ({ data: phones.list() }),
      operation(read("listSandboxPhones", "List the phones", "Everybody on the network, with their linked devices."), {
        response: { 200: listed(shapes.PhoneJson, "SandboxPhoneList") },
      }),
    )
    .post(
      "/sandbox/phones",
      ({ body, status }) =>
        status(
          201,
          told(() => phones.add(body)),
        ),
      operation(
        {
          ...change(
            "createSandboxPhone",
            "Make a phone",
            "A person with a number, a Signal identity and an empty inbox.",
          ),
          faults: ["conflict"],
        },
        { body: shapes.NewPhone, response: { 201: shapes.PhoneJson } },
      ),
    )
    .get(
      "/sandbox/phones/:number",
      ({ params }) => told(() => phones.get(params.number)),
      operation(
        { ...read("getSandboxPhone", "Get a phone", "One person, by number."), ...notFound },
        { params: phoneParameter, response: { 200: shapes.PhoneJson } },
      ),
    )
    .patch(
      "/sandbox/phones/:number",
      ({ params, body }) => told(() => phones.change(params.number, body)),
      operation(
        {
          ...change(
            "updateSandboxPhone",
            "Change a phone",
            "Its name, whether it is online, and what it does by itself.",
          ),
          ...notFound,
        },
        { params: phoneParameter, body: shapes.PhoneChanges, response: { 200: shapes.PhoneJson } },
      ),
    )
    .post(
      "/sandbox/phones/:number/scan",
      async ({ params, body }) => toldLater(() => phones.scan(params.number, { qr: qrOf(body) })),
      operation(
        {
          ...change(
            "scanWithSandboxPhone",
            "Scan a QR",
            "The phone scans a QR and links the client that shows it, as one of its devices.",
          ),
          ...mayClash,
        },
        { params: phoneParameter, body: shapes.Scan, response: { 200: shapes.LinkedJson } },
      ),
    )
    .post(
      "/sandbox/phones/:number/type-code",
      async ({ params, body }) => toldLater(() => phones.typeCode(params.number, body)),
      operation(
        {
          ...change(
            "typeCodeOnSandboxPhone",
            "Type a pairing code",
            "The phone's owner types the code that a client shows.",
          ),
          ...mayClash,
        },
        { params: phoneParameter, body: shapes.TypeCode, response: { 200: shapes.LinkedJson } },
      ),
    )
    .delete(
      "/sandbox/phones/:number/devices/:device",
      ({ params, set }) => {
        told(() => phones.unlink(params.number, Number(params.device)));
        set.status = 204;
      },
      operation(
        {
          ...change(
            "unlinkSandboxDevice",
            "Unlink a device",
            "As its owner would on the phone: the client is logged out.",
          ),
          ...notFound,
        },
        { params: deviceParameter, response: { 204: NoContent } },
      ),
    )
    .post(
      "/sandbox/phones/:number/messages",
      ({ params, body, status }) => status(201, shown(told(() => phones.send(params.number, body)))),
      operation(
        {
          ...change(
            "writeFromSandboxPhone",
            "Write from a phone",
            "A text, media, a reaction, an edit, a deletion, a poll, a location or a contact, really encrypted for every device it goes to.",
          ),
          ...notFound,
        },
        { params: phoneParameter, body: shapes.Words, response: { 201: shapes.ItemJson } },
      ),
    )
    .get(
      "/sandbox/phones/:number/inbox",
      async ({ params, query }) => {
        const { after = null, wait = 0, limit = 50 } = query;
        const page = await toldLater(() => phones.inbox(params.number, { after, wait_ms: wait * 1_000, limit }));
        return { data: page.data.map(shown), last: page.last };
      },
      operation(
        {
          ...read(
            "readSandboxInbox",
            "Look into an inbox",
            "What a phone has got and really decrypted, oldest first; waits for the first message if asked to.",
          ),
          ...notFound,
        },
        { params: phoneParameter, query: shapes.InboxQuery, response: { 200: shapes.InboxJson } },
      ),
    )
    .post(
      "/sandbox/phones/:number/read",
      ({ params, body }) => told(() => phones.read(params.number, body)),
      operation(
        {
          ...change(
            "readOnSandboxPhone",
            "Read messages",
            "The phone's owner reads: read receipts go out. All of them if none is named.",
          ),
          ...notFound,
        },
        { params: phoneParameter, body: shapes.ReadInput, response: { 200: shapes.ReadJson } },
      ),
    )
    .post(
      "/sandbox/phones/:number/typing",
      ({ params, body, set }) => {
        told(() => phones.type(params.number, body));
        set.status = 204;
      },
      operation(
        {
          ...change(
            "typeOnSandboxPhone",
            "Type",
            "Shows somebody that the phone's owner types, records, or has stopped.",
          ),
          ...notFound,
        },
        { params: phoneParameter, body: shapes.TypingInput, response: { 204: NoContent } },
      ),
    )
    .get(
      "/sandbox/groups",
      () => ({ data: sandbox.groups() }),
      operation(read("listSandboxGroups", "List the groups", "Every group on the network."), {
        response: { 200: listed(shapes.GroupJson, "SandboxGroupList") },
      }),
    )
    .post(
      "/sandbox/groups",
      ({ body, status }) =>
        status(
          201,
          told(() => sandbox.createGroup(body)),
        ),
      operation(
        {
          ...change("createSandboxGroup", "Make a group", "Made by one of the phones; everybody in it hears of it."),
          ...notFound,
        },
        { body: shapes.NewGroup, response: { 201: shapes.GroupJson } },
      ),
    )
    .patch(
      "/sandbox/groups/:id",
      ({ params, body }) => told(() => sandbox.changeGroup(params.id, body)),
      operation(
        {
          ...change(
            "updateSandboxGroup",
            "Change a group",
            "Add, remove, promote or demote members, rename it, or leave it.",
          ),
          ...mayClash,
        },
        { params: groupParameter, body: shapes.GroupChange, response: { 200: shapes.GroupJson } },
      ),
    )
    .get(
      "/sandbox/faults",
      () => ({ data: sandbox.faults().map(faultJson) }),
      operation(
        read("listSandboxFaults", "List the faults", "What may go wrong just now. `GET /sandbox` says what can."),
        {
          response: { 200: listed(shapes.FaultJson, "SandboxFaultList") },
        },
      ),
    )
    .post(
      "/sandbox/faults",
      ({ body, status }) =>
        status(
          201,
          told(() => sandbox.addFault(body)),
        ),
      operation(
        change(
          "createSandboxFault",
          "Let something go wrong",
          "By name, so many times or with a probability, for one phone or for all.",
        ),
        {
          body: shapes.NewFault,
          response: { 201: Type.Object({ id: Type.Integer() }, { title: "SandboxFaultId" }) },
        },
      ),
    )
    .delete(
      "/sandbox/faults/:id",
      ({ params, set }) => {
        told(() => sandbox.removeFault(Number(params.id)));
        set.status = 204;
      },
      operation(
        { ...change("deleteSandboxFault", "End a fault", "It strikes no more."), ...notFound },
        { params: faultParameter, response: { 204: NoContent } },
      ),
    )
    .get(
      "/sandbox/stats",
      ({ query }) => sandbox.stats(query.id ?? null),
      operation(
        read(
          "getSandboxStats",
          "What became of messages",
          "Per message id: copies, acks, receipts, retries; and all that was against the protocol.",
        ),
        {
          query: shapes.StatsQuery,
          response: { 200: shapes.Anything },
        },
      ),
    )
    .get(
      "/sandbox/frames",
      ({ query }) => ({ data: sandbox.frames(query.limit ?? 100, query.who ?? null) }),
      operation(read("listSandboxFrames", "The last stanzas", "As readable text, oldest first."), {
        query: shapes.FramesQuery,
        response: { 200: listed(shapes.Anything, "SandboxFrameList") },
      }),
    )
    .post(
      "/sandbox/settle",
      async ({ body }) => toldLater(() => sandbox.settle(body)),
      operation(
        {
          ...change(
            "settleSandbox",
            "Wait until it is quiet",
            "Answers when nothing is under way any more: instead of sleeping in tests.",
          ),
          bodyIsOptional: true,
          faults: ["unavailable"],
        },
        {
          body: shapes.SettleInput,
          response: { 200: Type.Object({ settled: Type.Boolean() }, { title: "SandboxSettled" }) },
        },
      ),
    )
    .post(
      "/sandbox/clock",
      ({ body }) => sandbox.advance(body),
      operation(change("moveSandboxClock", "Move the clock", "The network's own clock goes on by so much."), {
        body: shapes.ClockInput,
        response: { 200: Type.Object({ now: Type.String({ format: "date-time" }) }, { title: "SandboxClock" }) },
      }),
    )
    .post(
      "/sandbox/reset",
      ({ set }) => {
        sandbox.reset();
        set.status = 204;
      },
      operation(
        change("resetSandbox", "Begin anew", "Everybody and everything on the network is gone; its keys stay."),
        {
          response: { 204: NoContent },
        },
      ),
    );
}

function qrOf({ qr, session }: Static<typeof shapes.Scan>): string {
  if (qr !== undefined) return qr;
  if (session === undefined) throw new WaygateError("invalid", "Give a qr or a session.");
  throw new WaygateError("not_found", `There is no session ${session}.`);
}

const codes: Record<ControlError["code"], ErrorCode> = {
  invalid: "invalid",
  not_found: "not_found",
  conflict: "conflict",
  timeout: "unavailable",
};

/** What the network refuses, in our own words for it. */
function told<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw translated(error);
  }
}

async function toldLater<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw translated(error);
  }
}

function translated(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== "ControlError" || !("code" in error)) return error;
  return new WaygateError(codes[error.code as ControlError["code"]], error.message, {}, error);
}

type Item = ReturnType<SandboxControl["phones"]["send"]>;
const shown = (item: Item) => ({
  ...item,
  message: { ...item.message },
  media: item.media === null ? null : { ...item.media },
});

function faultJson({ delayMs, ...fault }: ReturnType<SandboxControl["faults"]>[number]) {
  return { ...fault, delay_ms: delayMs };
}
