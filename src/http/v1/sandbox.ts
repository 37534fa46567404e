// /api/v1/sandbox: the WhatsApp network in the box: its groups, its faults, what it saw. There only while it runs.
import { Type } from "@sinclair/typebox";
import type { SandboxControl } from "../../sandbox/control/actions.ts";
import { routes } from "../surface.ts";
import type { Resource } from "./resource.ts";
import { told, toldLater } from "./sandbox-faults.ts";
import * as shapes from "./sandbox-shapes.ts";
import { NoContent } from "./shapes.ts";

const { groupParameter, faultParameter } = shapes;
const notFound = { faults: ["not_found" as const] };
const mayClash = { faults: ["not_found" as const, "conflict" as const] };

export function sandboxRoutes({ operation }: Resource, sandbox: SandboxControl) {
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
      "/sandbox/groups",
      () => ({ data: sandbox.groups() }),
      operation(read("listSandboxGroups", "List the groups", "Every group on the network."), {
        response: { 200: shapes.listed(shapes.GroupJson, "SandboxGroupList") },
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
          response: { 200: shapes.listed(shapes.FaultJson, "SandboxFaultList") },
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
        response: { 200: shapes.listed(shapes.Anything, "SandboxFrameList") },
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

function faultJson({ delayMs, ...fault }: ReturnType<SandboxControl["faults"]>[number]) {
  return { ...fault, delay_ms: delayMs };
}
