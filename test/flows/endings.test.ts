// Every way in which WhatsApp or the network ends a connection: what the session says, what it does, what others hear of
// it, and that nothing is lost. Many sessions of one gateway side by side, each with a number of its own.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type SessionReason, sessionReasons } from "../../src/core/session.ts";
import type { FaultName } from "../../src/sandbox/network/faults.ts";
import { type Flow, holds, type Line, others, type Shown, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const keepAliveMs = 1_000;
const patienceMs = 20_000;
let flow: Flow;
beforeAll(async () => {
  flow = await startFlow();
});
afterAll(() => flow[Symbol.asyncDispose]());

let lastNumber = 0;

/** A session that is connected, and has somebody of its own to talk to. */
async function connected(): Promise<Line & { friend: string }> {
  const digits = String(++lastNumber).padStart(4, "0");
  const [phone, friend] = [`1555200${digits}`, `1555300${digits}`];
  for (const number of [phone, friend]) flow.control.phones.add({ number });
  return { ...(await flow.link(`shop-${lastNumber}`, phone)), friend };
}

const why = (code: SessionReason) => ({ code, sentence: sessionReasons[code] });

/** What was said both ways has arrived, once each and in order. */
async function nothingIsLost(line: Line & { friend: string }, texts: string[]): Promise<void> {
  await until("what was received", async () => (await line.texts()).length >= texts.length, patienceMs);
  await until("what was sent", async () => (await line.delivered(line.friend)).length >= texts.length, patienceMs);
  await line.settled();
  expect([await line.texts(), await line.delivered(line.friend)]).toEqual([texts, texts]);
}

const story = (what: string, act: () => Promise<void>) => test.concurrent(what, act, 2 * patienceMs);

story("the connection is cut: it comes back by itself, and nothing of what was said meanwhile is lost", async () => {
  const shop = await connected();
  shop.write("before", shop.friend);
  await shop.send("before", shop.friend);
  await nothingIsLost(shop, ["before"]);
  shop.strike("drop-tcp");
  expect((await shop.call("/blocklist")).status).toBe(503);
  expect(await shop.reaches("disconnected")).toMatchObject({ reason: why("connection_lost"), wanted: true });
  shop.write("meanwhile", shop.friend);
  const id = await shop.send("meanwhile", shop.friend);
  expect((await flow.call(`/messages/${id}`)).json.status).toBe("queued");
  expect(await shop.returns()).toMatchObject({ reason: null, retry_at: null });
  await nothingIsLost(shop, ["before", "meanwhile"]);
  await shop.sent(id);
  const { name, phone } = shop;
  expect((await shop.events()).filter(({ type }) => type !== "session.qr")).toMatchObject([
    { type: "session.connected", data: { name, phone } },
    { type: "session.disconnected", data: { name, reason: "connection_lost" } },
    { type: "session.connected", data: { name, phone } },
  ]);
});

story("a connection that falls silent is noticed within two keep-alives, and made anew", async () => {
  const shop = await connected();
  shop.strike("half-open");
  const began = performance.now();
  const asking = shop.call("/blocklist");
  shop.write("into the void", shop.friend);
  let [last, slowestMs] = [began, 0];
  await until("it to notice", async () => {
    const { status } = await shop.shown();
    slowestMs = Math.max(slowestMs, performance.now() - last);
    last = performance.now();
    return status !== "connected";
  });
  // With what it takes to write it down and to ask for it, on a machine that may have other things to do.
  expect(last - began).toBeLessThan(2 * keepAliveMs + 200 + 5 * slowestMs);
  expect((await asking).status).toBe(503);
  expect(await shop.shown()).toMatchObject({ status: "disconnected", reason: why("connection_lost") });
  await shop.returns();
  await until("the message", async () => (await shop.texts()).length > 0);
  await shop.settled();
  expect(await shop.texts()).toEqual(["into the void"]);
  expect(await shop.told()).toEqual(["session.connected", "session.disconnected", "session.connected"]);
});

story("one on which nothing is said but keep-alives is not taken for dead", async () => {
  const shop = await connected();
  await holds("it is connected", 3 * keepAliveMs, async () => (await shop.shown()).status === "connected");
  expect(shop.logins()).toBe(1);
});

const finals: [what: string, fault: FaultName, reason: SessionReason][] = [
  ["replaced by another program with the same credentials", "replaced", "replaced"],
  ["banned", "banned", "banned"],
];
for (const [what, fault, reason] of finals) {
  story(`${what}: it rests, says why, and does not come back until its owner says so`, async () => {
    const shop = await connected();
    shop.strike(fault);
    await shop.call("/blocklist");
    expect(await shop.reaches("failed")).toMatchObject({ reason: why(reason), wanted: false, retry_at: null });
    await holds("it does not come back", 2_000, () => shop.logins() === 1);
    expect((await shop.events()).at(-1)).toEqual({ type: "session.failed", data: { name: shop.name, reason } });
    expect(await shop.told()).toEqual(["session.connected", "session.failed"]);
    await shop.act("start");
    await shop.reaches("connected");
  });
}

const refusals: [code: number, status: Shown["status"], reason: SessionReason][] = [
  [401, "logged_out", "logged_out"],
  [402, "failed", "temporarily_banned"],
  [403, "failed", "banned"],
  [406, "failed", "banned"],
  [411, "failed", "not_multidevice"],
];
for (const [code, status, reason] of refusals) {
  story(`a login that WhatsApp refuses with ${code}: it rests, and says why`, async () => {
    const shop = await connected();
    shop.strike("login-refused", { code });
    shop.cut();
    expect(await shop.reaches(status)).toMatchObject({ reason: why(reason), wanted: false, retry_at: null });
    const last = status === "failed" ? "session.failed" : "session.logged_out";
    expect(await shop.told()).toEqual(["session.connected", "session.disconnected", last]);
    expect(shop.logins()).toBe(2);
  });
}

const passing: [code: number, reason: SessionReason][] = [
  [503, "unavailable"],
  [429, "unavailable"],
  [500, "bad_session"],
  [499, "refused"],
];
for (const [code, reason] of passing) {
  story(`a login that WhatsApp refuses with ${code} is tried again, and told of once`, async () => {
    const shop = await connected();
    shop.strike("login-refused", { code });
    shop.cut();
    await until("the refusal", async () => (await shop.shown()).reason?.code === reason);
    expect(await shop.shown()).toMatchObject({ status: "disconnected", reason: why(reason), wanted: true });
    await shop.reaches("connected");
    expect(await shop.told()).toEqual(["session.connected", "session.disconnected", "session.connected"]);
  });
}

story("removed on the phone: logged out, its credentials are gone, and it can be linked anew", async () => {
  const shop = await connected();
  shop.write("kept", shop.friend);
  await until("the message", async () => (await shop.texts()).length === 1);
  expect(Math.min(...Object.values(await shop.kept()))).toBeGreaterThan(0);
  shop.unlink();
  expect(await shop.reaches("logged_out")).toMatchObject({
    reason: why("logged_out"),
    wanted: false,
    phone: null,
    lid: null,
  });
  expect(await shop.told()).toEqual(["session.connected", "session.logged_out"]);
  expect((await shop.events()).at(-1)?.data).toEqual({ name: shop.name, reason: "logged_out" });
  expect(await shop.kept()).toEqual({ credentials: 0, ratchets: 0, pre_keys: 0, signal_keys: 0, identities: 0 });
  const qr = await shop.call("/qr");
  expect([qr.status, qr.json.detail]).toEqual([
    409,
    `There is nothing to scan: this session is logged out. ${sessionReasons.logged_out}`,
  ]);
  await shop.act("start");
  await shop.link();
  expect(await shop.told()).toEqual(["session.connected", "session.logged_out", "session.connected"]);
  // What had been received was received.
  expect(await shop.texts()).toEqual(["kept"]);
});

story("removed on the phone while it was away: the same, at its next login", async () => {
  const shop = await connected();
  await shop.act("stop");
  shop.unlink();
  await shop.act("start");
  expect(await shop.reaches("logged_out")).toMatchObject({ reason: why("logged_out"), phone: null });
});

story("a version that is refused once is tried again at once, and nothing is wrong", async () => {
  const shop = await connected();
  shop.strike("version-refused");
  shop.cut();
  await shop.returns();
  expect(shop.logins()).toBe(3);
  expect(await shop.told()).toEqual(["session.connected", "session.disconnected", "session.connected"]);
});

story("a version that is refused for good: two attempts, then a sentence that says what to do", async () => {
  const shop = await connected();
  shop.strike("version-refused", { count: null });
  shop.cut();
  const failed = await shop.reaches("failed");
  expect(failed).toMatchObject({ reason: why("version_refused"), retry_at: null });
  expect(failed.reason?.sentence).toContain("WAYGATE_WA_VERSION");
  expect(shop.logins()).toBe(3);
  expect(await shop.told()).toEqual(["session.connected", "session.disconnected", "session.failed"]);
});

story("WhatsApp closes down for a moment: it tries again, and says why", async () => {
  const shop = await connected();
  shop.strike("stream-503");
  await shop.call("/blocklist");
  expect(await shop.reaches("disconnected")).toMatchObject({ reason: why("unavailable") });
  await shop.returns();
});

story("told to connect again, it does so at once, and nothing is wrong", async () => {
  const shop = await connected();
  shop.strike("stream-515");
  await shop.call("/blocklist");
  await until("the second login", () => shop.logins() === 2);
  await shop.reaches("connected");
  expect(await shop.told()).not.toContain("session.disconnected");
});

for (const fault of ["stream-503", "stream-515"] as const) {
  story(`let in each time and thrown out again at once (${fault}): it comes more and more seldom`, async () => {
    const shop = await connected();
    shop.strike(fault, { count: null });
    const delays: number[] = [];
    const look = async () => {
      const { retry_at } = await shop.shown();
      const delay = retry_at === null ? 0 : Date.parse(retry_at) - flow.clock.now();
      if (delay > 0 && delay !== delays.at(-1)) delays.push(delay);
      return delays.length === 2;
    };
    await until("the second delay", look, patienceMs);
    // After a 515 the first comes at once, and is not seen here.
    const before = fault === "stream-515" ? 1 : 0;
    for (const [place, delay] of delays.entries()) {
      expect(delay).toBeGreaterThanOrEqual(500 * 2 ** (place + before));
      expect(delay).toBeLessThanOrEqual(1_500 * 2 ** (place + before));
    }
    expect(shop.logins()).toBeLessThanOrEqual(4);
  });
}

story("an ending and changes of the settings at the same moment leave one connection, not two that fight", async () => {
  const shop = await connected();
  shop.cut();
  await shop.call("", { method: "PATCH", body: { history: "full" } });
  await shop.call("", { method: "PATCH", body: { history: "recent" } });
  await shop.reaches("connected");
  await holds("neither takes the other's place", 2_000, async () => (await shop.shown()).status !== "failed");
  expect(await shop.told()).not.toContain("session.failed");
});

story("what WhatsApp refuses has failed, with its code, and holds nothing else up", async () => {
  const shop = await connected();
  shop.strike("ack-error", { code: 479 });
  const refused = await shop.send("refused", shop.friend);
  await shop.send("taken", shop.friend);
  await until("the second", async () => (await shop.delivered(shop.friend)).includes("taken"));
  expect((await flow.call(`/messages/${refused}`)).json).toMatchObject({ status: "failed", error: { code: "479" } });
  expect(await shop.delivered(shop.friend)).toEqual(["taken"]);
});

story("an acknowledgement that got lost with its connection: the message goes out again, and is had once", async () => {
  const shop = await connected();
  shop.strike("drop-ack");
  const id = await shop.send("hello", shop.friend);
  await until("it to arrive", async () => (await shop.delivered(shop.friend)).length === 1);
  shop.cut();
  await shop.returns();
  await shop.sent(id);
  await shop.settled();
  expect(await shop.delivered(shop.friend)).toEqual(["hello"]);
});

test.concurrent("all this time nothing was said against the protocol", () => {
  const { violations } = flow.control.stats(null);
  expect(violations.filter(({ who }) => who !== others)).toEqual([]);
});
