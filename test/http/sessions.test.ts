import { expect, test } from "bun:test";
import { startGateway, type TestGateway } from "../support/gateway.ts";

const make = (gateway: TestGateway, body: object, key?: string) =>
  gateway.call("/api/v1/sessions", { body, ...(key === undefined ? {} : { key }) });
const to = (gateway: TestGateway, act: string, method = "POST") => gateway.call(`/api/v1/sessions/${act}`, { method });

/** An account of its own on a plan, with a key. */
async function join(gateway: TestGateway, username: string, plan: string): Promise<string> {
  const password = "a long and lovely phrase";
  await gateway.call("/api/v1/accounts", { body: { username, password, plan } });
  const { json } = await gateway.call("/api/v1/login", { body: { username, password }, key: null });
  const headers = { authorization: `Bearer ${json.token}` };
  return (await gateway.call("/api/v1/keys", { body: { name: "all" }, headers, key: null })).json.key;
}

test("a session is made with the usual settings, found by id and by name, changed bit by bit, and deleted", async () => {
  await using gateway = await startGateway();
  const { status, json } = await make(gateway, { name: "shop", reject_calls: true, start: false });
  expect(status).toBe(201);
  expect(json).toEqual({
    id: expect.stringMatching(/^sess_\w{8,}$/),
    name: "shop",
    label: null,
    status: "stopped",
    reason: null,
    phone: null,
    lid: null,
    display_name: null,
    platform: null,
    network: "other",
    proxy: null,
    reject_calls: true,
    reject_message: null,
    mark_online: false,
    read_automatically: false,
    ignore_groups: false,
    ignore_status: false,
    ignore_channels: false,
    history: "recent",
    device_name: null,
    pacing: "normal",
    typing: "off",
    cold_contacts_per_day: null,
    warm_up: "off",
    quiet_hours: null,
    media_download: "on",
    intended_phone: null,
    retention_days: null,
    media_retention_days: null,
    wanted: false,
    retry_at: null,
    last_heard_at: null,
    created_at: "2026-11-20T09:00:00.000Z",
    changed_at: "2026-11-20T09:00:00.000Z",
    linked_at: null,
    connected_at: null,
  });
  const changed = await gateway.call("/api/v1/sessions/shop", { method: "PATCH", body: { pacing: "off", label: "A" } });
  expect(changed.json).toEqual({ ...json, pacing: "off", label: "A" });
  expect((await gateway.call(`/api/v1/sessions/${json.id}`)).json).toEqual(changed.json);
  await make(gateway, { name: "desk", start: false });
  const { json: first } = await gateway.call("/api/v1/sessions?limit=1");
  expect(first.data.map((one: { name: string }) => one.name)).toEqual(["desk"]);
  const { json: second } = await gateway.call(`/api/v1/sessions?limit=1&cursor=${first.next_cursor}`);
  expect([second.data[0].name, second.next_cursor]).toEqual(["shop", null]);
  expect((await to(gateway, "shop", "DELETE")).status).toBe(204);
  expect((await to(gateway, "shop", "DELETE")).json.code).toBe("not_found");
});

test.each(["shop", "50% off", "ü?#&=+", "a b", "...", "sess_abc123", "名前", "x".repeat(64)])(
  "%p is a name, and works in an address",
  async (name) => {
    await using gateway = await startGateway();
    expect((await make(gateway, { name, start: false })).status).toBe(201);
    expect((await gateway.call(`/api/v1/sessions/${encodeURIComponent(name)}`)).json.name).toBe(name);
    expect((await make(gateway, { name })).json.detail).toBe(`A session is named ${name} already.`);
  },
);

test("what could not stand in an address is no name, and an unknown setting no setting", async () => {
  await using gateway = await startGateway();
  for (const name of ["", " ", " shop", "shop ", "a/b", ".", "..", "a\nb", "a\u0000b", "x".repeat(65)]) {
    expect([name, (await make(gateway, { name })).status]).toEqual([name, 422]);
  }
  for (const odd of [
    { rejectCalls: true },
    { pacing: "fast" },
    { typing: true },
    { cold_contacts_per_day: 0 },
    { quiet_hours: { from: "22:00", to: "7:00", time_zone: "Europe/Vienna" } },
    { quiet_hours: { from: "22:00", to: "22:00", time_zone: "Europe/Vienna" } },
    { quiet_hours: { from: "22:00", to: "07:00", time_zone: "Vienna" } },
    { quiet_hours: { from: "22:00", to: "07:00" } },
    { retention_days: 0 },
    { media_retention_days: 0 },
    { label: "" },
    { wanted: true },
  ]) {
    expect([odd, (await make(gateway, { name: "shop", ...odd })).status]).toEqual([odd, 422]);
  }
  expect((await gateway.call("/api/v1/sessions")).json.data).toEqual([]);
});

