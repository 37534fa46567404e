import { expect, test } from "bun:test";
import { connectBaileys } from "../support/baileys.ts";
import { startGateway } from "../support/gateway.ts";
import { problemsOf } from "../support/linter.ts";
import { until } from "../support/until.ts";

const mine = "15550001111";

test("without the sandbox there is nothing at its addresses, nor in the document", async () => {
  await using gateway = await startGateway();
  expect((await gateway.call("/api/v1/sandbox/phones")).status).toBe(404);
  expect((await gateway.call("/openapi.json")).text).not.toContain("/sandbox");
});

test("with it, a client of any kind pairs, writes and is written to through the gateway's own API", async () => {
  await using gateway = await startGateway({ sandbox: true });
  const { json: phones } = await gateway.call("/api/v1/sandbox/phones");
  expect(phones.data.map((phone: { name: string }) => phone.name)).toEqual([
    "My phone",
    "Echo",
    "Information desk",
    "Quiet phone",
  ]);
  const { json: endpoint } = await gateway.call("/api/v1/sandbox");
  await using client = connectBaileys(endpoint);
  const scanned = await gateway.call(`/api/v1/sandbox/phones/${mine}/scan`, { body: { qr: await client.qr() } });
  expect([scanned.status, scanned.json]).toEqual([200, { number: mine, device: 1, jid: `${mine}:1@s.whatsapp.net` }]);
  await client.opened();
  expect((await gateway.call("/api/v1/sandbox/settle", { method: "POST" })).json).toEqual({ settled: true });
  await gateway.call("/api/v1/sandbox/phones/+15551000001", { method: "PATCH", body: { behaviour: { echo: true } } });

  const waiting = gateway.call("/api/v1/sandbox/phones/15551000001/inbox?wait=5");
  const sent = await client.socket().sendMessage("15551000001@s.whatsapp.net", { text: "say it back" });
  const { json: page } = await waiting;
  expect(page.data[0]).toMatchObject({ id: sent?.key.id, from: mine, text: "say it back", from_me: false });
  await client.received((message) => message.message?.conversation === "say it back");

  const written = await gateway.call("/api/v1/sandbox/phones/15551000003/messages", {
    body: { to: `+${mine}`, text: "quietly", by: "lid" },
  });
  expect(written.status).toBe(201);
  const got = await client.received((message) => message.message?.conversation === "quietly");
  expect(got.key.addressingMode).toBe("lid");

  const fault = await gateway.call("/api/v1/sandbox/faults", { body: { name: "ack-error", code: 463 } });
  expect(fault.status).toBe(201);
  expect((await gateway.call("/api/v1/sandbox/faults")).json.data).toMatchObject([
    { id: fault.json.id, name: "ack-error", count: 1 },
  ]);
  expect((await gateway.call(`/api/v1/sandbox/faults/${fault.json.id}`, { method: "DELETE" })).status).toBe(204);
  const { json: stats } = await gateway.call(`/api/v1/sandbox/stats?id=${sent?.key.id}`);
  expect(stats).toMatchObject({ violations: [], unknown_requests: {}, messages: [{ acks: 1 }] });
  const frames = await gateway.call("/api/v1/sandbox/frames?limit=5");
  expect(frames.json.data).toHaveLength(5);
});

test("an owner's changes, a device's deliveries, a forgery and the settings, as in the control API", async () => {
  await using gateway = await startGateway({ sandbox: true });
  const ask = async (path: string, method: string, body?: object) =>
    (await gateway.call(`/api/v1/sandbox${path}`, { method, ...(body === undefined ? {} : { body }) })).json;
  await using client = connectBaileys(await ask("", "GET"));
  await ask(`/phones/${mine}/scan`, "POST", { qr: await client.qr() });
  await client.opened();
  const changes = { about: "", picture: Buffer.from("JPEG").toString("base64"), blocked: [`+${mine}`] };
  expect(await ask("/phones/15551000001", "PATCH", { ...changes, privacy: { last: "none" } })).toMatchObject({
    about: "",
    picture: expect.stringMatching(/^\d+$/),
    blocked: [mine],
    privacy: { last: "none" },
  });
  const forged = { to: mine, protocol: { type: "lid_migration_mapping_sync", victim: "15551000002", as_peer: true } };
  expect(await ask("/phones/15551000003/messages", "POST", forged)).toMatchObject({
    kind: "protocolMessage",
    copies: 1,
  });
  await ask("/settle", "POST");
  expect(await ask(`/phones/${mine}/devices/1/deliveries`, "GET")).toMatchObject({ queued: [], unacknowledged: [] });
  const { devices } = await ask(`/phones/${mine}`, "GET");
  expect(devices).toMatchObject([{ messages: { queued: 0, unacknowledged: 0, refused: 0, dropped: 0 } }]);
  expect((await ask("/settings", "PATCH", { limits: { queue: 5 } })).limits).toMatchObject({ queue: 5, frames: 2_000 });
  expect(await ask("/settings", "GET")).toMatchObject({ checking: true, limits: { queue: 5 } });
  expect(await ask("/settings", "PATCH", { limits: { patience: 5 } })).toMatchObject({ status: 422 });
});

test("a phone scans what a session of this gateway shows, by the session's name", async () => {
  await using gateway = await startGateway({ sandbox: true });
  await gateway.call("/api/v1/sessions", { body: { name: "shop" } });
  const { status, json } = await gateway.call(`/api/v1/sandbox/phones/${mine}/scan`, { body: { session: "shop" } });
  expect([status, json]).toEqual([200, { number: mine, device: 1, jid: `${mine}:1@s.whatsapp.net` }]);
  const look = async () => (await gateway.call("/api/v1/sessions/shop")).json;
  await until("the session to be connected", async () => (await look()).status === "connected");
  expect(await look()).toMatchObject({ phone: `+${mine}`, network: "sandbox" });
});

test("what the network refuses is a problem like any other", async () => {
  await using gateway = await startGateway({ sandbox: true });
  const ask = async (path: string, body?: object) => {
    const { json } = await gateway.call(`/api/v1/sandbox${path}`, body === undefined ? {} : { body });
    return [json.status, json.code];
  };
  expect(await ask("/phones/15559999999")).toEqual([404, "not_found"]);
  expect(await ask("/phones", { number: mine })).toEqual([409, "conflict"]);
  expect(await ask("/phones", { number: "x" })).toEqual([422, "invalid"]);
  expect(await ask(`/phones/${mine}/scan`, { qr: "nonsense" })).toEqual([409, "conflict"]);
  expect(await ask(`/phones/${mine}/scan`, { session: "shop" })).toEqual([404, "not_found"]);
  expect(await ask(`/phones/${mine}/messages`, { to: mine })).toEqual([422, "invalid"]);
  expect((await gateway.call("/api/v1/sandbox/phones", { key: null })).status).toBe(401);
});

test("its part of the document passes the strict linter too", async () => {
  await using gateway = await startGateway({ sandbox: true });
  const { text, json } = await gateway.call("/openapi.json");
  expect(json.tags.map((tag: { name: string }) => tag.name)).toContain("Sandbox");
  expect(await problemsOf(text)).toEqual([]);
});
