// A network that is late, jerky, cut and dead in turns while messages go both ways: nothing is lost, nothing comes twice,
// and nobody storms back.
import { expect, test } from "bun:test";
import { createRandom, freshSeed } from "../faults/support/random.ts";
import { hurry } from "../support/quick-timers.ts";
import { type Flow, type Line, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const sessions = 3;
const mishaps = 5;
const patienceMs = 30_000;

test("whatever the network does, everything that was said arrives once and in order", async () => {
  const seed = freshSeed();
  const random = createRandom(seed);
  await using flow = await startFlow();
  const lines = await linkSome(flow);
  flow.way.set({ latencyMs: 10, jitterMs: 20, loss: 0.02, stallMs: 60 });
  // Between two attempts, and between two of the sender's, so that a minute of this is over in seconds.
  using _quick = hurry({ from: 500 }, 10);
  const said = new Map(lines.map(({ line }) => [line, { in: [] as string[], out: [] as string[] }]));
  let turn = 0;
  const talk = async () => {
    for (const { line, friend } of lines) {
      turn += 1;
      line.write(`in ${turn}`, friend);
      said.get(line)!.in.push(`in ${turn}`);
      await line.send(`out ${turn}`, friend);
      said.get(line)!.out.push(`out ${turn}`);
    }
  };
  for (let mishap = 0; mishap < mishaps; mishap++) {
    for (let word = random.between(2, 6); word > 0; word--) await talk();
    await mishapOn(flow, random.deal("mishap", ["fin", "rst", "half-open", "closed", "reset"]));
  }
  await talk();
  for (const { line, friend } of lines) {
    const { in: received, out: sent } = said.get(line)!;
    const told = `with the seed ${seed}`;
    await until(`${told}: what came in`, async () => (await line.texts()).length >= received.length, patienceMs);
    await until(`${told}: what went out`, async () => (await line.delivered(friend)).length >= sent.length, patienceMs);
    await line.reaches("connected", patienceMs);
    await line.settled();
    expect([told, await line.texts()]).toEqual([told, received]);
    expect([told, await line.delivered(friend)]).toEqual([told, sent]);
    expect(await line.told()).not.toContain("session.failed");
  }
  expect(flow.control.stats(null).violations).toEqual([]);
  // Each comes back after a pause, and after a longer one each time: hurried as they are, a few a second.
  expect(flow.way.connections.length).toBeLessThan(sessions * (2 + mishaps * 4));
}, 90_000);

async function mishapOn({ way }: Flow, what: "fin" | "rst" | "half-open" | "closed" | "reset"): Promise<void> {
  if (what === "half-open") return way.halfOpen();
  if (what === "fin" || what === "rst") return way.cut(what);
  await way.refuse(what);
  way.cut("rst");
  const from = performance.now();
  await until("it to be over", () => performance.now() - from > 200);
  await way.refuse(null);
}

async function linkSome(flow: Flow): Promise<{ line: Line; friend: string }[]> {
  const numbers = Array.from({ length: sessions }, (_, n) => [`1555900000${n}`, `1555910000${n}`] as const);
  return Promise.all(
    numbers.map(async ([phone, friend], n) => {
      for (const number of [phone, friend]) flow.control.phones.add({ number });
      return { line: await flow.link(`shop-${n}`, phone, { pacing: "off" }), friend };
    }),
  );
}
