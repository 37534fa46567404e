// Figures about the running gateway, kept by whoever knows them and printed as Prometheus text.

export type Labels = Record<string, string>;
/** One set of labels at a time; worth keeping where something is counted thousands of times a second. */
export type Counter = { of(labels?: Labels): { add(by?: number): void } };
export type Histogram = { of(labels?: Labels): { observe(seconds: number): void } };

export type Metrics = {
  counter(name: string, help: string): Counter;
  histogram(name: string, help: string, buckets: readonly number[]): Histogram;
  /** Read when the page is asked for, never kept. */
  gauge(name: string, help: string, read: () => number | Iterable<readonly [Labels, number]>): void;
  text(): string;
};

/** More label sets than this in one metric is a mistake of ours, and must not become a leak. */
const maxSeries = 2_000;

export function createMetrics(): Metrics {
  const printers = new Map<string, () => string[]>();

  function register(name: string, help: string, type: string, lines: () => string[]): void {
    if (printers.has(name)) throw new Error(`metric ${name} is registered twice`);
    printers.set(name, () => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines()]);
  }

  return {
    counter(name, help) {
      const series = new Map<string, { value: number }>();
      register(name, help, "counter", () => [...series].map(([labels, { value }]) => `${name}${labels} ${value}`));
      return {
        of(labels = {}) {
          const counted = kept(series, render(labels), () => ({ value: 0 }));
          return {
            add(by = 1) {
              counted.value += by;
            },
          };
        },
      };
    },
    histogram(name, help, buckets) {
      const series = new Map<string, Observed>();
      register(name, help, "histogram", () =>
        [...series.values()].flatMap((seen) => histogramLines(name, buckets, seen)),
      );
      return {
        of(labels = {}) {
          const seen = kept(series, render(labels), () => ({ labels, counts: buckets.map(() => 0), count: 0, sum: 0 }));
          return {
            observe(seconds) {
              const index = buckets.findIndex((bucket) => seconds <= bucket);
              if (index >= 0) seen.counts[index] = (seen.counts[index] ?? 0) + 1;
              seen.count += 1;
              seen.sum += seconds;
            },
          };
        },
      };
    },
    gauge(name, help, read) {
      register(name, help, "gauge", () => {
        const value = read();
        if (typeof value === "number") return [`${name} ${value}`];
        return [...value].map(([labels, each]) => `${name}${render(labels)} ${each}`);
      });
    },
    text: () => `${[...printers.values()].flatMap((print) => print()).join("\n")}\n`,
  };
}

/** What is over the limit counts into the void. */
function kept<T>(series: Map<string, T>, key: string, make: () => T): T {
  const known = series.get(key);
  if (known !== undefined) return known;
  const fresh = make();
  if (series.size < maxSeries) series.set(key, fresh);
  return fresh;
}

type Observed = { labels: Labels; counts: number[]; count: number; sum: number };

function histogramLines(name: string, buckets: readonly number[], seen: Observed): string[] {
  let below = 0;
  const lines = buckets.map((bucket, index) => {
    below += seen.counts[index] ?? 0;
    return `${name}_bucket${render({ ...seen.labels, le: String(bucket) })} ${below}`;
  });
  return [
    ...lines,
    `${name}_bucket${render({ ...seen.labels, le: "+Inf" })} ${seen.count}`,
    `${name}_sum${render(seen.labels)} ${seen.sum}`,
    `${name}_count${render(seen.labels)} ${seen.count}`,
  ];
}

function render(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, escapeLabel)}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

function escapeLabel(char: string): string {
  return char === "\n" ? "\\n" : `\\${char}`;
}
