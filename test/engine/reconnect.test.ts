// Every way a connection can end, in every situation, and what is to be done: written out, with the delays and the budget.
import { expect, test } from "bun:test";
import { hour, minute, second } from "../../src/core/clock.ts";
import {
  after,
  counting,
  delayMs,
  type Ending,
  freshHistory,
  type History,
  judge,
  mostPairingRounds,
  proxyCode,
  type Situation,
  stalledCode,
  steadyMs,
  storageCode,
  untrustedCode,
  type Verdict,
} from "../../src/engine/reconnect.ts";

/** So that a delay is exactly what it usually is. */
const middle = () => 0.5;
const fresh = freshHistory(false);
const situations = {
  /** Shows a QR, or is on its way there. */
  unlinked: { ...fresh, isLinked: false, wasOpen: false },
  /** Just linked, and never yet let in. */
  new: { ...fresh, isLinked: true, wasOpen: false },
  open: { ...freshHistory(true), isLinked: true, wasOpen: true },
  /** Cut off, and trying. */
  away: { ...freshHistory(true), isLinked: true, wasOpen: false, failures: 2 },
} satisfies Record<string, Situation>;
type Name = keyof typeof situations;
const names = Object.keys(situations) as Name[];

const ending = (code: number, detail = "said nothing"): Ending => ({ code, detail });
const verdictIn = (name: Name, end: Ending, changes: Partial<Situation> = {}): string =>
  shown(judge(end, { ...situations[name], ...changes }, middle));

function shown(verdict: Verdict): string {
  if (verdict.act === "rest") return `${verdict.status}: ${verdict.reason}`;
  const also = [verdict.anew && "anew", verdict.askVersion && "with the version asked for"].filter(Boolean).join(" ");
  return `${verdict.reason ?? "nothing wrong"}, again in ${verdict.afterMs / second} s ${also}`.trim();
}

const lasting = (reason: string): Record<Name, string> => ({
  unlinked: `${reason}, again in 1 s`,
  new: `${reason}, again in 1 s`,
  open: `${reason}, again in 1 s`,
  away: `${reason}, again in 4 s`,
});
const always = (verdict: string): Record<Name, string> => ({
  unlinked: verdict,
  new: verdict,
  open: verdict,
  away: verdict,
});

/** By code: 4xx and 5xx are WhatsApp's or Baileys' own, the small ones are ours. */
const table: [what: string, Ending, Record<Name, string>][] = [
  ["restart required", ending(515), { ...always("nothing wrong, again in 0 s"), away: "nothing wrong, again in 4 s" }],
  [
    "logged out",
    ending(401),
    {
      unlinked: "nothing wrong, again in 0 s anew",
      new: "nothing wrong, again in 0 s anew",
      open: "logged_out: logged_out",
      away: "logged_out: logged_out",
    },
  ],
  ["banned for a while", ending(402), always("failed: temporarily_banned")],
  ["forbidden", ending(403), always("failed: banned")],
  ["banned, as the web client has it", ending(406), always("failed: banned")],
  ["a stale version", ending(405), always("nothing wrong, again in 0 s with the version asked for")],
  ["no multi-device", ending(411), always("failed: not_multidevice")],
  ["replaced", ending(440), always("failed: replaced")],
  ["timed out", ending(408), { ...lasting("unreachable"), open: "connection_lost, again in 1 s" }],
  ["closed", ending(428), { ...lasting("unreachable"), open: "connection_lost, again in 1 s" }],
  [
    "nobody scanned",
    ending(408, "QR refs attempts ended"),
    {
      ...lasting("unreachable"),
      unlinked: "nothing wrong, again in 0 s",
      open: "connection_lost, again in 1 s",
    },
  ],
  ["a bad session", ending(500), { ...lasting("bad_session"), unlinked: "failed: pairing_refused" }],
  ["a certificate, by its text alone", ending(500, "self signed certificate"), lasting("untrusted")],
  ["a certificate of the handshake's", ending(400, "noise certificate signature invalid"), lasting("untrusted")],
  ["unavailable", ending(503), lasting("unavailable")],
  ["not implemented there", ending(501), lasting("unavailable")],
  ["too large", ending(413), lasting("unavailable")],
  ["too many", ending(429), lasting("unavailable")],
  ["no code that is known", ending(418), lasting("refused")],
  ["deaf", ending(stalledCode), lasting("stalled")],
  ["nothing can be written", ending(storageCode), lasting("storage")],
  ["a certificate", ending(untrustedCode), lasting("untrusted")],
  ["a proxy where none may be", ending(proxyCode), lasting("proxy_refused")],
];

for (const [what, end, verdicts] of table) {
  test(`${what} (${end.code})`, () => {
    expect(Object.fromEntries(names.map((name) => [name, verdictIn(name, end)]))).toEqual(verdicts);
  });
}

test("a stale version is asked for once, and refused after that", () => {
  for (const name of names) {
    expect(verdictIn(name, ending(405), { hasNewVersion: true })).toBe("failed: version_refused");
  }
});

/** Open for so long before it ended; null is never. */
type Turn = { end: Ending; openMs?: number | null };

