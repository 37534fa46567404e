// When WhatsApp cannot be reached, or something else answers in its place: the session goes on trying, says why, and
// loses nothing; one that nobody waits for gives up.
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type SessionReason, sessionReasons } from "../../src/core/session.ts";
import { hurry } from "../support/quick-timers.ts";
import { type Line, others, startFlow } from "../support/session-flow.ts";
import { startTlsFront } from "../support/tls-front.ts";
import { until } from "../support/until.ts";

const why = (code: SessionReason) => ({ code, sentence: sessionReasons[code] });
const patienceMs = 15_000;
/** Between two attempts. */
const pauses = { from: 500 };

/** It is away for that reason; what is said meanwhile arrives once it is back, and the loss was told of once. */
async function awayAndBack(shop: Line, reason: SessionReason, comeBack: () => unknown, times = 8): Promise<void> {
  using _quick = hurry(pauses, times);
  await until("the reason", async () => (await shop.shown()).reason?.code === reason, patienceMs);
  expect(await shop.shown()).toMatchObject({ status: "disconnected", reason: why(reason), wanted: true });
  shop.write("meanwhile");
  await shop.send("meanwhile");
  await comeBack();
  await shop.reaches("connected", patienceMs);
  await until("both to arrive", async () => [...(await shop.texts()), ...(await shop.delivered())].length === 2);
  await shop.settled();
  expect([await shop.texts(), await shop.delivered(others)]).toEqual([["meanwhile"], ["meanwhile"]]);
  expect(await shop.told()).toEqual(["session.connected", "session.disconnected", "session.connected"]);
}

test.each(["closed", "reset"] as const)(
  "nobody can be reached for a while (%s)",
  async (how) => {
    await using flow = await startFlow();
    const shop = await flow.link();
    await flow.way.refuse(how);
    shop.cut();
    await awayAndBack(shop, "unreachable", () => flow.way.refuse(null));
  },
  patienceMs,
);

test(
  "nobody listens where WhatsApp should be, and then again somebody does",
  async () => {
    await using flow = await startFlow();
    const shop = await flow.link();
    flow.strike("refused", { delay_ms: 700 });
    shop.cut();
    await awayAndBack(shop, "unreachable", () => {});
  },
  patienceMs,
);

test.each([503, 403, 500])(
  "the connection is answered with HTTP %i: that is no word of WhatsApp's, and it tries again",
  async (code) => {
    await using flow = await startFlow();
    const shop = await flow.link();
    flow.strike("upgrade-error", { code, count: null });
    shop.cut();
    await awayAndBack(shop, "unavailable", () => flow.control.clearFaults());
  },
  patienceMs,
);

test(
  "the connection is taken and nothing is ever said on it: given up in time, and tried again",
  async () => {
    await using flow = await startFlow();
    const shop = await flow.link();
    flow.strike("handshake-silence");
    shop.cut();
    // Baileys waits twenty seconds for the handshake.
    await awayAndBack(shop, "unreachable", () => {}, 25);
  },
  patienceMs,
);

test(
  "somebody with a certificate of their own answers in WhatsApp's place: not trusted, and said so",
  async () => {
    await using flow = await startFlow();
    await using front = await startTlsFront({ names: ["localhost"], to: { port: flow.network.port } });
    const ca = join(flow.folder, "front.pem");
    writeFileSync(ca, front.ca);
    const secure = { waUrl: `wss://localhost:${front.port}/ws/chat` };
    await flow.restart(() => {}, { ...secure, waCa: ca });
    const shop = await flow.link();
    await flow.restart(() => {}, secure);
    const untrusted = await until(
      "the reason",
      async () => {
        const now = await shop.shown();
        return now.reason?.code === "untrusted" && now;
      },
      patienceMs,
    );
    expect(untrusted).toMatchObject({ status: "disconnected", reason: why("untrusted"), wanted: true });
    expect(shop.logins()).toBe(1);
    await flow.restart(() => {}, { ...secure, waCa: ca });
    await shop.letIn(2);
  },
  patienceMs,
);

test(
  "somebody whose certificate no key of WhatsApp's has signed answers the handshake: refused, and never told who we are",
  async () => {
    await using flow = await startFlow();
    const shop = await flow.link();
    await flow.restart(() => {}, { waRootKey: "11".repeat(32) });
    expect(await shop.reaches("failed")).toMatchObject({ reason: why("other_network") });
    // And one that is linked to nobody does not register there either.
    const desk = await flow.create("desk", {}, others);
    const noQr = await desk.call("/qr?wait=1");
    expect(noQr.status).toBe(409);
    await until("the reason", async () => (await desk.shown()).reason?.code === "untrusted");
    expect(shop.logins()).toBe(1);
  },
  patienceMs,
);

test(
  "a session that is linked to nobody gives up when nobody can be reached for long",
  async () => {
    await using flow = await startFlow();
    await flow.way.refuse("closed");
    using _quick = hurry(pauses, 600);
    const shop = await flow.create();
    expect(await shop.reaches("failed", patienceMs)).toMatchObject({
      reason: why("unreachable"),
      wanted: false,
      retry_at: null,
    });
    expect(await shop.told()).toEqual(["session.failed"]);
  },
  patienceMs,
);
