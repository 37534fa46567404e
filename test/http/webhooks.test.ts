// /api/v1/webhooks: what is accepted and what is refused with which sentence, whose they are, and what is shown of them.
import { expect, test } from "bun:test";
import { startGateway, type TestGateway } from "../support/gateway.ts";

const path = "/api/v1/webhooks";
const url = "https://hooks.example/orders";

async function make(gateway: TestGateway, body: Record<string, unknown> = {}) {
  const { status, json, text } = await gateway.call(path, { body: { url, ...body } });
  if (status !== 201) throw new Error(text);
  return json;
}

test("a webhook is made with a secret that is shown once, and shown with all that was said of it", async () => {
  await using gateway = await startGateway();
  const made = await make(gateway);
  expect(made).toMatchObject({
    ...{ url, description: null, events: ["*"], sessions: null, chats: null },
    ...{ headers: {}, format: "native", timeout_seconds: 10, ordered: false, retry: "default", status: "active" },
    ...{ disabled_reason: null, failing_since: null },
  });
  expect([made.id, made.secret]).toEqual([
    expect.stringMatching(/^whk_/),
    expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
  ]);
  const { secret: _, ...rest } = made;
  expect((await gateway.call(`${path}/${made.id}`)).json).toEqual(rest);
  const given = await make(gateway, {
    ...{ secret: "of my own", description: "Заказы", events: ["message.*", "session.failed"], retry: [5, 60] },
    ...{ timeout_seconds: 3, ordered: true, chats: ["+15551000001", "120363000000000001@g.us"] },
    headers: { Authorization: "Bearer abc", "X-Shop": "7" },
  });
  expect(given).toMatchObject({
    ...{ secret: "of my own", description: "Заказы", events: ["message.*", "session.failed"], retry: [5, 60] },
    ...{ timeout_seconds: 3, ordered: true, chats: ["15551000001@s.whatsapp.net", "120363000000000001@g.us"] },
    headers: { Authorization: "********", "X-Shop": "********" },
  });
});

test("names that the documents have are taken, those that nobody knows are refused with the list", async () => {
  await using gateway = await startGateway();
  const documented = ["message.received", "message.sent", "session.connected", "member.joined", "member.left"];
  expect(
    (await make(gateway, { events: [...documented, "conversation.*", "campaign.completed"] })).events,
  ).toHaveLength(7);
  const refused = await gateway.call(path, { body: { url, events: ["message.recieved"] } });
  expect([refused.status, refused.json.code]).toEqual([422, "invalid"]);
  expect(refused.json.detail).toContain('There is no event "message.recieved"');
  for (const name of documented) expect(refused.json.detail).toContain(name);
  expect(refused.json.errors[0]).toMatchObject({ in: "body", path: "/events" });
});