test("beyond the plan no session is made, and what others have is not there", async () => {
  await using gateway = await startGateway();
  const ada = await join(gateway, "ada", "free");
  const { json: mine } = await make(gateway, { name: "shop", start: false });
  for (const name of ["shop", "desk"]) expect((await make(gateway, { name, start: false }, ada)).status).toBe(201);
  const third = await make(gateway, { name: "third" }, ada);
  expect([third.status, third.json.code]).toEqual([403, "limit_reached"]);
  expect(third.json.detail).toBe("The plan allows 2 sessions; delete one, or ask for a larger plan.");
  expect((await gateway.call(`/api/v1/sessions/${mine.id}`, { key: ada })).status).toBe(404);
  const theirs = await gateway.call("/api/v1/sessions/shop", { key: ada });
  expect(theirs.json.id).not.toBe(mine.id);
});

test("a key bound to sessions sees those alone, touches those alone, and makes none", async () => {
  await using gateway = await startGateway();
  const ids = new Map<string, string>();
  for (const name of ["shop", "desk", "van"]) ids.set(name, (await make(gateway, { name, start: false })).json.id);
  const { json } = await gateway.call("/api/v1/keys", { body: { name: "bound", sessions: ["shop", "van"] } });
  const as = { key: json.key };
  const seen = await gateway.call("/api/v1/sessions?limit=1", as);
  const rest = await gateway.call(`/api/v1/sessions?limit=5&cursor=${seen.json.next_cursor}`, as);
  expect([...seen.json.data, ...rest.json.data].map(({ name }: { name: string }) => name)).toEqual(["van", "shop"]);
  const shop = await gateway.call(`/api/v1/sessions/${ids.get("shop")}`, {
    ...as,
    method: "PATCH",
    body: { label: "A" },
  });
  expect(shop.json.label).toBe("A");
  for (const [act, method] of [
    ["", "GET"],
    ["", "DELETE"],
    ["/start", "POST"],
    ["/qr", "GET"],
    ["/me", "GET"],
  ] as const) {
    for (const desk of ["desk", ids.get("desk")]) {
      expect((await gateway.call(`/api/v1/sessions/${desk}${act}`, { ...as, method })).status).toBe(404);
    }
  }
  const refused = await make(gateway, { name: "new" }, json.key);
  expect([refused.status, refused.json.code]).toEqual([403, "forbidden"]);
});

test("starting, stopping, restarting and logging out say where it then stands, and done twice they change nothing", async () => {
  await using gateway = await startGateway();
  await make(gateway, { name: "shop" });
  const stands = async (act: string) => {
    const { status, json } = await to(gateway, `shop/${act}`);
    expect(status).toBe(200);
    return [json.status, json.reason?.code ?? null, json.wanted];
  };
  for (let twice = 0; twice < 2; twice++) expect(await stands("stop")).toEqual(["stopped", "stopped", false]);
  for (let twice = 0; twice < 2; twice++) expect(await stands("start")).toEqual(["starting", null, true]);
  expect(await stands("restart")).toEqual(["starting", null, true]);
  for (let twice = 0; twice < 2; twice++)
    expect(await stands("logout")).toEqual(["logged_out", "logged_out_here", false]);
  expect(await stands("stop")).toEqual(["logged_out", "logged_out_here", false]);
  expect((await gateway.call("/api/v1/sessions/shop")).json.reason.sentence).toBe(
    "The session was logged out; start it and link it again.",
  );
  const { json } = await gateway.call("/api/v1/audit");
  const actions = json.data.map((one: { action: string; target: string }) => `${one.action} ${one.target}`);
  expect(actions.filter((one: string) => one.startsWith("session"))).toEqual([
    "session.started shop",
    "session.stopped shop",
    "session.created shop",
  ]);
});

