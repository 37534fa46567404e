// Linking a number: by QR and by code, in time and too late, under which name, and when WhatsApp wants a passkey.
import { expect, test } from "bun:test";
import { encodeQr } from "../../src/core/qr/encode.ts";
import { pngOf, svgOf, textOf } from "../../src/core/qr/render.ts";
import { sessionReasons } from "../../src/core/session.ts";
import { adminKey } from "../support/gateway.ts";
import { hurry } from "../support/quick-timers.ts";
import { mine, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const qrMs = 60_000;
const laterQrMs = 20_000;

test("a new session shows a QR; scanned, it is linked and connected, and the restart in between is no error", async () => {
  await using flow = await startFlow();
  const made = await flow.create("shop");
  expect(made).toMatchObject({ status: "starting", reason: null, phone: null, wanted: true });
  const qr = await flow.qr("shop");
  expect(await flow.reaches("shop", "pairing")).toMatchObject({ reason: null });
  await flow.control.phones.scan(mine, { qr });
  expect(await flow.reaches("shop", "connected")).toMatchObject({
    reason: null,
    phone: `+${mine}`,
    lid: flow.control.phones.get(mine).lid,
    platform: "android",
  });
  // Its own name is told a moment after the login.
  await until("its name", async () => (await flow.session("shop")).display_name === "My phone");
  await flow.network.settled();
  expect((await flow.events("shop")).map(({ type, data }) => [type, data.name])).toEqual([
    ["session.qr", "shop"],
    ["session.connected", "shop"],
  ]);
  // Registered on one connection, logged in on the other.
  expect(flow.way.connections.length).toBe(2);
  expect(flow.control.stats(null)).toMatchObject({ violations: [], unknown_requests: {} });
  const { entries } = await audited(flow);
  expect(entries).toEqual(["session.created", "session.linked"]);
});

test("the QR comes in every form, each of them scans as the same text, and none is kept by anybody", async () => {
  await using flow = await startFlow();
  await flow.create("shop");
  const raw = await flow.qr("shop");
  expect(raw).toStartWith("https://wa.me/settings/linked_devices#");
  const png = Buffer.from(pngOf(encodeQr(raw, "M")));
  const plain = "text/plain; charset=utf-8";
  const forms: [format: string, type: string, body: string | Buffer][] = [
    ["png", "image/png", png],
    ["svg", "image/svg+xml", svgOf(encodeQr(raw, "M"))],
    ["data_url", plain, `data:image/png;base64,${png.toString("base64")}`],
    ["raw", plain, raw],
    ["text", plain, textOf(encodeQr(raw, "L"))],
  ];
  for (const [format, type, body] of forms) {
    const answer = await fetch(`${flow.gateway().url}/api/v1/sessions/shop/qr?format=${format}`, {
      headers: { "x-api-key": adminKey },
    });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, type]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(Date.parse(answer.headers.get("x-qr-expires-at") ?? "") - flow.clock.now()).toBe(qrMs);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(Buffer.from(body));
  }
  await flow.control.phones.scan(mine, { qr: raw });
  await flow.reaches("shop", "connected");
});

test("whoever asks for the QR before there is one waits for it; without waiting, and once it is linked, there is none", async () => {
  await using flow = await startFlow();
  await flow.create("shop", { start: false });
  const stopped = await flow.call("/sessions/shop/qr?wait=30");
  expect([stopped.status, stopped.json.detail]).toEqual([
    409,
    "There is nothing to scan: this session is stopped. Start it, then ask again.",
  ]);
  flow.strike("slow", { count: 1, delay_ms: 200 });
  await flow.act("shop", "start");
  const atOnce = await flow.call("/sessions/shop/qr");
  expect([atOnce.status, atOnce.json.detail]).toEqual([
    409,
    "There is nothing to scan: this session is starting. Ask again in a few seconds.",
  ]);
  const waited = await flow.call("/sessions/shop/qr?wait=30&format=raw");
  expect(waited.status).toBe(200);
  await flow.control.phones.scan(mine, { qr: waited.text });
  await flow.reaches("shop", "connected");
  const linked = await flow.call("/sessions/shop/qr?wait=30");
  expect([linked.status, linked.json.detail]).toEqual([
    409,
    "This session is linked to a phone already; log it out to link it anew.",
  ]);
});

