// Recipients as a table: thousands of lines, every kind of bad one, uploads that break off, and the table of results.
import { expect, test } from "bun:test";
import { connect } from "node:net";
import {
  act,
  createCampaign,
  type Json,
  many,
  ofCampaign,
  reaches,
  shownOf,
  strangersOn,
} from "../support/campaigns.ts";
import { adminKey } from "../support/gateway.ts";
import { type Flow, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

async function upload(
  flow: Flow,
  id: string,
  body: string | FormData | Uint8Array<ArrayBuffer>,
  type = "text/csv",
): Promise<{ status: number; json: Json }> {
  const response = await fetch(`${flow.gateway().url}/api/v1/campaigns/${id}/recipients`, {
    method: "POST",
    headers: { "x-api-key": adminKey, ...(body instanceof FormData ? {} : { "content-type": type }) },
    body: body instanceof Uint8Array ? new Blob([body]) : body,
  });
  return { status: response.status, json: await response.json() };
}

test("ten thousand lines, some of every bad kind, each told by its line; what is good is written to", async () => {
  await using flow = await startFlow();
  await flow.create();
  const { id } = await createCampaign(flow, { message: { text: "Hello {{name}}" } });
  const lines = many(10_000).map((phone, place) => `+${phone};"Person ""${place}"""`);
  lines.splice(
    100,
    0,
    '"+1555000";x;y',
    "not a number;x",
    ";nobody",
    "0151 234567;national",
    '"open;quote',
    lines[0] ?? "",
  );
  const { status, json } = await upload(flow, id, `\uFEFFNumber;name\r\n${lines.join("\r\n")}\r\n\r\n`);
  expect([status, json.added, json.duplicates, json.invalid]).toEqual([200, 10_000, 1, 5]);
  expect(json.errors.map(({ line }: Json) => line)).toEqual([102, 103, 104, 105, 106]);
  expect(json.errors.map(({ message }: Json) => message)).toEqual([
    "This line has 3 cells, and the first line names 2.",
    expect.stringContaining("country code"),
    "There is no phone number in this line.",
    expect.stringContaining("begins with 0"),
    expect.stringContaining("quote"),
  ]);
  expect(json.campaign).toMatchObject({
    status: "draft",
    total: 10_000,
    upload: "complete",
    columns: ["name"],
    duplicates: 1,
  });
  const page = (await flow.call(`/campaigns/${id}/recipients?limit=2`)).json;
  expect(page.data.map(({ fields }: Json) => fields)).toEqual([{ name: 'Person "0"' }, { name: 'Person "1"' }]);
  const { json: estimate } = await flow.call(`/campaigns/${id}/estimate`, { method: "POST" });
  expect(estimate).toMatchObject({ valid: 10_000, cold: 10_000, suppressed: 0 });
  // At five a second and a burst of thirty.
  expect(estimate.lasts_seconds).toBe(Math.ceil(((10_000 - 30) * 200) / 1_000));
}, 30_000);

test("a second table adds to the first, with columns of its own, also as the file of a form; a third one must be a table", async () => {
  await using flow = await startFlow();
  await flow.create();
  const [one, two, three] = many(3);
  const { id } = await createCampaign(flow, { recipients: [{ phone: one, name: "A" }], draft: true });
  const form = new FormData();
  form.set("note", "ours");
  form.set("file", new File([`name\tcity\tphone\nB\tKöln\t${two}\n`], "people.csv", { type: "text/csv" }));
  expect((await upload(flow, id, form)).json).toMatchObject({ added: 1, duplicates: 0, invalid: 0 });
  expect((await upload(flow, id, `phone,City,Age\n${three},Bonn,7\n${two},x,y`)).json).toMatchObject({
    added: 1,
    duplicates: 1,
  });
  const shown = await shownOf(flow, id);
  expect([shown.columns, shown.total]).toEqual([["name", "city", "Age"], 3]);
  expect((await ofCampaign(flow, id)).map(({ fields }) => fields)).toEqual([
    { name: "A" },
    { name: "B", city: "Köln" },
    { city: "Bonn", Age: "7" },
  ]);
  const refused = async (body: string | Uint8Array<ArrayBuffer>, type?: string) => {
    const { status, json } = await upload(flow, id, body, type);
    return [status, json.detail];
  };
  expect(await refused("name,city\nA,B\n")).toEqual([422, expect.stringContaining("phone or number")]);
  expect(await refused("phone,name,Name\n")).toEqual([422, "Two columns are called name."]);
  expect(await refused("")).toEqual([400, expect.stringContaining("empty")]);
  expect(await refused(Buffer.from("phone,name\n15551,M\xfcller\n", "latin1"))).toEqual([
    422,
    expect.stringContaining("UTF-8"),
  ]);
  expect(await refused("{}", "application/json")).toEqual([415, expect.stringContaining("text/csv")]);
  // What was refused has changed nothing.
  expect(await shownOf(flow, id)).toMatchObject({ upload: "complete", total: 3 });
}, 30_000);

test("an upload that breaks off leaves a draft that says so, over a restart too; the next one is whole", async () => {
  await using flow = await startFlow();
  await flow.link("shop", undefined, { pacing: "off" });
  const people = strangersOn(flow, 20);
  const { id } = await createCampaign(flow, {});
  const whole = `phone,name\n${many(5_000, 5_000)
    .map((phone) => `${phone},x\n`)
    .join("")}`;
  const url = flow.gateway().gateway.url;
  const socket = connect(Number(url.port), url.hostname);
  socket.write(
    `POST /api/v1/campaigns/${id}/recipients HTTP/1.1\r\nHost: ${url.host}\r\nX-API-Key: ${adminKey}\r\nContent-Type: text/csv\r\nContent-Length: ${whole.length * 2}\r\n\r\n${whole}`,
  );
  await until("some to be kept", async () => (await shownOf(flow, id)).total >= 3_000);
  expect((await shownOf(flow, id)).upload).toBe("under_way");
  expect((await upload(flow, id, "phone\n")).status).toBe(409);
  socket.destroy();
  await until("it to have broken off", async () => (await shownOf(flow, id)).upload === "broken_off");
  const start = await flow.call(`/campaigns/${id}/start`, { method: "POST" });
  expect([start.status, start.json.detail]).toEqual([409, expect.stringContaining("broke off")]);
  await flow.restart();
  expect(await shownOf(flow, id)).toMatchObject({ status: "draft", upload: "broken_off" });
  const { json } = await upload(flow, id, `phone,name\n${people.map((phone) => `${phone},=1+1\n`).join("")}`);
  expect([json.added, json.campaign.total, json.campaign.upload]).toEqual([20, 20, "complete"]);
  await flow.line().letIn(2);
  await act(flow, id, "start");
  await reaches(flow, id, "completed");
  const csv = await flow.call(`/campaigns/${id}/recipients?format=csv`);
  expect(csv.headers.get("content-type")).toBe("text/csv");
  const rows = csv.text.trim().split("\r\n");
  expect(rows[0]).toBe("phone,name,status,reason,message_id,session_id,settled_at");
  expect(rows.length).toBe(21);
  expect(rows[1]).toMatch(new RegExp(`^${people[0]},"'=1\\+1",sent,,msg_\\w+,sess_\\w+,2026-`));
  expect(
    (await flow.call(`/campaigns/${id}/recipients?format=csv&status=failed`)).text.trim().split("\r\n").length,
  ).toBe(1);
}, 60_000);