test("a proxy is shown without its password, stays as it was when given back so, and goes with null", async () => {
  await using gateway = await startGateway();
  const proxy = async (method: string, given?: string | null) => {
    const body = given === undefined ? {} : { body: { proxy: given } };
    return (await gateway.call("/api/v1/sessions/shop", { method, ...body })).json.proxy;
  };
  const made = await make(gateway, { name: "shop", proxy: "socks5://ada:topsecret@proxy.example", start: false });
  expect(made.json.proxy).toBe("socks5://ada:***@proxy.example:1080");
  expect(await proxy("PATCH", made.json.proxy)).toBe(made.json.proxy);
  const kept = await gateway.gateway.services.sessions.findAny("shop");
  expect(kept.map((session) => session.proxy)).toEqual(["socks5://ada:topsecret@proxy.example:1080"]);
  expect(await proxy("PATCH", "http://proxy.example:3128")).toBe("http://proxy.example:3128");
  const refused = await gateway.call("/api/v1/sessions/shop", { method: "PATCH", body: { proxy: "ftp://a:hidden@h" } });
  expect([refused.status, refused.json.errors[0].path]).toEqual([422, "/proxy"]);
  expect(refused.text).not.toContain("hidden");
  expect(await proxy("PATCH", null)).toBeNull();
  expect(gateway.logged.join("\n")).not.toContain("topsecret");
});

test("what needs a phone or a connection says what is missing", async () => {
  await using gateway = await startGateway();
  await make(gateway, { name: "shop", start: false });
  const ask = async (act: string, method: string, body?: object) => {
    const { status, json } = await gateway.call(`/api/v1/sessions/shop/${act}`, {
      method,
      ...(body === undefined ? {} : { body }),
    });
    return [status, json.detail];
  };
  const unlinked = [409, "There is nothing to scan: this session is stopped. Start it, then ask again."];
  expect(await ask("qr?wait=30", "GET")).toEqual(unlinked);
  expect(await ask("pairing-code", "POST", { phone: "+49 151 23456789" })).toEqual(unlinked);
  expect(await ask("pairing-code", "POST", { phone: "0151 23456789" })).toEqual([
    422,
    expect.stringMatching(/begins with 0/),
  ]);
  const offline = [409, expect.stringMatching(/^This session is not connected to WhatsApp: it is stopped\./)];
  for (const [act, method, body] of [
    ["me", "GET"],
    ["profile", "PATCH", { about: "" }],
    ["profile/picture", "PUT", { picture: null }],
    ["privacy", "GET"],
    ["privacy", "PATCH", { last_seen: "none" }],
    ["blocklist", "GET"],
    ["blocklist", "POST", { contact: "15550001111@c.us", action: "block" }],
    ["contacts/check", "POST", { phones: ["+1 555 000 1111"] }],
  ] as const) {
    expect([act, ...(await ask(act, method, body))]).toEqual([act, ...offline]);
  }
});

test("what cannot be meant is refused before anybody is asked", async () => {
  await using gateway = await startGateway();
  await make(gateway, { name: "shop", start: false });
  const faults = async (act: string, method: string, body: object) => {
    const { status, json } = await gateway.call(`/api/v1/sessions/shop/${act}`, { method, body });
    return [status, ...(json.errors ?? []).map((one: { path: string }) => one.path)];
  };
  const picture = (bytes: Buffer) => ({ picture: bytes.toString("base64") });
  const huge = Buffer.from("ffd8ffc0000b08ffffffff01011100", "hex");
  expect(await faults("profile/picture", "PUT", picture(Buffer.from("no picture at all")))).toEqual([422, "/picture"]);
  expect(await faults("profile/picture", "PUT", picture(huge))).toEqual([422, "/picture"]);
  expect(await faults("profile/picture", "PUT", picture(Buffer.alloc(600_000)))).toEqual([422, "/picture"]);
  expect(await faults("profile/picture", "PUT", { picture: "~~~~" })).toEqual([422, "/picture"]);
  expect(await faults("privacy", "PATCH", { online: "none" })).toEqual([422, "/online"]);
  expect(await faults("blocklist", "POST", { contact: "1@g.us", action: "block" })).toEqual([422, "/contact"]);
  const phones = ["+1 555 000 1111", "x", "0049", "+1 555 000 1112"];
  expect(await faults("contacts/check", "POST", { phones })).toEqual([422, "/phones/1", "/phones/2"]);
  expect(await faults("contacts/check", "POST", { phones: Array(501).fill("+15550001111") })).toEqual([422, "/phones"]);
  expect((await gateway.call("/api/v1/sessions/shop/qr?format=gif")).status).toBe(422);
  expect((await gateway.call("/api/v1/sessions/shop/qr?wait=61")).status).toBe(422);
});
