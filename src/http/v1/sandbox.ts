// /api/v1/sandbox: the WhatsApp network in the box: its groups, its faults, what it saw. There only while it runs.
import { Type } from "@sinclair/typebox";
import type { SandboxControl } from "../../sandbox/control/actions.ts";
import { routes } from "../surface.ts";
import type { Resource } from "./resource.ts";
import { changing, mayClash, notFound, reading, told, toldLater } from "./sandbox-route.ts";
import * as shapes from "./sandbox-shapes.ts";
import { NoContent } from "./shapes.ts";

const { groupParameter, faultParameter } = shapes;

export function sandboxRoutes({ operation }: Resource, sandbox: SandboxControl) {
  return routes()
    .get(
      "/sandbox",
      () => ({ ...sandbox.endpoint, faults: sandbox.faultNames() }),
      operation(
        reading(
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
      operation(reading("listSandboxGroups", "List the groups", "Every group on the network."), {
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
          ...changing("createSandboxGroup", "Make a group", "Made by one of the phones; everybody in it hears of it."),
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
          ...changing(
            "updateSandboxGroup",
            "Change a group",
            "Add, remove, promote or demote members, rename and set it, join it, or leave it.",
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
        reading("listSandboxFaults", "List the faults", "What may go wrong just now. `GET /sandbox` says what can."),
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
        changing(
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
        { ...changing("deleteSandboxFault", "End a fault", "It strikes no more."), ...notFound },
        { params: faultParameter, response: { 204: NoContent } },
      ),
    )
    .get(
      "/sandbox/stats",
      ({ query }) => sandbox.stats(query.id ?? null),
      operation(
        reading(
          "getSandboxStats",
          "What became of messages",
          "Per message id: how often it was handed in, how far it came at each device, acks, receipts, retries; and all that was against the protocol.",
        ),
        {
          query: shapes.StatsQuery,
          response: { 200: shapes.Anything },
        },
      ),
    )
    .get(
      "/sandbox/settings",
      () => sandbox.settings(),
      operation(
        reading("getSandboxSettings", "How much it keeps", "What the network keeps before it forgets the oldest."),
        { response: { 200: shapes.SettingsJson } },
      ),
    )
    .patch(
      "/sandbox/settings",
      ({ body }) => told(() => sandbox.changeSettings(body)),
      operation(
        changing(
          "updateSandboxSettings",
          "Keep more or less",
          "For long runs and for measuring. What is not named stays as it is.",
        ),
        { body: shapes.SettingsChanges, response: { 200: shapes.SettingsJson } },
      ),
    )
    .get(
      "/sandbox/frames",
      ({ query }) => ({ data: sandbox.frames(query.limit ?? 100, query.who ?? null) }),
      operation(reading("listSandboxFrames", "The last stanzas", "As readable text, oldest first."), {
        query: shapes.FramesQuery,
        response: { 200: shapes.listed(shapes.Anything, "SandboxFrameList") },
      }),
    )
    .post(
      "/sandbox/settle",
      async ({ body }) => toldLater(() => sandbox.settle(body)),
      operation(
        {
          ...changing(
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
      operation(changing("moveSandboxClock", "Move the clock", "The network's own clock goes on by so much."), {
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
        changing("resetSandbox", "Begin anew", "Everybody and everything on the network is gone; its keys stay."),
        {
          response: { 204: NoContent },
        },
      ),
    );
}

function faultJson({ delayMs, ...fault }: ReturnType<SandboxControl["faults"]>[number]) {
  return { ...fault, delay_ms: delayMs };
}
