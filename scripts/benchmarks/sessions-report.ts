// What the suite "sessions" tells: how much memory and processor the sessions take, and how soon they are back.
import { numberText, type Report, type Table } from "./figures.ts";

/** Times in milliseconds. */
export type Restart = { stopMs: number; connectedMs: number; firstMessageMs: number; lastMessageMs: number };
export type Idle = { bytes: number; cpuMsPerMinute: number };
export type Flow = { each: number; perSecond: number; cpuMicrosEach: number; retries: number };
export type Traffic = { received: Flow; sent: Flow };
/** One of the two at one size; memory is what is resident. */
export type Measured = { restart: Restart; idle: Idle; traffic: Traffic | null; workedBytes: number | null };
/** Connected again, the largest size of all. */
export type FarAway = { delayMs: number; gatewayMs: number; bareMs: number };
export type Size = { sessions: number; gateway: Measured; bare: Measured };

const mega = 1e6;
const targetMegabytes = 2;
const targetRatio = 1.2;
const targetSeconds = 30;

export function sessionsReport(sizes: readonly Size[], { delayMs, gatewayMs, bareMs }: FarAway): Report {
  const far = `With every answer ${delayMs} ms late, the ${sizes.at(-1)?.sessions} are connected after ${seconds(gatewayMs)} s, those of bare Baileys after ${seconds(bareMs)} s.`;
  return {
    title: "Many sessions",
    tables: [memoryTable(sizes), slopeTable(sizes), restartTable(sizes), workTable(sizes)],
    sentences: [...sentences, far],
  };
}

const sentences = [
  "The gateway as built beside bare Baileys (compiled with the same flags, keys in memory, the same network, keep-alive of 25 s and settings). Each size is measured after a restart, as the median of what is resident (VmRSS) over 25 s, 15 s after everything was connected; then again 15 s after so many messages to each session, from ten people in turn, four on the way to each, and from each session, to the same people. Nobody collects garbage by order.",
  "Connected: for the gateway from exec until its API says so of every session; for bare Baileys from its first dial, with its credentials already in memory, 8 dials at a time. A message waits for every session when it comes back: the first and the last of their receipts are counted from the same moments. CPU is that of all threads; what goes out of the gateway comes in through its API, one request each.",
];

function memoryTable(sizes: readonly Size[]): Table {
  const rows = sizes.map(({ sessions, gateway, bare }) => {
    const [ours, theirs] = [gateway.workedBytes, bare.workedBytes];
    return [
      String(sessions),
      ...compared(gateway.idle.bytes, bare.idle.bytes),
      gateway.traffic === null
        ? ""
        : Object.values(gateway.traffic)
            .map(({ each }) => numberText(each))
            .join(" + "),
      ...(ours === null || theirs === null ? ["", "", ""] : compared(ours, theirs)),
    ];
  });
  const after = `ratio (target ≤ ${targetRatio})`;
  const columns = ["sessions", "idle, MB", "bare", "ratio", "in + out each", "then, MB", "bare", after];
  return { columns, rows };
}

function compared(ours: number, theirs: number): string[] {
  return [numberText(ours / mega), numberText(theirs / mega), numberText(ours / theirs, 2)];
}

/** What one session more takes, from one size to the next. */
function slopeTable(sizes: readonly Size[]): Table {
  const rows = sizes.flatMap((size, place) => {
    const before = sizes[place - 1];
    if (before === undefined || before.sessions === 0) return [];
    const slope = (bytes: (size: Size) => number) =>
      (bytes(size) - bytes(before)) / (size.sessions - before.sessions) / mega;
    const idle = slope(({ gateway }) => gateway.idle.bytes);
    const worked = (of: "gateway" | "bare") => slope((one) => one[of].workedBytes ?? Number.NaN);
    return [
      [
        `${before.sessions} to ${size.sessions}`,
        numberText(idle, 2),
        numberText(
          slope(({ bare }) => bare.idle.bytes),
          2,
        ),
        idle <= targetMegabytes ? "reached" : "missed",
        numberText(worked("gateway"), 2),
        numberText(worked("bare"), 2),
      ],
    ];
  });
  const target = `target ≤ ${targetMegabytes}`;
  return { columns: ["MB per session more", "idle", "bare", target, "after the messages", "bare"], rows };
}

function restartTable(sizes: readonly Size[]): Table {
  const rows = sizes
    .filter(({ sessions }) => sessions > 0)
    .map(({ sessions, gateway: { restart: ours }, bare: { restart: theirs } }) => [
      String(sessions),
      seconds(ours.stopMs),
      seconds(ours.connectedMs),
      seconds(theirs.connectedMs),
      numberText(ours.connectedMs / theirs.connectedMs, 2),
      ours.connectedMs <= targetSeconds * 1_000 ? "reached" : "missed",
      seconds(ours.firstMessageMs),
      seconds(theirs.firstMessageMs),
      seconds(ours.lastMessageMs),
      seconds(theirs.lastMessageMs),
    ]);
  const target = `target ≤ ${targetSeconds} s`;
  const connected = ["stopped, s", "connected, s", "bare", "ratio", target];
  return { columns: ["sessions", ...connected, "first message, s", "bare", "last message, s", "bare"], rows };
}

function seconds(ms: number): string {
  return numberText(ms / 1_000, 2);
}

function workTable(sizes: readonly Size[]): Table {
  const rows = sizes.map(({ sessions, gateway, bare }) => {
    const both = [gateway, bare];
    const flows = (of: keyof Traffic, read: (flow: Flow) => number) =>
      both.map(({ traffic }) => (traffic === null ? "" : numberText(read(traffic[of]))));
    return [
      String(sessions),
      ...both.map(({ idle }) => numberText(idle.cpuMsPerMinute)),
      ...both.map(({ idle }) => (sessions < 50 ? "" : numberText(idle.cpuMsPerMinute / sessions, 1))),
      ...(["received", "sent"] as const).flatMap((of) => [
        ...flows(of, ({ perSecond }) => perSecond),
        ...flows(of, ({ cpuMicrosEach }) => cpuMicrosEach),
      ]),
      ...flows("received", ({ retries }) => retries),
    ];
  });
  const idle = ["idle CPU, ms/min", "bare", "per session", "bare"];
  const flows = ["in/s", "out/s"].flatMap((rate) => [rate, "bare", "CPU µs each", "bare"]);
  return { columns: ["sessions", ...idle, ...flows, "retries", "bare"], rows };
}
