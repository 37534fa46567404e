// The wapiconnect document's bulk broadcast: its request and its answers as printed, and its loops that poll for the end.
import { expect, test } from "bun:test";
import { createRunningClock } from "../support/clock.ts";
import { type Flow, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const people = ["919876543210", "919876543211", "919876543212"];

async function linked(): Promise<Flow> {
  const flow = await startFlow({ clock: createRunningClock() });
  await flow.link("main");
  for (const number of people) flow.control.phones.add({ number });
  return flow;
}
const wapi = (flow: Flow, path: string, body?: unknown) =>
  flow.gateway().call(`/api/whatsapp${path}`, body === undefined ? {} : { body });
const got = async (flow: Flow) => {
  await flow.network.settled();
  return Promise.all(people.map((person) => flow.line("main").delivered(person)));
};

test("the job of the document: started, polled and completed, with its delays between", async () => {
  await using flow = await linked();
  const message = "Flash sale! 30% off all products today only.";
  const began = performance.now();
  const started = await wapi(flow, "/session/main/send-bulk", {
    recipients: people,
    message,
    delayMin: 300,
    delayMax: 600,
  });
  expect([started.status, started.json]).toEqual([200, { jobId: expect.any(String), total: 3 }]);
  // As the shell's example finds it.
  expect(/"jobId":"([^"]*)"/.exec(started.text)?.[1]).toBe(started.json.jobId);
  const seen = new Set<string>();
  const done = await until(
    "the job to end",
    async () => {
      const { json } = await wapi(flow, `/bulk-job/${started.json.jobId}`);
      seen.add(json.status);
      expect(Object.keys(json).toSorted()).toEqual(["failed", "processed", "status", "succeeded", "total"]);
      return json.status === "completed" || json.status === "failed" ? json : null;
    },
    15_000,
  );
  expect(done).toEqual({ status: "completed", total: 3, succeeded: 3, failed: 0, processed: 3 });
  expect(performance.now() - began).toBeGreaterThan(600);
  expect(seen.has("running")).toBe(true);
  expect(await got(flow)).toEqual(people.map(() => [message]));
}, 30_000);

test("names are filled in, headers are bold, and what is no number has failed", async () => {
  await using flow = await linked();
  const recipients = [
    { phone: people[0], name: "Asha" },
    { phone: people[1] },
    Number(people[2]),
    "not a number",
    people[0],
  ];
  const body = { recipients, header: "Sale", message: "Hello {{name}}!", delayMin: 0, delayMax: 0 };
  const { json } = await wapi(flow, "/session/main/send-bulk", body);
  expect(json.total).toBe(4);
  const done = await until("the job to end", async () => {
    const { json: job } = await wapi(flow, `/bulk-job/${json.jobId}`);
    return job.status === "completed" ? job : null;
  });
  expect(done).toEqual({ status: "completed", total: 4, succeeded: 3, failed: 1, processed: 4 });
  expect(await got(flow)).toEqual([["*Sale*\n\nHello Asha!"], ["*Sale*\n\nHello !"], ["*Sale*\n\nHello !"]]);
  const { json: native } = await flow.call(`/campaigns/${json.jobId}`);
  expect(native).toMatchObject({ status: "completed", duplicates: 1, delay_min: 0 });
}, 30_000);

test("what cannot be is refused as the document's errors are", async () => {
  await using flow = await linked();
  const send = (session: string, body: object) => wapi(flow, `/session/${session}/send-bulk`, body);
  const good = { recipients: people, message: "Hello!" };
  expect((await send("nobody", good)).status).toBe(404);
  expect((await send("main", { recipients: [], message: "x" })).status).toBe(400);
  expect((await send("main", { recipients: people })).status).toBe(400);
  await wapi(flow, "/session", { sessionId: "new" });
  const { status, json } = await send("new", good);
  expect([status, json.code]).toEqual([400, "SESSION_NOT_READY"]);
  expect((await wapi(flow, "/bulk-job/65f1a2b3c4d5e6f7a8b9c0d1")).status).toBe(404);
  const cancelled = (await send("main", { ...good, delayMin: 60_000, delayMax: 60_000 })).json.jobId;
  await flow.call(`/campaigns/${cancelled}/cancel`, { method: "POST" });
  expect((await wapi(flow, `/bulk-job/${cancelled}`)).json.status).toBe("failed");
}, 30_000);