test("what leads elsewhere than it may is refused with a sentence", async () => {
  await using gateway = await startGateway({ allowPrivateUrls: ["127.0.0.2", "nas.lan"] });
  const refusals: [string, RegExp][] = [
    ["http://hooks.example/", /must begin with https:\/\/|cannot be found/],
    ["http://8.8.8.8/", /must begin with https:\/\//],
    ["https://10.0.0.7/", /private address/],
    ["https://localhost/", /loopback/],
    ["https://169.254.169.254/latest", /metadata/],
    ["https://user:pass@hooks.example/", /user or a password/],
    ["ftp://hooks.example/", /http and https/],
    ["file:///etc/passwd", /http and https/],
    ["nonsense", /not an address/],
    [`${gateway.url.replace("127.0.0.1", "127.0.0.2")}/`, /gateway itself/],
  ];
  for (const [address, sentence] of refusals) {
    const { status, json } = await gateway.call(path, { body: { url: address } });
    expect([address, status, json.code]).toEqual([address, 422, "invalid"]);
    expect([address, json.detail]).toEqual([address, expect.stringMatching(sentence)]);
    expect(json.errors[0].path).toBe("/url");
  }
  expect((await gateway.call(path, { body: { url: "http://127.0.0.2:8080/hook" } })).status).toBe(201);
});

test("fields that do not fit are refused, each by its name", async () => {
  await using gateway = await startGateway();
  const wrong: [Record<string, unknown>, string][] = [
    [{ secret: "whsec_not base64" }, "/secret"],
    [{ secret: "" }, "/secret"],
    [{ headers: { Host: "elsewhere" } }, "/headers"],
    [{ headers: { "X-A": "line\r\nbreak" } }, "/headers"],
    [{ sessions: ["nothing"] }, "/sessions/0"],
    [{ chats: ["nobody"] }, "/chats/0"],
    [{ timeout_seconds: 31 }, "/timeout_seconds"],
    [{ retry: "often" }, "/retry"],
    [{ retry: [0] }, "/retry"],
    [{ events: [] }, "/events"],
    [{ format: "telepathy" }, "/format"],
    [{ more: 1 }, "/more"],
  ];
  for (const [body, field] of wrong) {
    const { status, json } = await gateway.call(path, { body: { url, ...body } });
    expect([field, status, json.errors?.[0]?.path]).toEqual([field, 422, field]);
  }
  expect((await gateway.call(path)).json.data).toEqual([]);
});

test("a webhook is changed in part, and what was shown hidden stays what it is", async () => {
  await using gateway = await startGateway();
  const unusual = { timeout_seconds: 3, retry: "patient", format: "envelope" };
  const { id } = await make(gateway, { ...unusual, headers: { Authorization: "Bearer abc", "X-Shop": "7" } });
  const change = async (body: Record<string, unknown>) =>
    (await gateway.call(`${path}/${id}`, { method: "PATCH", body })).json;
  expect(await change({ description: "now it has one", ordered: true })).toMatchObject({
    ...{ url, description: "now it has one", ordered: true, events: ["*"], ...unusual },
    headers: { Authorization: "********", "X-Shop": "********" },
  });
  expect((await change({ headers: { Authorization: "********" } })).headers).toEqual({ Authorization: "********" });
  expect(await change({ headers: null })).toMatchObject({ headers: {}, ordered: true, ...unusual });
  expect((await gateway.call(`${path}/${id}`, { method: "PATCH", body: { url: "http://hooks.example" } })).status).toBe(
    422,
  );
  expect((await gateway.call(`${path}/${id}`, { method: "PATCH", body: { secret: "x" } })).status).toBe(422);
});

test("webhooks are listed newest first and page by page", async () => {
  await using gateway = await startGateway();
  const made = [];
  for (let n = 0; n < 5; n++) made.unshift((await make(gateway)).id);
  const first = (await gateway.call(`${path}?limit=3`)).json;
  const second = (await gateway.call(`${path}?limit=3&cursor=${first.next_cursor}`)).json;
  const idsIn = (page: { data: { id: string }[] }) => page.data.map(({ id }) => id);
  expect([...idsIn(first), ...idsIn(second)]).toEqual(made);
  expect(second.next_cursor).toBeNull();
});

test("somebody else's is not found, and a key that is bound to sessions has to do with theirs alone", async () => {
  await using gateway = await startGateway();
  for (const name of ["shop", "desk"]) await gateway.call("/api/v1/sessions", { body: { name, start: false } });
  const person = { username: "eve", password: "a long enough password" };
  await gateway.call("/api/v1/accounts", { body: { ...person, plan: "unlimited" } });
  const { json: login } = await gateway.call("/api/v1/login", { body: person, key: null });
  const all = await make(gateway);
  const shop = await make(gateway, { sessions: ["shop"] });
  const desk = await make(gateway, { sessions: ["desk"] });
  const asEve = { key: null, headers: { authorization: `Bearer ${login.token}` } };
  expect((await gateway.call(`${path}/${all.id}`, asEve)).status).toBe(404);
  expect((await gateway.call(path, asEve)).json.data).toEqual([]);
  const { json: bound } = await gateway.call("/api/v1/keys", { body: { name: "shop", sessions: ["shop"] } });
  const asShop = { key: bound.key as string };
  expect((await gateway.call(path, asShop)).json.data.map(({ id }: { id: string }) => id)).toEqual([shop.id]);
  for (const { id } of [all, desk]) expect((await gateway.call(`${path}/${id}`, asShop)).status).toBe(404);
  expect((await gateway.call(`${path}/${all.id}/deliveries`, asShop)).status).toBe(404);
  const own = await gateway.call(path, { ...asShop, body: { url } });
  expect([own.status, own.json.sessions]).toEqual([201, shop.sessions]);
  expect((await gateway.call(path, { ...asShop, body: { url, sessions: ["desk"] } })).status).toBe(422);
  const widened = await gateway.call(`${path}/${shop.id}`, { ...asShop, method: "PATCH", body: { sessions: null } });
  expect(widened.json.sessions).toEqual(shop.sessions);
});

test("what is done to webhooks is in the audit, and no secret is", async () => {
  await using gateway = await startGateway();
  const { id, secret } = await make(gateway);
  await gateway.call(`${path}/${id}`, { method: "PATCH", body: { description: "x" } });
  await gateway.call(`${path}/${id}/pause`, { method: "POST" });
  await gateway.call(`${path}/${id}/resume`, { method: "POST" });
  await gateway.call(`${path}/${id}/rotate-secret`, { method: "POST" });
  await gateway.call(`${path}/${id}`, { method: "DELETE" });
  const { json, text } = await gateway.call("/api/v1/audit?limit=6");
  expect(json.data.map(({ action }: { action: string }) => action)).toEqual(
    ["created", "updated", "paused", "resumed", "rotated", "removed"].map((done) => `webhook.${done}`).toReversed(),
  );
  expect(text).not.toContain(secret);
});
