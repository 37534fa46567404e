// The figures of webhooks at /metrics: what came of attempts, what waits, how long the first one took; nothing by webhook.
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { minute } from "../../../src/core/clock.ts";
import { databaseFile } from "../../../src/store/data-directory.ts";
import { startHttpHost } from "../../support/http-host.ts";
import { type Flow, startFlow } from "../../support/session-flow.ts";
import { until } from "../../support/until.ts";

async function figures(flow: Flow): Promise<Record<string, number>> {
  const { text } = await flow.gateway().call("/metrics");
  const lines = text.split("\n").filter((line) => line.startsWith("waygate_webhook"));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]),
  );
}
const comesTo = (flow: Flow, wanted: Record<string, number>) =>
  until(JSON.stringify(wanted), async () => {
    const now = await figures(flow);
    return Object.entries(wanted).every(([name, value]) => now[`waygate_webhook${name}`] === value) ? now : null;
  });
const total = (outcome: string) => `_deliveries_total{outcome="${outcome}"}`;
const waiting = (state: string) => `_deliveries_waiting{state="${state}"}`;

test("what came of attempts, what is under way and waits, and how the webhooks stand", async () => {
  let isWell = true;
  let hold = Promise.resolve();
  await using host = await startHttpHost(async (response, { path }) => {
    await hold;
    response.writeHead(path === "/gone" ? 410 : isWell ? 200 : 500).end();
  });
  await using flow = await startFlow();
  const line = await flow.link();
  const nothing = { [total("delivered")]: 0, [total("retried")]: 0, [total("failed")]: 0 };
  const idle = { _attempts_under_way: 0, [waiting("ready")]: 0, [waiting("scheduled")]: 0 };
  await comesTo(flow, { ...nothing, ...idle, 's{state="active"}': 0, _first_attempt_seconds_count: 0 });
  const make = (path: string) =>
    flow.call("/webhooks", { body: { url: `http://127.0.0.1:${host.port}${path}`, events: ["message.received"] } });
  for (const path of ["/well", "/gone"]) await make(path);
  await comesTo(flow, { 's{state="active"}': 2, 's{state="paused"}': 0, 's{state="disabled"}': 0 });

  const held = Promise.withResolvers<void>();
  hold = held.promise;
  line.write("one");
  await comesTo(flow, { _attempts_under_way: 2, [waiting("ready")]: 2 });
  held.resolve();
  const after = {
    [total("delivered")]: 1,
    [total("failed")]: 1,
    [total("retried")]: 0,
    _first_attempt_seconds_count: 2,
  };
  await comesTo(flow, { ...after, ...idle, 's{state="active"}': 1, 's{state="disabled"}': 1 });

  isWell = false;
  line.write("two");
  const failing = { ...after, [total("retried")]: 1, [waiting("scheduled")]: 1, _first_attempt_seconds_count: 3 };
  await comesTo(flow, failing);
  isWell = true;
  flow.clock.advance(minute);
  const now = await comesTo(flow, { ...failing, [total("delivered")]: 2, [waiting("scheduled")]: 0 });
  // From the commit to the first attempt it is moments, as long as the clock stands none at all.
  expect(now['waygate_webhook_first_attempt_seconds_bucket{le="0.005"}']).toBe(3);
  expect(Object.keys(now).filter((name) => /whk_|127\.0\.0\.1/.test(name))).toEqual([]);
}, 20_000);

test("what waits is counted in the indexes of what waits, however much there was", async () => {
  await using flow = await startFlow();
  using client = new Database(databaseFile(String(flow.settings.dataDir)), { readonly: true });
  for (const [state, index] of [
    [0, "deliveries_ready"],
    [1, "deliveries_scheduled"],
  ] as const) {
    const plan = client.query(`EXPLAIN QUERY PLAN SELECT count(*) AS n FROM deliveries WHERE state = ${state}`).all();
    expect(JSON.stringify(plan)).toContain(`COVERING INDEX ${index}`);
  }
});