test("somebody who waits for the QR of a session that is stopped meanwhile is told so at once", async () => {
  await using flow = await startFlow();
  flow.strike("handshake-silence");
  await flow.create("shop");
  const waiting = flow.call("/sessions/shop/qr?wait=60");
  await until("the dial", () => flow.way.connections.length === 1);
  await flow.act("shop", "stop");
  expect((await waiting).status).toBe(409);
});

test("a QR that expires is followed by the next, each is told of, and the old one scans no more", async () => {
  using _quick = hurry([qrMs, laterQrMs], 300);
  await using flow = await startFlow();
  await flow.create("shop");
  const first = await flow.qr("shop");
  const second = await until("the second QR", async () => {
    const now = await flow.qr("shop");
    return now !== first && now;
  });
  const shown = await flow.call("/sessions/shop/qr");
  expect(Date.parse(shown.headers.get("x-qr-expires-at") ?? "") - flow.clock.now()).toBe(laterQrMs);
  const events = (await flow.events("shop")).filter(({ type }) => type === "session.qr");
  expect(events.slice(0, 2).map(({ data }) => [data.qr, Number(data.expiresAt) - flow.clock.now()])).toEqual([
    [first, qrMs],
    [second, laterQrMs],
  ]);
});

test("nobody scans: three rounds of QRs, then it rests and says so; started again, it can be linked", async () => {
  using _quick = hurry([qrMs, laterQrMs], 2_000);
  await using flow = await startFlow();
  await flow.create("shop");
  const failed = await flow.reaches("shop", "failed", 8_000);
  expect(failed).toMatchObject({
    reason: { code: "pairing_timed_out", sentence: sessionReasons.pairing_timed_out },
    wanted: false,
    retry_at: null,
  });
  expect(flow.way.connections.length).toBe(3);
  const events = await flow.events("shop");
  expect(events.filter(({ type }) => type === "session.qr")).toHaveLength(18);
  expect(new Set(events.map(({ data }) => data.qr)).size).toBe(19);
  expect(await flow.told("shop")).toEqual(["session.failed"]);
  _quick[Symbol.dispose]();
  await flow.act("shop", "start");
  await flow.link("shop");
});

test("a network that gives no QR at all is asked three times, no more", async () => {
  await using flow = await startFlow();
  flow.strike("qr-refs", { count: null, code: 0 });
  await flow.create("shop");
  expect(await flow.reaches("shop", "failed")).toMatchObject({ reason: { code: "pairing_timed_out" } });
  expect(flow.way.connections.length).toBe(3);
});

test("by code: eight characters, typed on the phone, and nobody has scanned anything", async () => {
  await using flow = await startFlow();
  await flow.create("shop");
  const asked = await flow.call("/sessions/shop/pairing-code", { body: { phone: "+1 555 000 1111" } });
  expect(asked.status).toBe(200);
  expect(asked.json.code).toMatch(/^[1-9A-HJ-NP-Z]{4}-[1-9A-HJ-NP-Z]{4}$/);
  expect(Date.parse(asked.json.expires_at)).toBeGreaterThan(flow.clock.now());
  await flow.control.phones.typeCode(mine, { code: asked.json.code });
  expect(await flow.reaches("shop", "connected")).toMatchObject({ phone: `+${mine}` });
  expect(await flow.told("shop")).toEqual(["session.connected"]);
  await flow.network.settled();
  expect(flow.control.stats(null).violations).toEqual([]);
});

