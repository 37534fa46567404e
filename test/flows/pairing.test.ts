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
/** How Baileys calls what shows the next one. */
const nextQr = { named: "genPairQR" };

test("a new session shows a QR; scanned, it is linked and connected, and the restart in between is no error", async () => {
  await using flow = await startFlow();
  const shop = await flow.create();
  expect(await shop.shown()).toMatchObject({ reason: null, phone: null, wanted: true });
  const qr = await shop.qr();
  expect(await shop.reaches("pairing")).toMatchObject({ reason: null });
  await shop.scan(qr);
  expect(await shop.reaches("connected")).toMatchObject({
    reason: null,
    phone: `+${mine}`,
    lid: flow.control.phones.get(mine).lid,
    platform: "android",
  });
  // Its own name is told a moment after the login.
  await until("its name", async () => (await shop.shown()).display_name === "My phone");
  await flow.network.settled();
  expect((await shop.events()).map(({ type, data }) => [type, data.name])).toEqual([
    ["session.qr", "shop"],
    ["session.connected", "shop"],
  ]);
  // Registered on one connection, logged in on the other.
  expect(flow.way.connections).toHaveLength(2);
  expect(flow.control.stats(null)).toMatchObject({ violations: [], unknown_requests: {} });
  const { json } = await flow.call("/audit");
  const actions: string[] = json.data.map(({ action }: { action: string }) => action);
  expect(actions.filter((action) => action.startsWith("session."))).toEqual(["session.linked", "session.created"]);
});

test("the QR comes in every form, each is the same text, and none is kept by anybody", async () => {
  await using flow = await startFlow();
  const shop = await flow.create();
  const raw = await shop.qr();
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
  await shop.scan(raw);
  await shop.reaches("connected");
});

test("whoever asks for the QR before there is one waits for it; without waiting, and once it is linked, there is none", async () => {
  await using flow = await startFlow();
  const shop = await flow.create("shop", { start: false });
  const stopped = await shop.call("/qr?wait=30");
  expect([stopped.status, stopped.json.detail]).toEqual([
    409,
    "There is nothing to scan: this session is stopped. Start it, then ask again.",
  ]);
  flow.strike("slow", { delay_ms: 200 });
  await shop.act("start");
  const atOnce = await shop.call("/qr");
  expect([atOnce.status, atOnce.json.detail]).toEqual([
    409,
    "There is nothing to scan: this session is starting. Ask again in a few seconds.",
  ]);
  await shop.scan(await shop.qr(30));
  await shop.reaches("connected");
  const linked = await shop.call("/qr?wait=30");
  expect([linked.status, linked.json.detail]).toEqual([
    409,
    "This session is linked to a phone already; log it out to link it anew.",
  ]);
});

test("somebody who waits for the QR of a session that is stopped meanwhile is told so at once", async () => {
  await using flow = await startFlow();
  flow.strike("handshake-silence");
  const shop = await flow.create();
  const waiting = shop.call("/qr?wait=60");
  await until("the dial", () => flow.way.connections.length === 1);
  await shop.act("stop");
  expect((await waiting).status).toBe(409);
});

test("a QR that expires is followed by the next, and each is told of", async () => {
  using _quick = hurry(nextQr, 300);
  await using flow = await startFlow();
  const shop = await flow.create();
  const first = await shop.qr();
  const second = await until("the second QR", async () => {
    const now = await shop.qr();
    return now !== first && now;
  });
  const shown = await shop.call("/qr");
  expect(Date.parse(shown.headers.get("x-qr-expires-at") ?? "") - flow.clock.now()).toBe(laterQrMs);
  const events = await until("both to be told of", async () => {
    const told = (await shop.events()).filter(({ type }) => type === "session.qr");
    return told.length > 1 ? told : null;
  });
  expect(events.slice(0, 2).map(({ data }) => [data.qr, Number(data.expiresAt) - flow.clock.now()])).toEqual([
    [first, qrMs],
    [second, laterQrMs],
  ]);
});

test("nobody scans: three rounds of QRs, then it rests and says so; started again, it can be linked", async () => {
  const quick = hurry(nextQr, 2_000);
  await using flow = await startFlow();
  const shop = await flow.create();
  expect(await shop.reaches("failed")).toMatchObject({
    reason: { code: "pairing_timed_out", sentence: sessionReasons.pairing_timed_out },
    wanted: false,
    retry_at: null,
  });
  quick[Symbol.dispose]();
  expect(flow.way.connections).toHaveLength(3);
  const qrs = (await shop.events()).filter(({ type }) => type === "session.qr");
  expect([qrs.length, new Set(qrs.map(({ data }) => data.qr)).size]).toEqual([18, 18]);
  expect(await shop.told()).toEqual(["session.failed"]);
  await shop.act("start");
  await shop.link();
});

