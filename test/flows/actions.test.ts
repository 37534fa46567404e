// What an owner does with a session, in whatever state it is, once or twice; and settings, which hold at once.
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { SessionReason, SessionStatus } from "../../src/core/session.ts";
import { startForwardProxy } from "../support/forward-proxy.ts";
import { type Flow, holds, type Line, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const patienceMs = 20_000;
let flow: Flow;
beforeAll(async () => {
  // Proxies are on loopback here.
  flow = await startFlow({ allowPrivateUrls: ["127.0.0.1"] });
});
afterAll(() => flow[Symbol.asyncDispose]());

let lastNumber = 0;
type Mine = Line & { friend: string; recover(): void };

async function fresh(settings: Record<string, unknown> = {}): Promise<Mine> {
  const digits = String(++lastNumber).padStart(4, "0");
  const [phone, friend] = [`1555700${digits}`, `1555800${digits}`];
  for (const number of [phone, friend]) flow.control.phones.add({ number });
  return { ...(await flow.create(`shop-${lastNumber}`, settings, phone)), friend, recover() {} };
}

async function linked(settings?: Record<string, unknown>) {
  const line = await fresh(settings);
  await line.link();
  return line;
}

const story = (what: string, act: () => Promise<void>) => test.concurrent(what, act, 2 * patienceMs);

/** How a session gets into each state, and stays there. */
const states = {
  async pairing() {
    const line = await fresh();
    await line.qr();
    await line.reaches("pairing");
    return line;
  },
  async passkey_required() {
    const line = await fresh();
    line.strike("passkey-required");
    await line.scan(await line.qr()).catch(() => {});
    await line.reaches("passkey_required");
    return line;
  },
  connected: linked,
  async disconnected() {
    const line = await linked();
    line.recover = line.strike("login-refused", { code: 503, count: null });
    line.cut();
    await until("the refusal", async () => (await line.shown()).reason?.code === "unavailable");
    return line;
  },
  async logged_out() {
    const line = await linked();
    line.unlink();
    await line.reaches("logged_out");
    return line;
  },
  async failed() {
    const line = await linked();
    line.strike("replaced");
    await line.call("/blocklist");
    await line.reaches("failed");
    return line;
  },
  async stopped() {
    const line = await linked();
    await line.act("stop");
    return line;
  },
} satisfies Partial<Record<SessionStatus, () => Promise<Mine>>>;
type State = keyof typeof states;

/** From the phone's list of linked devices. */
const gone = (line: Line) =>
  until("the device to be gone", () => flow.control.phones.get(line.phone).devices.length === 0);

type Outcome = [status: SessionStatus, reason: SessionReason | null, wanted: boolean];
const stopped: Outcome = ["stopped", "stopped", false];
const loggedOut: Outcome = ["logged_out", "logged_out_here", false];
const connected: Outcome = ["connected", null, true];
const pairing: Outcome = ["pairing", null, true];

/** Where it comes to rest after each. */
const outcomes: Record<State, Record<"start" | "stop" | "restart" | "logout", Outcome>> = {
  pairing: { start: pairing, stop: stopped, restart: pairing, logout: loggedOut },
  passkey_required: { start: pairing, stop: stopped, restart: pairing, logout: loggedOut },
  connected: { start: connected, stop: stopped, restart: connected, logout: loggedOut },
  disconnected: {
    start: ["disconnected", "unavailable", true],
    stop: stopped,
    restart: ["disconnected", "unavailable", true],
    logout: loggedOut,
  },
  logged_out: { start: pairing, stop: ["logged_out", "logged_out", false], restart: pairing, logout: loggedOut },
  failed: { start: connected, stop: ["failed", "replaced", false], restart: connected, logout: loggedOut },
  stopped: { start: connected, stop: stopped, restart: connected, logout: loggedOut },
};

async function comesTo(line: Line, [status, reason, wanted]: Outcome): Promise<void> {
  let last: unknown = null;
  const look = async () => {
    const shown = await line.shown();
    last = [shown.status, shown.reason?.code ?? null, shown.wanted];
    return JSON.stringify(last) === JSON.stringify([status, reason, wanted]);
  };
  await until("the outcome", look, patienceMs).catch(() => {});
  expect(last).toEqual([status, reason, wanted]);
}

for (const state of Object.keys(states) as State[]) {
  for (const act of ["start", "stop", "restart", "logout"] as const) {
    story(`${act} of a session that is ${state}, and again`, async () => {
      const line = await states[state]();
      if (act === "logout") line.recover();
      for (let time = 1; time <= 2; time++) {
        const answer = await line.call(`/${act}`, { method: "POST" });
        expect([time, answer.status]).toEqual([time, 200]);
        await comesTo(line, outcomes[state][act]);
      }
      if (act !== "logout") return;
      expect((await line.kept()).credentials).toBe(0);
      await gone(line);
    });
  }

  story(`delete of a session that is ${state}, and again`, async () => {
    const line = await states[state]();
    line.recover();
    expect((await line.call("", { method: "DELETE" })).status).toBe(204);
    expect((await line.call("", { method: "DELETE" })).status).toBe(404);
    await gone(line);
  });
}

story("logged out, the device is gone from the phone, also when the session was stopped", async () => {
  const [running, resting] = [await linked(), await linked()];
  await resting.act("stop");
  for (const line of [running, resting]) {
    await line.act("logout");
    await gone(line);
    expect((await line.told()).at(-1)).toBe("session.logged_out");
    await line.act("start");
    await line.link();
  }
});

story("stopped, it has no connection; started, it has what was written meanwhile", async () => {
  const shop = await linked();
  await shop.act("stop");
  const isThere = () => flow.network.world.links.all().some(({ person }) => person.phone === shop.phone);
  await until("it to be gone", () => !isThere());
  shop.write("meanwhile", shop.friend);
  const id = await shop.send("out", shop.friend);
  await holds("nothing goes out", 300, async () => (await shop.delivered(shop.friend)).length === 0);
  await shop.act("start");
  await until("both", async () => (await shop.texts()).length + (await shop.delivered(shop.friend)).length === 2);
  await shop.sent(id);
});

story("a hundred starts, stops and restarts at once leave one session and one connection", async () => {
  const shop = await linked();
  const acts = ["start", "stop", "restart"] as const;
  await Promise.all(Array.from({ length: 100 }, (_, n) => shop.act(acts[n % 3]!)));
  await shop.act("start");
  await shop.reaches("connected");
  const links = () => flow.network.world.links.all().filter(({ person }) => person.phone === shop.phone).length;
  await holds("there is one connection", 1_000, () => links() === 1);
  expect(await shop.told()).not.toContain("session.failed");
});

story("whether it shows itself online holds at once, and after the next start", async () => {
  const shop = await linked();
  const isPresent = () => {
    const person = flow.network.world.registry.find(shop.phone);
    return person !== null && flow.network.world.phones.stateOf(person).isPresent;
  };
  expect(isPresent()).toBe(false);
  await shop.call("", { method: "PATCH", body: { mark_online: true } });
  await until("it to be seen", isPresent);
  await shop.call("", { method: "PATCH", body: { mark_online: false } });
  await until("it to be seen no more", () => !isPresent());
  await shop.call("", { method: "PATCH", body: { mark_online: true } });
  await shop.act("restart");
  await shop.letIn(2);
  await until("it to be seen again", isPresent);
  expect(shop.logins()).toBe(2);
});

story("what it reads by itself is told to those who wrote, from the moment it is set so", async () => {
  const shop = await linked();
  const readersOf = (id: string) => flow.control.phones.receipts(shop.friend, id).read ?? [];
  const before = shop.write("before", shop.friend);
  await until("the first", async () => (await shop.texts()).length === 1);
  await shop.call("", { method: "PATCH", body: { read_automatically: true } });
  const after = shop.write("after", shop.friend);
  await until("it to be read", () => readersOf(after).length > 0);
  expect([readersOf(before), readersOf(after)]).toEqual([[], [shop.phone]]);
  await shop.call("", { method: "PATCH", body: { read_automatically: false } });
  const last = shop.write("last", shop.friend);
  await until("the last", async () => (await shop.texts()).length === 3);
  await shop.settled();
  expect(readersOf(last)).toEqual([]);
});

story("a call is rejected with a word to the caller, once it is set so", async () => {
  const shop = await linked();
  const said = (what: RegExp) =>
    flow.control
      .frames(100_000, `${shop.phone}:`)
      .filter(({ direction, stanza }) => direction === "in" && what.test(stanza)).length;
  const call = () => flow.control.phones.call(shop.friend, { to: shop.phone });
  const stateOf = (id: string) => flow.control.phones.calls(shop.friend).find((one) => one.id === id)?.state;
  const first = call();
  await until("it to have heard", () => said(/^<ack [^>]*class="call"/) === 1);
  flow.control.phones.hangUp(shop.friend, first.id);
  await until("it to have heard that as well", () => said(/^<ack [^>]*class="call"/) === 2);
  await shop.call("", { method: "PATCH", body: { reject_calls: true, reject_message: "Please write to us." } });
  const { id } = call();
  await until("the word", async () => (await shop.delivered(shop.friend)).length > 0);
  expect([said(/^<call[\s\S]*<reject/), await shop.delivered(shop.friend)]).toEqual([1, ["Please write to us."]]);
  expect([stateOf(first.id), stateOf(id)]).toEqual(["ended", "rejected"]);
});

story("another proxy is taken at once, and none again; what is only a label changes nothing", async () => {
  const shop = await linked();
  await using proxy = await startForwardProxy({ kind: "http", login: { user: "a", password: "b" } });
  await shop.call("", { method: "PATCH", body: { proxy: proxy.url } });
  await shop.letIn(2);
  expect(proxy.tunnels.filter(({ isOpen }) => isOpen)).toHaveLength(1);
  await shop.call("", { method: "PATCH", body: { label: "Somewhere else", pacing: "off", retention_days: 30 } });
  // Given back as it is shown, with its password masked, it stays as it is.
  const { json } = await shop.call();
  expect(json.proxy).toContain("***");
  await shop.call("", { method: "PATCH", body: { proxy: json.proxy } });
  await shop.call("", { method: "PATCH", body: { proxy: null } });
  await shop.letIn(3);
  await until("the tunnel to be closed", () => proxy.tunnels.every(({ isOpen }) => !isOpen));
  expect([shop.logins(), proxy.connections()]).toEqual([3, 1]);
  await until("all to be told", async () => (await shop.told()).length === 3);
  expect(new Set(await shop.told())).toEqual(new Set(["session.connected"]));
});

story("a proxy that nobody can reach: it says so, goes on trying, and comes back once that is put right", async () => {
  const shop = await linked();
  const proxy = await startForwardProxy({ kind: "socks5" });
  const { url } = proxy;
  await proxy[Symbol.asyncDispose]();
  await shop.call("", { method: "PATCH", body: { proxy: url } });
  await until("the reason", async () => (await shop.shown()).reason?.code === "unreachable");
  expect(await shop.shown()).toMatchObject({ status: "disconnected", wanted: true });
  await shop.call("", { method: "PATCH", body: { proxy: null } });
  await shop.letIn(2);

  // And one that is linked to nobody yet does not take it for WhatsApp's refusal.
  const desk = await fresh({ proxy: url });
  await until("the reason", async () => (await desk.shown()).reason?.code === "unreachable");
  await desk.call("", { method: "PATCH", body: { proxy: null } });
  await desk.link();
});