test("a wrong code links nothing, and the right one does afterwards", async () => {
  await using flow = await startFlow();
  await flow.create("shop");
  const { json } = await flow.call("/sessions/shop/pairing-code", { body: { phone: mine } });
  await expect(flow.control.phones.typeCode(mine, { code: "WRNG-CDE1" })).rejects.toThrow("The code is not right.");
  expect(await flow.session("shop")).toMatchObject({ status: "pairing", phone: null });
  await flow.control.phones.typeCode(mine, { code: json.code });
  await flow.reaches("shop", "connected");
});

test("a code that was asked for and never typed stands in nobody's way: another number, or a scan, links it", async () => {
  await using flow = await startFlow();
  await flow.create("shop");
  await flow.call("/sessions/shop/pairing-code", { body: { phone: mine } });
  const second = await flow.call("/sessions/shop/pairing-code", { body: { phone: others } });
  await flow.control.phones.typeCode(others, { code: second.json.code });
  expect(await flow.reaches("shop", "connected")).toMatchObject({ phone: `+${others}` });

  await flow.create("desk");
  await flow.call("/sessions/desk/pairing-code", { body: { phone: others } });
  await flow.act("desk", "restart");
  await flow.link("desk");
  expect(await flow.session("desk")).toMatchObject({ phone: `+${mine}` });
});

test("the phone shows the session under the name it was given; by code under the one that WhatsApp takes", async () => {
  await using flow = await startFlow();
  await flow.link("shop", mine, { device_name: "The shop in town" });
  await flow.create("desk", { device_name: "The desk" });
  const { json } = await flow.call("/sessions/desk/pairing-code", { body: { phone: others } });
  await flow.control.phones.typeCode(others, { code: json.code });
  await flow.reaches("desk", "connected");
  const platformOf = (phone: string) => flow.control.phones.get(phone).devices.map(({ platform }) => platform);
  expect([platformOf(mine), platformOf(others)]).toEqual([["The shop in town"], ["Ubuntu"]]);
});

test("a connection that breaks while it shows a QR is made again, with a new QR", async () => {
  await using flow = await startFlow();
  await flow.create("shop");
  const first = await flow.qr("shop");
  flow.way.cut("rst");
  await until("it to notice", async () => (await flow.session("shop")).status !== "pairing");
  const second = await flow.qr("shop");
  expect(second).not.toBe(first);
  await flow.control.phones.scan(mine, { qr: second });
  await flow.reaches("shop", "connected");
  expect(await flow.told("shop")).toEqual(["session.connected"]);
});

test.each(["QR", "code"])(
  "WhatsApp wants a passkey after a %s: the session rests, and says what to do",
  async (how) => {
    await using flow = await startFlow();
    flow.strike("passkey-required", { phone: mine });
    await flow.create("shop");
    const linking =
      how === "QR"
        ? flow.control.phones.scan(mine, { qr: await flow.qr("shop") })
        : flow
            .call("/sessions/shop/pairing-code", { body: { phone: mine } })
            .then(({ json }) => flow.control.phones.typeCode(mine, { code: json.code }));
    await expect(linking).rejects.toThrow("passkey");
    const shown = await flow.reaches("shop", "passkey_required");
    expect(shown).toMatchObject({
      reason: { code: "passkey_required", sentence: sessionReasons.passkey_required },
      wanted: false,
      phone: null,
    });
    const failed = (await flow.events("shop")).filter(({ type }) => type !== "session.qr");
    expect(failed).toEqual([{ type: "session.failed", data: { name: "shop", reason: "passkey_required" } }]);
    expect(flow.way.live()).toBe(0);
    // The passkey is off now.
    await flow.act("shop", "start");
    await flow.link("shop");
  },
);

async function audited({ call }: { call: (path: string) => Promise<{ json: { data: { action: string }[] } }> }) {
  const { json } = await call("/audit");
  const entries = json.data.map(({ action }) => action).filter((action) => action.startsWith("session."));
  return { entries: entries.toReversed() };
}
