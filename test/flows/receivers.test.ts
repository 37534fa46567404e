// Receivers that answer in every way there is: what the log says of each, when it is told again, and what is left of it.
import { expect, test } from "bun:test";
import { second } from "../../src/core/clock.ts";
import { type BadReceiver, badReceivers, timeoutSeconds } from "../support/bad-receivers.ts";
import { startHttpHost } from "../support/http-host.ts";
import { type RawHost, startRawHost } from "../support/raw-host.ts";
import { type Flow, shownIn, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const authorization = "Bearer of-the-shop-71c0";
const retrySeconds = 60;
type Case = BadReceiver & { host: RawHost; id: string; secret: string };

async function open(flow: Flow, one: BadReceiver): Promise<Case> {
  const host = await startRawHost(one.answer, { early: one.early === true });
  const body = {
    ...{ url: `http://127.0.0.1:${host.port}/hook`, events: ["message.received"], retry: [retrySeconds] },
    ...{ timeout_seconds: timeoutSeconds, headers: { Authorization: authorization } },
  };
  const { id, secret } = shownIn(await flow.call("/webhooks", { body })) as unknown as { id: string; secret: string };
  return { ...one, host, id, secret };
}

const deliveriesOf = async (flow: Flow, { id }: Case) => (await flow.call(`/webhooks/${id}/deliveries`)).json.data;
async function attempted(flow: Flow, one: Case, times: number) {
  const isThere = async () => {
    const [first] = await deliveriesOf(flow, one);
    return first?.attempts.length === times ? first : null;
  };
  const { id } = await until(`${times} attempts at: ${one.name}`, isThere, 20_000);
  return (await flow.call(`/webhooks/${one.id}/deliveries/${id}`)).json;
}
const without = (text: string | null, { host }: Case) => text?.replace(`127.0.0.1:${host.port}: `, "") ?? null;

test("whatever a receiver answers, the log says what came of it, once for each attempt, and no connection is left", async () => {
  await using canary = await startHttpHost((response) => response.end());
  await using flow = await startFlow();
  const line = await flow.link();
  const elsewhere = `http://127.0.0.1:${canary.port}/`;
  const cases = await Promise.all(badReceivers(elsewhere).map((one) => open(flow, one)));
  await using closing = new AsyncDisposableStack();
  for (const { host } of cases) closing.use(host);
  line.write("hello");

  for (const one of cases) {
    const { name, code, error, body, headers, isSlow = false, afterwards } = one;
    const told = await attempted(flow, one, 1);
    const [attempt] = told.attempts;
    expect([name, attempt.response_code, without(attempt.error, one)]).toEqual([name, code, error]);
    const status = error === null ? "success" : afterwards === "is disabled" ? "failed" : "pending";
    expect([name, told.status, told.response_code]).toEqual([name, status, code]);
    expect([name, attempt.duration_ms >= timeoutSeconds * second - 5]).toEqual([name, isSlow]);
    if (code === null) expect([name, attempt.response_headers, attempt.response_body]).toEqual([name, null, null]);
    if (headers !== undefined) expect([name, attempt.response_headers]).toMatchObject([name, headers]);
    if (typeof body === "string") expect([name, attempt.response_body ?? ""]).toEqual([name, body]);
    else if (body !== undefined) expect([name, attempt.response_body.length]).toEqual([name, body.bytes]);
    expect(told.request_headers).toMatchObject({ Authorization: "********", "webhook-signature": "********" });
  }

  flow.clock.advance((retrySeconds * 1.1 + 1) * second);
  for (const one of cases) {
    const { name, error, afterwards, early } = one;
    const again = error !== null && afterwards === undefined;
    const told = await attempted(flow, one, again ? 2 : 1);
    const status = error === null ? "success" : afterwards === "rests" ? "pending" : "failed";
    expect([name, told.status]).toEqual([name, status]);
    if (again) expect([name, without(told.attempts[1].error, one)]).toEqual([name, error]);
    expect([name, told.next_attempt_at === null]).toEqual([name, afterwards !== "rests"]);
    if (early !== true) {
      const ids = one.host.received.map((request) => /webhook-id: (\S+)/i.exec(request)?.[1]);
      expect([name, ids]).toEqual([name, Array(again ? 2 : 1).fill(told.event_id)]);
    }
    const webhook = (await flow.call(`/webhooks/${one.id}`)).json;
    expect([name, webhook.status]).toEqual([name, afterwards === "is disabled" ? "disabled" : "active"]);
  }
  expect(canary.connections()).toBe(0);
  // Those that could be used again are closed when they have not been for some seconds.
  await until("all connections to be closed", () => cases.every(({ host }) => host.open() === 0), 10_000);
}, 60_000);
