// The envelope document's printed requests and responses, and what its receivers are told.
import { expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { adminKey, adminPassword, type CallOptions, startGateway } from "../support/gateway.ts";
import { type Received, startHttpHost } from "../support/http-host.ts";
import { mine, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const printed = {
  url: "https://your-server.com/webhook",
  secret: "string",
  events: ["message.received", "connection.connected"],
};
const created_at = expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/);
const data = (id: number) => ({
  ...{ id, url: printed.url, events: printed.events, active: true, created_at },
});
const bodyOf = ({ body }: Received) => JSON.parse(body.toString());

test("the printed request is answered as printed, and the same address again makes another", async () => {
  await using gateway = await startGateway();
  // As printed: the key bare.
  const asPrinted = { key: null, headers: { Authorization: adminKey } };
  const told = async (path: string, options: CallOptions = {}) => {
    const { status, json } = await gateway.call(path, { ...asPrinted, ...options });
    return [status, json];
  };
  const created = (id: number) => [
    201,
    { status: true, code: 201, message: "Webhook created successfully", data: data(id) },
  ];
  expect(await told("/webhooks", { body: printed })).toEqual(created(1));
  expect(await told("/webhooks", { body: printed })).toEqual(created(2));
  const got = [200, { status: true, code: 200, message: "Webhook retrieved successfully", data: data(1) }];
  expect(await told("/webhooks/1")).toEqual(got);
  const [, listed] = await told("/webhooks");
  expect(listed).toEqual({
    ...{ status: true, code: 200, message: "Webhooks retrieved successfully" },
    data: [data(2), data(1)],
  });
});

test("a webhook is changed in part, paused, and deleted", async () => {
  await using gateway = await startGateway();
  await gateway.call("/webhooks", { body: { url: printed.url } });
  const put = async (body: object) => (await gateway.call("/webhooks/1", { method: "PUT", body })).json;
  const updated = { status: true, code: 200, message: "Webhook updated successfully" };
  const all = { ...data(1), events: ["*"] };
  expect(await put({})).toEqual({ ...updated, data: all });
  const url = "https://your-server.com/other";
  const changed = { ...all, url, events: ["connection.disconnected", "message.*"], active: false };
  const body = { url, events: ["connection.disconnected", "message.*"], secret: "another", active: false };
  expect(await put(body)).toEqual({ ...updated, data: changed });
  expect(await put({ active: true, url: null })).toEqual({ ...updated, data: { ...changed, active: true } });
  const { json: native } = await gateway.call("/api/v1/webhooks");
  expect(native.data[0]).toMatchObject({ format: "envelope", url, status: "active" });
  const gone = await gateway.call("/webhooks/1", { method: "DELETE" });
  expect([gone.status, gone.json]).toEqual([
    200,
    { status: true, code: 200, message: "Webhook deleted successfully", data: { ...changed, active: false } },
  ]);
  const { status, json } = await gateway.call("/webhooks/1");
  expect([status, json]).toEqual([
    404,
    { status: false, code: 404, message: "Not found", error: "There is no such webhook." },
  ]);
});

test("errors are those that are printed, and say the same of what is not", async () => {
  await using gateway = await startGateway();
  const fault = async (options: CallOptions, path = "/webhooks") => {
    const { status, json } = await gateway.call(path, options);
    return [status, json];
  };
  const bad = (error: string) => [400, { status: false, code: 400, message: "Bad request", error }];
  const stranger = (error: string) => [401, { status: false, code: 401, message: "Unauthorized", error }];
  const plain = { ...printed, url: "http://your-server.com/webhook" };
  expect(await fault({ body: plain })).toEqual(bad("URL must be HTTPS"));
  expect(await fault({ body: { secret: "string" } })).toEqual(bad("/url: This field is missing."));
  expect(await fault({ body: "{" })).toEqual(bad("The body is not valid JSON."));
  const [status, { error }] = (await fault({ body: { ...printed, events: ["message.eaten"] } })) as [
    number,
    { error: string },
  ];
  expect([status, error]).toEqual([400, expect.stringContaining('There is no event "message.eaten"')]);
  const missing = "Invalid or missing authentication";
  expect(await fault({ body: printed, key: null })).toEqual(stranger(missing));
  expect(await fault({ body: printed, key: "no such key" })).toEqual(stranger(missing));
  const login = { username: "admin", password: adminPassword };
  const { token } = (await gateway.call("/api/v1/login", { body: login, key: null })).json;
  const by = (text: string) => ({ body: printed, key: null, headers: { Authorization: `Bearer ${text}` } });
  expect((await gateway.call("/webhooks", by(token))).status).toBe(201);
  expect(await fault(by(`${token}x`))).toEqual(stranger("Invalid or expired JWT token"));
});

test("its receivers are told of connections and messages, signed with the secret's characters", async () => {
  await using host = await startHttpHost((response) => response.end());
  await using flow = await startFlow();
  const line = await flow.create();
  const url = `http://127.0.0.1:${host.port}/webhook`;
  const events = [...printed.events, "connection.disconnected"];
  const made = await flow.gateway().call("/webhooks", { body: { ...printed, url, events } });
  expect(made.json.data.events).toEqual(events);
  await line.link();
  line.write("hello, envelope");
  await until("both", () => host.received.length === 2);
  const { id } = (await flow.call("/sessions/shop")).json;
  const told = host.received.map(bodyOf).toSorted((one, other) => one.sequence - other.sequence);
  expect(told).toMatchObject([
    { event: "connection.connected", session_id: id, data: { phone: `+${mine}` } },
    { event: "message.received", text: "hello, envelope", session_id: id },
  ]);
  for (const { body, headers } of host.received) {
    const digest = createHmac("sha256", printed.secret).update(body).digest("hex");
    expect(headers["x-webhook-signature"]).toBe(digest);
    expect(headers["x-botwave-signature"]).toBe(digest);
    expect(headers["webhook-id"]).toBe(JSON.parse(body.toString()).id);
  }
  flow.control.phones.unlink(mine, 1);
  const last = await until("the end", () => host.received.map(bodyOf).find(isEnd));
  expect(last).toMatchObject({ session_id: id, data: { status: "logged_out" } });
});

const isEnd = ({ event }: { event: string }) => event === "connection.disconnected";