/** One ending after the other until it rests, or so many of them. */
function live(first: Situation, turns: (turn: number) => Turn, most = 60) {
  let history: History = first;
  const delays: number[] = [];
  for (let turn = 0; turn < most; turn++) {
    const { end, openMs = null } = turns(turn);
    history = counting(history, openMs);
    const verdict = judge(end, { ...first, ...history, wasOpen: openMs !== null }, middle);
    if (verdict.act === "rest") return { delays, rests: `${verdict.status}: ${verdict.reason}` };
    delays.push(verdict.afterMs);
    history = after(history, end);
  }
  return { delays, rests: null };
}

const doubling = [1, 2, 4, 8, 16, 32, 64, 128, 180].map((seconds) => seconds * second);

test("a linked session never gives up for the network's sake, and comes more and more seldom", () => {
  for (const code of [408, 428, 503, 429, stalledCode, storageCode, untrustedCode, proxyCode]) {
    const { delays, rests } = live(situations.open, (turn) => ({
      end: ending(code),
      openMs: turn === 0 ? hour : null,
    }));
    expect(rests).toBeNull();
    expect(delays.slice(0, doubling.length)).toEqual(doubling);
    expect(new Set(delays.slice(doubling.length))).toEqual(new Set([3 * minute]));
  }
});

test("one that is let in each time and thrown out again at once comes more and more seldom too", () => {
  for (const code of [428, 503, stalledCode]) {
    const { delays } = live(situations.open, () => ({ end: ending(code), openMs: 5 * second }));
    expect(delays.slice(0, doubling.length)).toEqual(doubling);
  }
  const restarts = live(situations.open, () => ({ end: ending(515), openMs: 5 * second }));
  expect(restarts.delays.slice(0, doubling.length)).toEqual([0, ...doubling.slice(1)]);
});

test("a connection that has stood for a while makes up for what was before it", () => {
  const stood = (openMs: number) =>
    live(situations.away, (turn) => ({ end: ending(428), openMs: turn === 2 ? openMs : null }), 5).delays;
  expect(stood(steadyMs)).toEqual([4, 8, 1, 2, 4].map((seconds) => seconds * second));
  expect(stood(steadyMs - 1)).toEqual([4, 8, 16, 32, 64].map((seconds) => seconds * second));
});

test("one that nobody waits for gives up in the end", () => {
  const { delays, rests } = live(situations.unlinked, () => ({ end: ending(408) }));
  expect(rests).toBe("failed: unreachable");
  expect(delays).toHaveLength(8);
});

test("what WhatsApp itself refuses again and again is given up", () => {
  expect(live(situations.open, () => ({ end: ending(500) })).rests).toBe("failed: bad_session");
  const { delays, rests } = live(situations.open, () => ({ end: ending(418) }));
  expect(rests).toBe("failed: refused");
  expect(delays).toHaveLength(6);
});

test("a linking that never got through is begun anew a few times, then told as refused", () => {
  const { delays, rests } = live(situations.new, () => ({ end: ending(401) }));
  expect(rests).toBe("failed: pairing_refused");
  expect(delays).toHaveLength(6);
});

test("nobody scans: so many rounds, and no more", () => {
  const round = ending(408, "QR refs attempts ended");
  const { delays, rests } = live(situations.unlinked, () => ({ end: round }));
  expect(rests).toBe("failed: pairing_timed_out");
  // The last one is not followed by another.
  expect(delays).toEqual(Array.from({ length: mostPairingRounds - 1 }, () => 0));
});

test("the network's hiccups between two rounds do not count as rounds, nor rounds as failures", () => {
  const round = ending(408, "QR refs attempts ended");
  const { delays } = live(situations.unlinked, (turn) => ({ end: turn % 2 === 0 ? ending(428) : round }), 4);
  expect(delays).toEqual([second, 0, 2 * second, 0]);
});

test("of what ended, failures, refusals, versions and rounds are remembered, each on its own", () => {
  expect(after(fresh, ending(515))).toEqual({ ...fresh, failures: 1 });
  expect(after(fresh, ending(408))).toEqual({ ...fresh, failures: 1 });
  expect(after(fresh, ending(503))).toEqual({ ...fresh, failures: 1 });
  expect(after(fresh, ending(418))).toEqual({ ...fresh, failures: 1, refusals: 1 });
  expect(after(fresh, ending(405))).toEqual({ ...fresh, failures: 1, refusals: 1, hasNewVersion: true });
  expect(after(fresh, ending(408, "QR refs attempts ended"))).toEqual({ ...fresh, pairingRounds: 1 });
});

test("delays double up to three minutes, each half to one and a half of what it usually is", () => {
  for (let failures = 0; failures < 30; failures++) {
    const usual = Math.min(3 * minute, second * 2 ** failures);
    expect(delayMs(failures, () => 0)).toBe(usual / 2);
    expect(delayMs(failures, () => 1)).toBe(usual * 1.5);
    for (let round = 0; round < 20; round++) {
      const delay = delayMs(failures);
      expect(delay).toBeGreaterThanOrEqual(usual / 2);
      expect(delay).toBeLessThanOrEqual(usual * 1.5);
    }
  }
});

test("many that were cut off at once do not come back at once", () => {
  const delays = Array.from({ length: 1_000 }, () => delayMs(0));
  const perTenth = Array.from(
    { length: 10 },
    (_, tenth) => delays.filter((ms) => ms >= 500 + tenth * 100 && ms < 600 + tenth * 100).length,
  );
  for (const count of perTenth) expect(count).toBeGreaterThan(40);
});
