// What the suite "messages" tells: messages per second, and how long one takes.
import { numberText, quantile, type Report, ratiosOf, spreadOf, spreadText, type Table } from "./figures.ts";

/** Times in milliseconds, from the asking. */
export type Speed = {
  perSecond: number;
  cpuMicrosEach: number;
  generatorMicrosEach: number;
  toFrameMs: number[];
  toAnswerMs: number[];
};
export type CaseMeasured = { about: string; target: number | null; gateway: Speed[]; bare: Speed[]; slow: Speed[] };

type Circumstances = { rounds: number; slowerByMs: number };

export function messagesReport(measured: readonly CaseMeasured[], { rounds, slowerByMs }: Circumstances): Report {
  const slow = measured.filter(({ slow }) => slow.length > 0);
  return {
    title: "Messages out and in, beside bare Baileys",
    tables: [speedTable(measured), timeTable(measured), ...(slow.length > 0 ? [slowTable(slow, slowerByMs)] : [])],
    sentences: [
      `The gateway as built, asked over HTTP and with everything on disk, beside bare Baileys (compiled with the same flags, keys in memory, keeping nothing) on the same network, ${rounds} rounds after two that warm up: median (least–most), ratios round by round. What goes out is counted until the phones have it; what comes in until it has its receipt and, in the gateway, is among the messages, indexed and in the journal. "Generator" is what asking takes of the same two cores; bare Baileys is asked once for all.`,
    ],
  };
}

function speedTable(measured: readonly CaseMeasured[]): Table {
  const rows = measured.map(({ about, target, gateway, bare }) => {
    const [ours, theirs] = [gateway.map(({ perSecond }) => perSecond), bare.map(({ perSecond }) => perSecond)];
    const ratio = spreadOf(ratiosOf(ours, theirs));
    const verdict = target === null ? "" : `${ratio.median >= target ? "reached" : "missed"} (≥ ${target})`;
    const cpu = (speeds: readonly Speed[]) =>
      numberText(spreadOf(speeds.map(({ cpuMicrosEach }) => cpuMicrosEach)).median);
    const generator = numberText(spreadOf(gateway.map(({ generatorMicrosEach }) => generatorMicrosEach)).median);
    return [
      about,
      spreadText(spreadOf(ours)),
      spreadText(spreadOf(theirs)),
      spreadText(ratio, 2),
      verdict,
      cpu(gateway),
      generator,
      cpu(bare),
    ];
  });
  const columns = ["", "gateway/s", "bare/s", "ratio", "target", "CPU µs each", "generator", "bare CPU µs"];
  return { columns, rows };
}

function slowTable(measured: readonly CaseMeasured[], slowerByMs: number): Table {
  const rows = measured.map(({ about, slow }) => {
    const answers = Float64Array.from(slow.flatMap(({ toAnswerMs }) => toAnswerMs)).sort();
    const times = [quantile(answers, 0.5), quantile(answers, 0.99)].map((ms) => numberText(ms, 1));
    return [
      about,
      numberText(spreadOf(slow.map(({ perSecond }) => perSecond)).median),
      answers.length === 0 ? "" : times.join(" / "),
    ];
  });
  return {
    columns: [`with every fsync ${slowerByMs} ms later`, "gateway/s", "request to answer, ms, median / p99"],
    rows,
  };
}

function timeTable(measured: readonly CaseMeasured[]): Table {
  const rows = measured.flatMap(({ about, gateway, bare }) => {
    if (gateway[0]?.toFrameMs.length === 0) return [];
    const times = (speeds: readonly Speed[], of: "toFrameMs" | "toAnswerMs") => {
      const sorted = Float64Array.from(speeds.flatMap((one) => one[of])).sort();
      return `${numberText(quantile(sorted, 0.5), 2)} / ${numberText(quantile(sorted, 0.99), 2)}`;
    };
    return [
      [
        about,
        times(gateway, "toFrameMs"),
        times(gateway, "toAnswerMs"),
        times(bare, "toFrameMs"),
        times(bare, "toAnswerMs"),
      ],
    ];
  });
  const columns = [
    "ms, median / p99",
    "request to frame",
    "request to answer",
    "bare: call to frame",
    "call to return",
  ];
  return { columns, rows };
}
