// Requests that wait, whether they are answered or whoever asked goes away: nothing of them is left, however many there
// were.

import { heapStats } from "bun:jsc";
import { expect, test } from "bun:test";
import { adminKey, startGateway, type TestGateway } from "../support/gateway.ts";
import { until } from "../support/until.ts";

const many = 400;
const atOnce = 20;

function kept(): { signals: number; requests: number } {
  Bun.gc(true);
  const { objectTypeCounts: counts } = heapStats();
  return { signals: counts.AbortSignal ?? 0, requests: counts.Request ?? 0 };
}

/** Each begins to wait and is given up. */
async function giveUp({ url, gateway }: TestGateway, path: string): Promise<void> {
  const { eventFeed } = gateway.services;
  for (let asked = 0; asked < many; asked += atOnce) {
    const going = new AbortController();
    const all = Array.from({ length: atOnce }, () =>
      fetch(url + path, { signal: going.signal, headers: { "x-api-key": adminKey } })
        .then((response) => response.text())
        .catch(() => null),
    );
    await until("all to listen", () => eventFeed.listeners() === atOnce);
    going.abort();
    await Promise.all(all);
    await until("nobody to listen", () => eventFeed.listeners() === 0);
  }
}

test.each([
  ["polls", "/api/v1/events?wait=20&cursor=latest&events=session.failed"],
  ["streams", "/api/v1/events/stream"],
])(
  "%s that are given up leave no signal and no request behind",
  async (_what, path) => {
    await using gateway = await startGateway({ addressRequestsPerMinute: 1_000_000 });
    await giveUp(gateway, path);
    const before = kept();
    await giveUp(gateway, path);
    await until("what they held to be free", () => {
      const { signals, requests } = kept();
      return signals - before.signals < many / 10 && requests - before.requests < many / 10;
    });
    expect(gateway.gateway.services.eventFeed.listeners()).toBe(0);
  },
  60_000,
);

test("waits that are answered leave none behind either", async () => {
  await using gateway = await startGateway({ addressRequestsPerMinute: 1_000_000 });
  const ask = async () => {
    for (let asked = 0; asked < many; asked += atOnce) {
      const path = "/api/v1/events?wait=0&cursor=latest";
      await Promise.all(Array.from({ length: atOnce }, () => gateway.call(path)));
    }
  };
  await ask();
  const before = kept();
  await ask();
  await until("what they held to be free", () => kept().signals - before.signals < many / 10);
});