test("a network that gives no QR at all is asked three times, no more", async () => {
  await using flow = await startFlow();
  flow.strike("qr-refs", { count: null, code: 0 });
  const shop = await flow.create();
  expect(await shop.reaches("failed")).toMatchObject({ reason: { code: "pairing_timed_out" } });
  expect(flow.way.connections).toHaveLength(3);
});

test("by code: eight characters, typed on the phone, and nobody has scanned anything", async () => {
  await using flow = await startFlow();
  const shop = await flow.create();
  const asked = await shop.call("/pairing-code", { body: { phone: "+1 555 000 1111" } });
  expect(asked.status).toBe(200);
  expect(asked.json.code).toMatch(/^[1-9A-HJ-NP-Z]{4}-[1-9A-HJ-NP-Z]{4}$/);
  expect(Date.parse(asked.json.expires_at)).toBeGreaterThan(flow.clock.now());
  await flow.control.phones.typeCode(mine, { code: asked.json.code });
  expect(await shop.reaches("connected")).toMatchObject({ phone: `+${mine}` });
  expect(await shop.told()).toEqual(["session.connected"]);
  await flow.network.settled();
  expect(flow.control.stats(null).violations).toEqual([]);
});

test("a wrong code links nothing, and the right one does afterwards", async () => {
  await using flow = await startFlow();
  const shop = await flow.create();
  const { json } = await shop.call("/pairing-code", { body: { phone: mine } });
  await expect(flow.control.phones.typeCode(mine, { code: "WRNG-CDE1" })).rejects.toThrow("The code is not right.");
  expect(await shop.reaches("pairing")).toMatchObject({ phone: null });
  await flow.control.phones.typeCode(mine, { code: json.code });
  await shop.reaches("connected");
});

test("a code that was asked for and never typed stands in nobody's way: another number, or a scan, links it", async () => {
  await using flow = await startFlow();
  const shop = await flow.create();
  await shop.call("/pairing-code", { body: { phone: mine } });
  const second = await shop.call("/pairing-code", { body: { phone: others } });
  await flow.control.phones.typeCode(others, { code: second.json.code });
  expect(await shop.reaches("connected")).toMatchObject({ phone: `+${others}` });

  const desk = await flow.create("desk");
  await desk.call("/pairing-code", { body: { phone: others } });
  await desk.act("restart");
  await desk.link();
  expect(await desk.shown()).toMatchObject({ phone: `+${mine}` });
});

test("the phone shows the session under the name it was given; by code under the one that WhatsApp takes", async () => {
  await using flow = await startFlow();
  await flow.link("shop", mine, { device_name: "The shop in town" });
  const desk = await flow.create("desk", { device_name: "The desk" });
  const { json } = await desk.call("/pairing-code", { body: { phone: others } });
  await flow.control.phones.typeCode(others, { code: json.code });
  await desk.reaches("connected");
  const shownOn = (phone: string) => flow.control.phones.get(phone).devices.map(({ platform }) => platform);
  expect([shownOn(mine), shownOn(others)]).toEqual([["The shop in town"], ["Ubuntu"]]);
});

test("a connection that breaks while it shows a QR is made again, with a new QR", async () => {
  await using flow = await startFlow();
  const shop = await flow.create();
  const first = await shop.qr();
  await shop.reaches("pairing");
  using _quick = hurry({ from: 500 }, 4);
  flow.way.cut("rst");
  await until("it to notice", async () => (await shop.shown()).status !== "pairing");
  const second = await shop.qr();
  expect(second).not.toBe(first);
  await shop.scan(second);
  await shop.reaches("connected");
  expect(await shop.told()).toEqual(["session.connected"]);
});

test.each(["QR", "code"])("WhatsApp wants a passkey after a %s: it rests, and says what to do", async (how) => {
  await using flow = await startFlow();
  flow.strike("passkey-required", { phone: mine });
  const shop = await flow.create();
  const linking =
    how === "QR"
      ? shop.scan(await shop.qr())
      : shop
          .call("/pairing-code", { body: { phone: mine } })
          .then(({ json }) => flow.control.phones.typeCode(mine, { code: json.code }));
  await expect(linking).rejects.toThrow("passkey");
  expect(await shop.reaches("passkey_required")).toMatchObject({
    reason: { code: "passkey_required", sentence: sessionReasons.passkey_required },
    wanted: false,
    phone: null,
  });
  const events = (await shop.events()).filter(({ type }) => type !== "session.qr");
  expect(events).toEqual([{ type: "session.failed", data: { name: "shop", reason: "passkey_required" } }]);
  await until("the connection to end", () => flow.way.live() === 0);
  // The passkey is off now.
  await shop.act("start");
  await shop.link();
});
